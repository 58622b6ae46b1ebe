"""Reads request bodies with limits on size and time, so that a client that stops halfway blocks nothing.

JSON and forms are read whole. An upload is streamed: it may take as long as it likes if its rate does not fall below
a minimum. Only the time spent waiting for the client counts.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from api.http.problems import ProblemError

# The rest of the body is not read, so the connection cannot be used again.
_CLOSE = {"Connection": "close"}


@dataclass(frozen=True)
class Pace:
    """The slowest accepted body: seconds without a byte, seconds for a whole JSON body or form, and the bytes a second
    that an upload must reach once it has taken longer than that."""

    stall: float = 10.0
    whole: float = 30.0
    slowest_upload: int = 10_000


class ClientLeft(Exception):
    """The client closed the connection before its request was complete, so no response is sent."""


def check_framing(headers: Headers) -> None:
    """ProblemError 400 for a body whose length is ambiguous: a proxy in front may read it differently."""
    if "transfer-encoding" in headers and "content-length" in headers:
        detail = "a request has Content-Length or Transfer-Encoding, not both"
        raise ProblemError(400, "FRAMING_AMBIGUOUS", "Bad Request", detail, headers=_CLOSE)


def has_body(headers: Headers) -> bool:
    """Whether a body follows the head."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def check_length(headers: Headers, limit: int) -> None:
    """ProblemError 413 for a body that is announced as longer than `limit` bytes."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise too_large(limit)


async def read_whole(receive: Receive, limit: int, pace: Pace) -> bytes:
    """The body. ProblemError 413 over `limit` bytes, 408 when it is not here in time; ClientLeft."""
    waiting = _Waiting(receive, pace.stall)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await waiting.next()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
        if waiting.seconds > pace.whole:
            raise _too_slow(f"a body of this kind is sent within {pace.whole:g} seconds")


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read here to the application, and then what the server still sends."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def bounded(receive: Receive, limit: int, pace: Pace) -> Receive:
    """A streamed body. ProblemError 413 over `limit` bytes, 408 when it stalls or is too slow."""
    waiting = _Waiting(receive, pace.stall)
    size = 0
    whole = False

    async def streamed() -> Message:
        nonlocal size, whole
        if whole:
            return await receive()
        message = await waiting.next()
        size += len(message.get("body", b""))
        whole = not message.get("more_body")
        if size > limit:
            raise too_large(limit)
        if not whole and waiting.seconds > pace.whole + size / pace.slowest_upload:
            raise _too_slow(f"an upload has at least {pace.slowest_upload} bytes a second")
        return message

    return streamed


def too_large(limit: int) -> ProblemError:
    """The 413 for a body over `limit` bytes. The connection is closed after it."""
    return ProblemError(413, "BODY_TOO_LARGE", "Content Too Large", f"a body has at most {limit} bytes", headers=_CLOSE)


class _Waiting:
    """Receives messages, and measures how long the client let us wait."""

    def __init__(self, receive: Receive, stall: float) -> None:
        self._receive = receive
        self._stall = stall
        self.seconds = 0.0

    async def next(self) -> Message:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._stall):
                return await self._receive()
        except TimeoutError:
            raise _too_slow(f"no byte of the body came for {self._stall:g} seconds") from None
        finally:
            self.seconds += time.monotonic() - began


def _too_slow(detail: str) -> ProblemError:
    return ProblemError(408, "BODY_TOO_SLOW", "Request Timeout", detail, headers=_CLOSE)
