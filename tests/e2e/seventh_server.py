"""The seventh network itself, on a local port. It loses its first answer, so the post must be found by its key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class SeventhServer(ThreadingHTTPServer):
    """`posts` by key; `puts` counts the requests that made or repeated one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.posts: dict[str, dict[str, Any]] = {}
        self.puts = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Requests(BaseHTTPRequestHandler):
    server: SeventhServer

    def do_GET(self) -> None:
        if self.path == "/me":
            self._answer(200, {"id": "7", "name": "seven"})
        elif post := self.server.posts.get(self.path):
            self._answer(200, post)
        else:
            self._answer(404, {"error": {"code": "not_found"}})

    def do_PUT(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))
        post = self.server.posts.setdefault(self.path, {"id": str(len(self.server.posts) + 1), **given})
        self.server.puts += 1
        self._answer(*((502, {}) if self.server.puts == 1 else (200, post)))

    def log_message(self, *args: object) -> None:
        """Nothing on stderr."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving() -> Iterator[SeventhServer]:
    """The network while it is needed."""
    with SeventhServer() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
