"""A fake network in memory: scripted answers, recorded requests, and httpcore's trace events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx


class Unscripted(BaseException):
    """A request that the test did not expect. The product must not treat it as a network's failure."""


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(body: Any = None, **headers: str) -> httpx.Response:
    return answer(200, body, headers)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """JSON unless `body` is a string, which is sent as HTML."""
    if isinstance(body, str):
        return httpx.Response(status, html=body, headers=headers)
    return httpx.Response(status, json={} if body is None else body, headers=headers)


class Network(httpx.AsyncBaseTransport):
    """`on(...)` scripts what a method and path answer, in order; the last answer repeats.

    As with a real connection, a trace event comes before the first byte, and `unreachable` before any. The requests
    whose numbers are in `lost` arrive, and are not answered.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.unreachable = False
        self.reading_posts: tuple[str, ...] = ()
        self.lost: set[int] = set()
        self._script: dict[tuple[str, str], list[Answer]] = defaultdict(list)

    def on(self, method: str, path: str, *answers: Answer) -> Network:
        """`path` is the end of the URL's path; the longest that fits counts. A later call replaces an earlier one."""
        self._script[method, path] = list(answers)
        return self

    def sent(self, path: str) -> list[httpx.Request]:
        """The requests that reached `path`."""
        return [request for request in self.requests if request.url.path.endswith(path)]

    @property
    def scripted(self) -> list[list[Answer]]:
        """All scripted answers."""
        return list(self._script.values())

    @property
    def mutations(self) -> list[httpx.Request]:
        return [request for request in self.requests if not self._reads(request)]

    def _reads(self, request: httpx.Request) -> bool:
        return request.method == "GET" or (
            request.method == "POST" and request.url.path.endswith(self.reading_posts or ("\0",))
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.unreachable:
            raise httpx.ConnectError("connection refused")
        trace = request.extensions.get("trace")
        if trace:
            await trace("http11.send_request_headers.started", {})
        await request.aread()
        self.requests.append(request)
        found = self._next(request)
        if len(self.requests) - 1 in self.lost:
            raise httpx.ReadTimeout("the answer is lost")
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else _copy(found)

    def _next(self, request: httpx.Request) -> Answer:
        fitting = [key for key in self._script if key[0] == request.method and request.url.path.endswith(key[1])]
        if not fitting:
            raise Unscripted(f"nothing is scripted for {request.method} {request.url.path}")
        answers = self._script[max(fitting, key=lambda key: len(key[1]))]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _copy(response: httpx.Response) -> httpx.Response:
    """A copy, because a response can be read only once."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return httpx.Response(response.status_code, content=response.content, headers=headers)


def form_of(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()}
