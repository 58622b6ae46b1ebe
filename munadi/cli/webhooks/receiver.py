"""A small webhook receiver, as a subscriber would write it: verify the raw body, answer at once, remember ids."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from munadi.webhooks.signing import WebhookVerificationError, verify

MAX_BODY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Received:
    """One POST. `event` is None when it was refused, and `refused` says why; `again` marks a repeated id."""

    event: Mapping[str, Any] | None
    refused: str | None = None
    again: bool = False


class Receiver:
    """Listens while the block runs. `on_received` is called once per POST, one at a time."""

    def __init__(
        self, on_received: Callable[[Received], None], *, secret: str | None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """`secret` may be set later, once an endpoint was made for our address. OSError if the port is taken."""
        self.secret = secret
        self._on_received = on_received
        self._seen: set[str] = set()
        self._one_at_a_time = threading.Lock()
        self._server = ThreadingHTTPServer((host, port), _answering(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        """The address to post to."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Check and report one POST; returns whether it may be answered with a 2xx."""
        with self._one_at_a_time:
            try:
                event = verify(body, headers, self.secret or "")
            except WebhookVerificationError as error:
                self._on_received(Received(None, refused=str(error)))
                return False
            event_id = str(event.get("id")) if isinstance(event, dict) else ""
            again = event_id in self._seen
            self._seen.add(event_id)
            self._on_received(Received(event, again=again))
            return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def read_headers(text: str) -> dict[str, str]:
    """Headers from a file: a JSON object, or lines of `name: value`. ValueError for anything else."""
    if text.lstrip().startswith("{"):
        return {str(name): str(value) for name, value in json.loads(text).items()}
    lines = [line for line in text.splitlines() if line.strip()]
    if any(":" not in line for line in lines):
        raise ValueError("expected lines of name: value")
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > MAX_BODY:
                self._answer(413)
                return
            body = self.rfile.read(length)
            self._answer(204 if receiver.take(dict(self.headers.items()), body) else 401)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: `on_received` reports each request."""

        def _answer(self, code: int) -> None:
            self.send_response(code)
            self.send_header("content-length", "0")
            self.end_headers()

    return Answering
