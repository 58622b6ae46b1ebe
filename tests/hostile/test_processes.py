"""Hostile bodies, servers and texts against real processes, each with bounded time and memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.attacks.attack import Scene
from tests.attacks.target import Target
from tests.attacks.watch import Health, Memory
from tests.e2e.brand import Brand, epoch
from tests.faults.evidence import prove
from tests.hostile import bodies, texts
from tests.hostile.servers import FOREVER, Answering, Call, bomb, deep, drip, serving, silence, tarpit, unfolding
from tests.support.hostile import ANSWERS

ROOT = Path(__file__).parents[2]
JSON = {"content-type": "application/json"}
# What one request may take while the machine does other things too, in seconds, and what API and worker may grow by.
LONGEST, GROWS_MB = 5.0, 120.0
# The longest that a call to a server may be held. A check of credentials has 20 s; the rest is a busy machine.
HELD, IMPORT = 45.0, 30.0
# How late another brand's post may be, and how long /healthz may be silent.
LATE, SILENT = 3.0, 2.0
ROUTES = (
    ("POST", "/v1/contents"),
    ("POST", "/v1/contents/validate"),
    ("PATCH", "/v1/contents/cnt_01m8ejxcmxerarazfhwp4p2q3q"),
    ("POST", "/v1/brands"),
    ("POST", "/v1/brands/attacker/accounts"),
    ("POST", "/v1/webhooks/endpoints"),
    ("POST", "/v1/keys"),
    ("POST", "/v1/media"),
)
pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """A stack, with the attacker's brand on one network."""
    running = Target(ROOT)
    running.start()
    yield running
    assert running.end(), running.log
    running.stop()


@pytest.fixture(scope="module")
def scene(target: Target) -> Scene:
    """The attacker's brand and key."""
    made = Scene(target)

    async def create() -> None:
        await target.prepare()
        await made.create()
        await made.connect("bluesky")

    asyncio.run(create())
    return made


@pytest.fixture
async def memory(target: Target) -> AsyncIterator[Memory]:
    """Watched while the test runs: no process ends, none grows too much."""
    watching = Memory(target).start()
    yield watching
    watching.stop()
    assert watching.over_limit == []
    assert sum(watching.deaths.values()) == 0
    for name in ("api", "worker"):
        assert watching.grown(name) < GROWS_MB, f"{name} grew by {watching.grown(name):.0f} MB"


def wrong(answer: httpx.Response, seconds: float, *allowed: int) -> list[str]:
    """What is wrong with how a hostile request was answered. An answer may repeat what was sent, and a bit more."""
    found = [f"{seconds:.1f} s"] if seconds > LONGEST else []
    if answer.status_code >= 500 and answer.status_code not in allowed:
        found.append(f"{answer.status_code}")
    if len(answer.content) > 200_000 + 2 * len(answer.request.content):
        found.append(f"{len(answer.content)} bytes")
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith("application/problem+json"):
        found.append("no problem document")
    return found


@pytest.mark.parametrize("keyed", [False, True], ids=["without a key", "with a key"])
async def test_hostile_bodies(target: Target, scene: Scene, memory: Memory, keyed: bool) -> None:
    failures: list[str] = []
    calls = 0
    async with target.client(None if keyed else "", timeout=30) as client:
        for name, body in bodies.corpus().items():
            for method, path in ROUTES if len(body) < 300_000 else ROUTES[:2]:
                began = time.monotonic()
                answer = await client.request(method, path, content=body, headers=JSON)
                calls += 1
                failures += [f"{method} {path}, {name}: {each}" for each in wrong(answer, time.monotonic() - began)]
                if not keyed and answer.status_code != 401:
                    failures.append(f"{method} {path}, {name}: {answer.status_code} without a key")
    proof = f"hostile bodies {'with' if keyed else 'without'} a key"
    prove("25", proof, trials=calls, failures=failures, measured={"api grew": f"{memory.grown('api'):.0f} MB"})


async def test_hostile_texts(scene: Scene, memory: Memory) -> None:
    failures: list[str] = []
    async with scene.client(30) as client:
        found = texts.corpus(90_000)
        for name, text in found.items():
            body = {"brandRef": scene.ref, "text": text, "channels": ["bluesky"]}
            began = time.monotonic()
            answer = await client.post("/v1/contents/validate", json=body)
            failures += [f"{name}: {each}" for each in wrong(answer, time.monotonic() - began)]
    measured = {"api grew": f"{memory.grown('api'):.0f} MB"}
    prove("27", "hostile texts, 90 000 characters each", trials=len(found), failures=failures, measured=measured)


def raw(answer: bytes) -> Answering:
    """These bytes, whatever was asked."""

    async def answering(call: Call) -> None:
        await call.send(answer)

    return answering


async def endless_head(call: Call) -> None:
    """Headers without an end."""
    await call.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(200_000):
        await call.send(f"x-{number}: {'y' * 100}\r\n".encode())


