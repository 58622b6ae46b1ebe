"""A collector of traces: a server that takes what OpenTelemetry's exporters send over HTTP, and keeps it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.ports import LOOPBACK


@dataclass(frozen=True)
class Span:
    """A span as it arrived. `parent` is empty at a root."""

    trace: str
    id: str
    parent: str
    name: str
    service: str
    facts: dict[str, Any]


class Collector:
    """Listens while the block runs."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        bodies, paths = self.bodies, self.paths

        class Exchange(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                bodies.append(body)
                paths.add(self.path)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Exchange)
        self._server.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[Span]:
        """All that arrived so far."""
        return [span for body in list(self.bodies) for span in spans_in(body)]


def spans_in(body: bytes) -> list[Span]:
    """The spans of one request of an exporter."""
    found = []
    for of_process in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _facts(of_process.resource.attributes)["service.name"]
        for one in (span for scope in of_process.scope_spans for span in scope.spans):
            ids = (each.hex() for each in (one.trace_id, one.span_id, one.parent_span_id))
            found.append(Span(*ids, one.name, service, _facts(one.attributes)))
    return found


def _facts(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
