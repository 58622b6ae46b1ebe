"""Our metadata and keys, served over HTTP as the API serves them, for a sandbox that reads them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from munadi.channels.bluesky.client import ClientKey, client_metadata
from tests.channels.bluesky.servers import client_key
from tests.channels.consent import BACK


class ClientSite:
    """A test may change `metadata` and `keys`. `read` lists the paths that were read."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = client_metadata("https://munadi.example", BACK)
        self.keys: list[ClientKey] = [client_key()]
        self.read: list[str] = []
        site = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.read.append(self.path)
                served: dict[str, Any] = {
                    "/v1/oauth/client-metadata.json": site.metadata,
                    "/v1/oauth/jwks.json": {"keys": [key.jwk for key in site.keys]},
                }
                body = json.dumps(served.get(self.path, {})).encode()
                self.send_response(200 if self.path in served else 404)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def client_site() -> Iterator[ClientSite]:
    """A running site."""
    site = ClientSite()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join(timeout=5)
