"""The sandbox's control API, and a web site with media that a network fetches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx


class Oracle:
    """A client of the sandbox's control API: sets up the networks, and reads the published posts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/control", timeout=5)

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def plant(self, channel: str, operation: str, mode: str, **rest: Any) -> None:
        self.call("POST", "/faults", channel=channel, operation=operation, mode=mode, **rest)

    def posts(self, profile: str) -> list[dict[str, Any]]:
        """Everything that followers of a profile see."""
        return [post for post in self.call("GET", "/posts") if post["profile"] == profile]

    def close(self) -> None:
        self._http.close()


class MediaSite:
    """Serves what a test puts into `files`, by path, with its content type in `types`."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}
        types: dict[str, str] = {}

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                body = files.get(path)
                self.send_response(404 if body is None else 200)
                if path in types:
                    self.send_header("content-type", types[path])
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.files, self.types = files, types
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """The site, which answers until the block ends."""
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield self
        self.server.shutdown()
        self.server.server_close()
        thread.join(timeout=5)
