"""A reverse proxy: it forwards requests to an API, and answers 502 while that is away."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import httpx

from tests.support.ports import LOOPBACK

AGAIN_AFTER = "8"
_OWN = {"connection", "content-length", "date", "host", "server", "transfer-encoding"}


class Gateway(ThreadingHTTPServer):
    """`with Gateway(api) as gateway: gateway.url`. `away` counts its 502. While `loses_answers`, it breaks connections
    off after the API has taken their requests.

    They ask to wait eight seconds, so that a client is patient for half a minute.
    """

    request_queue_size = 64

    def __init__(self, upstream: str) -> None:
        super().__init__((LOOPBACK, 0), _Forwarding)
        self.upstream = httpx.Client(base_url=upstream, timeout=30, trust_env=False)
        self.url = f"http://{LOOPBACK}:{self.server_port}"
        self.away = 0
        self.loses_answers = False
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self.upstream.close()


class _Forwarding(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
        try:
            answer = self.server.upstream.request(self.command, self.path, content=body, headers=headers)
        except httpx.TransportError:
            self.server.away += 1
            answer = httpx.Response(502, headers={"retry-after": AGAIN_AFTER}, text="<h1>Bad gateway</h1>")
        if self.server.loses_answers:
            self.close_connection = True
            return
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            if name not in _OWN:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Not on the tests' output."""