async def endless_body(call: Call) -> None:
    """A chunked body without an end."""
    await call.head(transfer_encoding="chunked", content_type="application/json")
    part = b"10000\r\n" + b"[" * 65536 + b"\r\n"
    for _ in range(3_000):
        await call.send(part)


async def circle(call: Call) -> None:
    """A redirect to itself."""
    await call.head(302, location=f"http://{call.headers['host']}{call.path}", content_length=0)


BOMB = (400, 2)
SERVERS: dict[str, Answering] = {
    "unfolds to gigabytes": unfolding(*BOMB),
    "drips": drip,
    "is silent": silence,
    "never ends its picture": tarpit,
    "nests": deep(),
    "sends headers without end": endless_head,
    "sends a body without end": endless_body,
    "redirects to itself": circle,
    "sends no status": raw(b"\r\n\r\n"),
    "sends junk": raw(bytes(range(256)) * 100),
    "contradicts its length": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{}"),
    "cuts its answer": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
    "sends a number": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-type: application/json\r\n\r\n7"),
}


async def drip_head(call: Call) -> None:
    """A header that grows by a byte each half second."""
    await call.send(b"HTTP/1.1 200 OK\r\nx-")
    for _ in range(int(2 * FOREVER)):
        await call.send(b"x")
        await asyncio.sleep(0.5)


@cache
def content(mode: str) -> bytes:
    """An answer that is made once, and before anything is measured in this process."""
    return ANSWERS[mode]()


def prepared(mode: str) -> Answering:
    """One of the answers that the channels are tested with."""

    async def answering(call: Call) -> None:
        await call.send(content(mode))

    return answering


SERVERS |= {"drips its head": drip_head, **{f"answers: {mode}": prepared(mode) for mode in ANSWERS}}


async def test_hostile_servers(target: Target, scene: Scene, memory: Memory) -> None:
    """All at once, while a post of another brand falls due: it is on time, and the API answers."""
    bomb(*BOMB)
    for mode in ANSWERS:
        content(mode)

    async def one(name: str, answering: Answering) -> list[str]:
        async with serving(answering) as address, scene.client(HELD + 15) as api:
            credentials = {"identifier": "a.example", "password": "abcd-abcd-abcd-abcd"}
            account = {"channel": "bluesky", "serviceUrl": address, "credentials": credentials}
            media = {"brandRef": scene.ref, "url": f"{address}/a.jpg"}
            calls = (
                held(api.post(f"/v1/brands/{scene.ref}/accounts", json=account), IMPORT, is_refused=True),
                held(api.post("/v1/media", json=media)),
                held(api.post("/v1/contents/validate", json={**post(scene), "link": f"{address}/page"})),
            )
            return [f"{name}: {each}" for found in await asyncio.gather(*calls) for each in found]

    health = Health(target)
    async with target.client() as api, target.networks() as sandbox:
        healthy = await Brand.create(api, sandbox, "healthy", "bluesky")
        health.start()
        accepted = await healthy.submit("On time", seconds=8)
        found = await asyncio.gather(*(one(name, answering) for name, answering in SERVERS.items()))
        (publication,) = (await healthy.ended(accepted["id"]))["publications"]
        await health.stop()
        accounts = (await api.get("/v1/accounts", params={"brandRef": scene.ref})).json()["data"]
    failures = [each for of in found for each in of]
    late = epoch(publication["publishedAt"] or publication["scheduledAt"]) - epoch(accepted["scheduledAt"])
    if publication["status"] != "published" or late >= LATE:
        failures.append(f"the other brand's post is {publication['status']}, {late:.1f} s late")
    if health.silence >= SILENT:
        failures.append(f"/healthz was silent for {health.silence:.1f} s")
    if len(accounts) != 1:
        failures.append(f"{len(accounts)} accounts, where only the honest one was there before")
    measured = {name: f"grew {memory.grown(name):.0f} MB" for name in ("api", "worker")}
    prove("27", "hostile servers, all at once", trials=3 * len(SERVERS), failures=failures, measured=measured)


def post(scene: Scene) -> dict[str, Any]:
    """A post that breaks no rule."""
    return {"brandRef": scene.ref, "text": "look", "channels": ["bluesky"]}


async def held(call: Any, longest: float = HELD, *, is_refused: bool = False) -> list[str]:
    """What is wrong with an answer that depends on a hostile server."""
    began = time.monotonic()
    try:
        answer = await call
    except httpx.HTTPError as error:
        return [f"{type(error).__name__} after {time.monotonic() - began:.0f} s"]
    seconds = time.monotonic() - began
    found = [f"held for {seconds:.0f} s"] if seconds > longest else []
    if is_refused and answer.status_code < 400:
        found.append(f"accepted with {answer.status_code}")
    # An unreachable server is an outage, which is answered with 503.
    return found + wrong(answer, 0, 503)
