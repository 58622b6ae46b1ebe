"""One sandbox over a real socket for the folder, reset before each test, and a site that media are fetched from."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from munadi.sandbox import SandboxState, create_app
from munadi.sandbox.server import server


class Oracle:
    """The sandbox's control API: what a test sets up, and what really was published."""

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
    """Serves what a test puts into `files`, by path."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.files = files
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Oracle]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    serving = server(create_app(SandboxState()), "127.0.0.1", port)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    oracle = Oracle(f"http://127.0.0.1:{port}")
    yield oracle
    oracle.close()
    serving.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def oracle(running_sandbox: Oracle) -> Oracle:
    """Nothing is known to the sandbox but its seeds, and containers need no time."""
    running_sandbox.call("POST", "/reset")
    for kind in ("image", "reel", "parent"):
        running_sandbox.call("PUT", "/delays", channel="instagram", kind=kind, seconds=0)
    return running_sandbox


@pytest.fixture(scope="session")
def running_site() -> Iterator[MediaSite]:
    site = MediaSite()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def site(running_site: MediaSite) -> MediaSite:
    running_site.files.clear()
    return running_site
