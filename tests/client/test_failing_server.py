"""Both clients and the command line over real sockets, against a server that fails some times before it answers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from munadi.client import AsyncClient, Client, ProblemError
from tests.harness.stack import MUNADI
from tests.support.ports import LOOPBACK

OK = 200
CONTENT = {"id": "cnt_1", "status": "published", "publications": [], "version": 1}


class Failure(NamedTuple):
    """An answer before the good one: as a proxy gives it, without JSON."""

    status: int
    headers: dict[str, str] = {}


class Received(NamedTuple):
    at: float
    method: str
    key: str | None


class FailingServer(ThreadingHTTPServer):
    """Answers with each of `failures` in turn, and then with a post."""

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Answering)
        self.failures: list[Failure] = []
        self.received: list[Received] = []
        self.address = f"http://{LOOPBACK}:{self.server_port}"

    @property
    def keys(self) -> set[str | None]:
        return {each.key for each in self.received}

    @property
    def waits(self) -> list[float]:
        """Seconds between the requests."""
        return [later.at - earlier.at for earlier, later in pairwise(self.received)]


class _Answering(BaseHTTPRequestHandler):
    server: FailingServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.received.append(Received(time.monotonic(), self.command, self.headers.get("idempotency-key")))
        if self.server.failures:
            failure = self.server.failures.pop(0)
            return self._send(failure.status, failure.headers, b"<h1>not now</h1>")
        return self._send(OK, {"content-type": "application/json"}, json.dumps(CONTENT).encode())

    do_POST = do_PATCH = do_DELETE = do_GET

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on the tests' output."""


@pytest.fixture
def server() -> Iterator[FailingServer]:
    with FailingServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


Ask = Callable[[Callable[[Any], Any]], Any]


@pytest.fixture(params=["sync", "async"])
def ask(server: FailingServer, request: pytest.FixtureRequest) -> Ask:
    """The result of a call of each client in turn."""

    def blocking(call: Callable[[Any], Any]) -> Any:
        with Client(server.address, "mnd_k") as client:
            return call(client)

    async def awaited(call: Callable[[Any], Any]) -> Any:
        async with AsyncClient(server.address, "mnd_k") as client:
            return await call(client)

    return blocking if request.param == "sync" else lambda call: asyncio.run(awaited(call))


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_post_is_repeated_with_its_key(server: FailingServer, ask: Ask, status: int) -> None:
    server.failures = [Failure(status)] * 2
    assert ask(lambda c: c.contents.publish({"brandRef": "acme"}))["id"] == "cnt_1"
    assert [each.method for each in server.received] == ["POST"] * 3
    assert len(server.keys) == 1
    assert None not in server.keys


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_is_repeated_and_a_change_without_a_key_is_not(server: FailingServer, ask: Ask, status: int) -> None:
    server.failures = [Failure(status)]
    assert ask(lambda c: c.contents.get("cnt_1"))["id"] == "cnt_1"
    assert len(server.received) == 2
    for change in (lambda c: c.contents.update("cnt_1", {}, 1), lambda c: c.accounts.disconnect("acc_1")):
        server.failures, server.received = [Failure(status)], []
        with pytest.raises(ProblemError, match=f"{status} "):
            ask(change)
        assert len(server.received) == 1


def test_an_api_that_stays_away_is_reported_with_its_last_answer(server: FailingServer, ask: Ask) -> None:
    server.failures = [Failure(503)] * 4 + [Failure(502)] * 9
    with pytest.raises(ProblemError, match="502 "):
        ask(lambda c: c.contents.publish({}))
    assert len(server.received) == 5


def _in_a_second() -> dict[str, str]:
    """A date, as a server writes it whose clock is years ahead."""
    then = datetime(2031, 5, 3, 2, 1, tzinfo=UTC)
    date = {each: format_datetime(then + timedelta(seconds=each), usegmt=True) for each in (0, 1)}
    return {"date": date[0], "retry-after": date[1]}


@pytest.mark.parametrize("status", [409, 429, 502, 503, 504])
@pytest.mark.parametrize("headers", [{"retry-after": "1"}, _in_a_second()], ids=["seconds", "date"])
def test_retry_after_is_obeyed(server: FailingServer, status: int, headers: dict[str, str]) -> None:
    server.failures = [Failure(status, headers)]
    with Client(server.address, "mnd_k") as client:
        client.contents.publish({})
    assert 1 <= server.waits[0] < 3
    assert len(server.keys) == 1


@pytest.mark.parametrize("status", [409, 429, 502, 503, 504])
def test_a_long_retry_after_is_the_callers_to_wait_for(server: FailingServer, ask: Ask, status: int) -> None:
    server.failures = [Failure(status, {"retry-after": "86400"})]
    with pytest.raises(ProblemError) as refused:
        ask(lambda c: c.contents.publish({}))
    assert (refused.value.retry_after, len(server.received)) == (86400, 1)


@pytest.mark.parametrize("value", ["-5", "1.5", "soon", "²", "", "Wed, 32 Oct 2026 07:28:00 GMT", "9" * 400])
def test_an_unreadable_retry_after_is_not_obeyed(server: FailingServer, ask: Ask, value: str) -> None:
    server.failures = [Failure(503, {"retry-after": value})]
    ask(lambda c: c.contents.get("cnt_1"))
    assert server.waits[0] < 1


def test_a_page_with_200_is_a_problem(server: FailingServer, ask: Ask) -> None:
    server.failures = [Failure(200)]
    with pytest.raises(ProblemError, match="not an answer of Munadi"):
        ask(lambda c: c.contents.get("cnt_1"))


def test_the_command_line_repeats_as_the_client_does(server: FailingServer) -> None:
    server.failures = [Failure(502), Failure(504), Failure(503, {"retry-after": "1"})]
    publish = ["contents", "publish", "--brand-ref", "acme", "--channel", "bluesky", "--text", "x", "--json"]
    env = {**os.environ, "MUNADI_URL": server.address, "MUNADI_API_KEY": "mnd_k"}
    done = subprocess.run([MUNADI, *publish], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each.method for each in server.received] == ["POST"] * 4
    assert len(server.keys) == 1
    assert server.waits[2] >= 1
