"""The outermost layer: counts and times each request, and writes its span and the access log if they are wanted.

Rule: a request is named by the template of its route. Its own path and query may hold a secret (the address of a
calendar, a signed media URL) or what a client made up.
"""

from __future__ import annotations

import time

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import request_id_of
from munadi.domain.ids import Prefix, is_id
from munadi.telemetry import metrics, tracing
from munadi.telemetry.tracing import OpenSpan

log = structlog.get_logger("munadi.access")

# No route was found, or the request was refused before one was looked for.
NO_ROUTE = "none"
# As in nginx: the client did not wait for the response.
CLIENT_LEFT = 499
PROBES = ("/healthz", "/readyz", "/metrics")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The ids that the log names, where the path or the Location of the response has them.
IDS = {
    "content_id": Prefix.CONTENT,
    "publication_id": Prefix.PUBLICATION,
    "account_id": Prefix.ACCOUNT,
    "endpoint_id": Prefix.ENDPOINT,
    "delivery_id": Prefix.DELIVERY,
}


class Measuring:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, access_log: bool) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        start: Message = {"status": CLIENT_LEFT, "headers": ()}

        async def answer(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            await send(message)

        with _span(scope) as span:
            try:
                await self._app(scope, receive, answer)
            finally:
                self._note(scope, start, time.perf_counter() - began, span)

    def _note(self, scope: Scope, start: Message, seconds: float, span: OpenSpan) -> None:
        status = start["status"]
        method, route = _method(scope), route_of(scope)
        span.rename(f"{method} {route}")
        span.note(method=method, route=route, status=status, request_id=request_id_of(scope), **_ids(scope, start))
        if status >= 500:
            span.fail(str(status))
        metrics.REQUESTS.labels(method, route, str(status)).inc()
        # What a client asked to wait for is no delay of ours (`api.http.waiting`).
        waited = scope.get("state", {}).get("waited", 0.0)
        metrics.REQUEST_SECONDS.labels(method, route).observe(max(seconds - waited, 0.0))
        if self._access_log:
            facts = {"method": method, "route": route, "status": status, "duration_ms": round(seconds * 1000, 1)}
            log.info("http.request", request_id=request_id_of(scope), **facts, **_ids(scope, start))


def route_of(scope: Scope) -> str:
    """The template of the path, such as `/v1/contents/{content_id}`."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def _span(scope: Scope) -> OpenSpan:
    """Of a request, inside the caller's own span if it names one. Probes have none."""
    if tracing.tracer() is None or scope["path"] in PROBES:
        return OpenSpan()
    return tracing.span(_method(scope), "SERVER", parent=Headers(scope=scope).get("traceparent"))


def _ids(scope: Scope, start: Message) -> dict[str, str]:
    made = Headers(raw=list(start["headers"])).get("location", "").rpartition("/")[2]
    given = {"content_id": made, **scope.get("path_params", {})}
    return {name: given[name] for name, prefix in IDS.items() if is_id(str(given.get(name, "")), prefix)}
