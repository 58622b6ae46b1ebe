"""A server that answers from a list, and one way to call both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from munadi.client import AsyncClient, Client

OK = httpx.Response(200, json={"id": "cnt_1"})
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers in order and repeats the last answer. An exception is a broken connection, a function answers the request
    that it gets. `how` is sync or async."""

    def __init__(self, how: str, *answers: Answer) -> None:
        self.how = how
        self.options: dict[str, Any] = {}  # of the client
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def ask(self, call: Callable[[Any], Any]) -> Any:
        """The result of `call`, which gets the client."""
        if self.how == "sync":
            with self.client() as client:
                return call(client)
        return asyncio.run(self._ask(call))

    def client(self) -> Client:
        transport = httpx.MockTransport(self._answer)
        return Client(
            "http://munadi.test", "mnd_k", transport=transport, pause=self._pass, clock=self._clock, **self.options
        )

    def async_client(self) -> AsyncClient:
        async def pause(seconds: float) -> None:
            self._pass(seconds)

        transport = httpx.MockTransport(self._answer_later)
        return AsyncClient(
            "http://munadi.test", "mnd_k", transport=transport, pause=pause, clock=self._clock, **self.options
        )

    async def _ask(self, call: Callable[[Any], Any]) -> Any:
        async with self.async_client() as client:
            called = call(client)
            return [each async for each in called] if hasattr(called, "__aiter__") else await called

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._next(request)

    async def _answer_later(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._next(request)

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, httpx.Response):
            answer = answer(request)
        # A copy: a response belongs to the client that read it.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def _pass(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _clock(self) -> float:
        """Time passes only during pauses."""
        return sum(self.pauses)


Serve = Callable[..., Server]


@pytest.fixture(params=["sync", "async"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """`serve(answer, …)` makes a server for each client in turn."""
    return lambda *answers: Server(request.param, *answers)
