"""The HTTP connection of a client, with deadlines for what it sends and reads, and problem documents for bare refusals.

uvicorn has no deadline for a request's head, nor for the rest of a body that was refused unread. A client that stops
halfway, or sends nothing at all, could hold a connection forever; one that reads nothing could hold its answer, too.
While the application reads a body, the deadlines of `api/http/body_reading.py` apply.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import ProblemError, problem_response
from munadi.db.ids import new_id
from munadi.domain.ids import Prefix

# Seconds for a whole head from its first byte or, on a new connection, from its beginning.
HEAD = 10.0
# Seconds for the rest of a body that nothing reads, after the answer.
BODY_TIMEOUT = 10.0
# Seconds in which a client takes a part of an answer that waits for it in memory.
READ_STALL = 60.0


class Connection(H11Protocol):
    """uvicorn's protocol, with deadlines. Give it as `http` to `uvicorn.Config`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._stop_checking_reader()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._check_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._stop_checking_reader()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head or self._is_in_refused_body:
            self._expect(HEAD)
            return
        self._expect_nothing()
        if self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None:
            # A refused body has ended here. uvicorn forgets to wait for the next request in this case.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_in_refused_body:
            self._expect(BODY_TIMEOUT)

    def send_400_response(self, msg: str) -> None:
        self._refuse(ProblemError(400, "HTTP_INVALID", "Bad Request", "this is not HTTP as we read it"))

    def _should_upgrade(self) -> bool:
        return False  # `api/http/edge.py` refuses WebSockets, with a problem document

    @property
    def _is_in_head(self) -> bool:
        """Whether a head has begun; the first one begins with the connection."""
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_unread_bytes)

    @property
    def _has_unread_bytes(self) -> bool:
        return bool(self.conn.trailing_data[0])

    @property
    def _is_in_refused_body(self) -> bool:
        return self.conn.their_state is h11.SEND_BODY and self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)

    def _expect(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._end)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_in_head and self._has_unread_bytes:
            detail = f"a request's head is sent within {HEAD:.0f} seconds"
            self._refuse(ProblemError(408, "HEAD_TOO_SLOW", "Request Timeout", detail))
        else:
            self.transport.close()

    def _check_reader(self, waiting: int) -> None:
        """End the connection unless some of these bytes have been taken when the time is over."""

        def check() -> None:
            now = self.transport.get_write_buffer_size()
            if now < waiting:
                self._check_reader(now)
            else:
                self.transport.abort()

        self._reader_check = self.loop.call_later(READ_STALL, check)

    def _stop_checking_reader(self) -> None:
        if self._reader_check is not None:
            self._reader_check.cancel()
            self._reader_check = None

    def _refuse(self, error: ProblemError) -> None:
        """Respond to an invalid request, and close. No response is sent if one has already begun."""
        if self.cycle is not None and self.conn.our_state is not h11.IDLE:
            self.cycle.disconnected = True  # whatever reads this body stops
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        response = problem_response(error, path="", request_id=new_id(Prefix.REQUEST))
        for event in _events(response):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _events(response: Response) -> tuple[h11.Response, h11.Data, h11.EndOfMessage]:
    headers = [*response.raw_headers, (b"connection", b"close")]
    return (
        h11.Response(status_code=response.status_code, headers=headers),
        h11.Data(data=bytes(response.body)),
        h11.EndOfMessage(),
    )
