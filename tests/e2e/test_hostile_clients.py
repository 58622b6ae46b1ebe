"""Clients, with and without a key, that try to stop the API: it stays quick, small and open to others."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.harness.stack import Stack
from tests.harness.times import rank
from tests.hostile.bodies import corpus
from tools.attacks.watch import Peak

JSON = {"Content-Type": "application/json"}
PLACES = 100  # of one brand, or of a key for all brands, at /live
DEADLINE = 10.0
# The machine may be busy with other tests.
SLACK = 15.0


@dataclass
class Target:
    """The running API and two admin keys."""

    address: str
    memory: Peak
    keys: list[str]

    async def cookie(self, key: str) -> str:
        async with httpx.AsyncClient(base_url=self.address, timeout=20) as client:
            answer = await client.post("/sign-in", data={"key": key})
        assert answer.status_code == 303
        return answer.headers["set-cookie"].partition(";")[0]

    async def send(self, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(head)
        return reader, writer

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[list[float]]:
        """How long each call of /healthz takes until the block ends, in seconds."""
        found: list[float] = []
        ended = asyncio.Event()

        async def call() -> None:
            async with httpx.AsyncClient(base_url=self.address, timeout=30) as client:
                while not ended.is_set():
                    began = time.monotonic()
                    assert (await client.get("/healthz")).status_code == 200
                    found.append(time.monotonic() - began)
                    await asyncio.sleep(0.01)

        task = asyncio.create_task(call())
        try:
            yield found
        finally:
            ended.set()
            await task


@pytest.fixture
async def target(stack: Stack, api: httpx.AsyncClient) -> Target:
    made = await api.post("/v1/keys", json={"name": f"second-{uuid4().hex}", "scopes": ["admin"]})
    return Target(stack.info["api"], Peak(stack.pids["api"]), [stack.info["apiKey"], made.json()["key"]])


# Bodies that cost a careless reader most, by their names in tests/hostile/bodies.py.
COSTLY = (
    "broken strings, 250 kB",
    "half a million numbers",
    "names, the last one twice, 250 kB",
    "an unknown field in every place",
    "objects 100 000 deep",
    "joined families",
)


async def test_hostile_bodies_cost_little_with_a_key_and_nothing_without(target: Target) -> None:
    bodies = corpus()
    async with httpx.AsyncClient(base_url=target.address, timeout=60) as client:
        key = {"Authorization": f"Bearer {target.keys[0]}"}
        await client.post("/v1/contents", json={}, headers=key)  # what the first call loads is loaded
        for headers, status in ((JSON, {401}), (JSON | key, {400, 422})):
            for name in COSTLY:
                target.memory.mark()
                async with target.watched() as waits:
                    await asyncio.sleep(0.1)
                    answer = await client.post("/v1/contents", content=bodies[name], headers=headers)
                assert answer.status_code in status, (name, answer.text[:300])
                assert len(answer.content) < 20_000, name
                assert max(waits) < 0.5, name
                assert target.memory.grown() < 20, name


async def test_streams_of_one_key_leave_room_for_other_keys(target: Target) -> None:
    mine, other = [await target.cookie(key) for key in target.keys]

    async def open_page(cookie: str) -> tuple[int, asyncio.StreamWriter]:
        reader, writer = await target.send(f"GET /live HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split()[1])
        assert ("retry-after" in head) == (status == 429)
        return status, writer

    async def statuses(cookie: str, count: int) -> Counter[int]:
        pages = await asyncio.gather(*(open_page(cookie) for _ in range(count)))
        opened.extend(writer for _, writer in pages)
        return Counter(status for status, _ in pages)

    opened: list[asyncio.StreamWriter] = []
    assert await statuses(mine, 3 * PLACES) == {200: PLACES, 429: 2 * PLACES}
    assert await statuses(other, 10) == {200: 10}
    for writer in opened:
        writer.close()
    deadline = time.monotonic() + SLACK
    while (again := await statuses(mine, PLACES)) != {200: PLACES}:
        assert time.monotonic() < deadline, f"places were not released: {again}"
        for writer in opened:
            writer.close()
        await asyncio.sleep(0.5)
    for writer in opened:
        writer.close()


HALVES = {
    "a body of the API": b"POST /v1/contents HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "a form": b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nkey=",
    "a body that nothing reads": b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "a head": b"POST /v1/contents HTTP/1.1\r\nHost: x\r\nContent-",
    "nothing": b"",
}
ANSWERS = {"a body of the API": b" 401 ", "a form": b" 408 ", "a body that nothing reads": b" 200 ", "a head": b" 408 "}


@pytest.mark.timeout(120)
async def test_six_hundred_clients_that_stop_halfway_or_send_a_byte_now_and_then_are_closed(target: Target) -> None:
    async def stop_halfway(kind: str) -> None:
        reader, writer = await target.send(HALVES[kind])
        async with asyncio.timeout(DEADLINE + SLACK):
            answer = await reader.read()
        writer.close()
        assert ANSWERS.get(kind, b"") in answer[:20], (kind, answer)

    async def drip(kind: str) -> None:
        reader, writer = await target.send(HALVES[kind])
        answer = asyncio.create_task(reader.read())
        async with asyncio.timeout(30 + SLACK):
            while not answer.done():
                writer.write(b"x")
                await asyncio.sleep(1)
        writer.close()

    async with target.watched() as waits:
        await asyncio.gather(
            # Of forms an address may send 120 a minute, and the tests beside this one need some.
            *(stop_halfway(kind) for kind in HALVES for _ in range(30 if kind == "a form" else 140)),
            # A form may take thirty seconds: tests/api/test_receiving.py has that, with a shorter deadline.
            *(drip(kind) for kind in HALVES if kind != "a form"),
        )
    assert rank(waits, 0.99) < 0.5


async def test_what_is_not_http_is_answered_with_a_problem(target: Target) -> None:
    reader, writer = await target.send(b"\x16\x03\x01\x02\x00nonsense\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "HTTP_INVALID"


async def test_a_body_with_two_ends_is_refused_and_the_connection_closed(target: Target) -> None:
    head = f"POST /v1/contents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {target.keys[0]}\r\n"
    body = "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await target.send((head + body).encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_connection_works_after_a_body_that_was_refused_unread(target: Target) -> None:
    body = b"x" * 300_000
    head = f"POST /v1/contents HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    reader, writer = await target.send(head + body)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(SLACK):
        answer = await reader.read()
    writer.close()
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"401", b"200"]
