"""Hostile bodies, servers, media and texts against real processes, each with bounded time and memory."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.faults.evidence import prove
from tests.harness.brand import Brand, until
from tests.harness.files import clip, picture
from tests.harness.times import epoch
from tests.harness.web import Answering, Call, serving
from tests.hostile import bodies, texts
from tests.hostile.servers import film, servers, tarpit
from tools.attacks.attack import Scene
from tools.attacks.target import Target
from tools.attacks.watch import Health, Memory, Peak

ROOT = Path(__file__).parents[2]
JSON = {"content-type": "application/json"}
# What one request may take while the machine does other things too, in seconds, and what API and worker may grow by.
LONGEST, GROWS_MB = 5.0, 120.0
# The longest that a call to a server may be held. A check of credentials has 20 s; the rest is a busy machine.
HELD, IMPORT = 45.0, 30.0
# How late another brand's post may be, and how long /healthz may be silent.
LATE, SILENT = 3.0, 2.0
# Beside an attack, another brand's picture may take this multiple of what it takes without, and these seconds more.
MULTIPLE, NOISE = 1.5, 0.5
PICTURES, SLOW_URLS = 7, 16
FILM_MB, FILM_GROWS_MB = 600, 30
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
    """A stack whose networks have no quotas."""
    running = Target(ROOT)
    running.start()
    yield running
    assert running.end(), running.process.output
    running.remove()


@pytest.fixture(scope="module")
def scene(target: Target) -> Scene:
    """The attacker's brand on one network, and its key."""
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


@pytest.fixture
async def healthy(target: Target, scene: Scene) -> AsyncIterator[Brand]:
    """Another brand, which does nothing wrong."""
    async with target.client(timeout=130) as api, target.sandbox() as sandbox:
        yield await Brand.create(api, sandbox, f"healthy-{uuid4().hex[:10]}", "bluesky")


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


async def test_hostile_servers(target: Target, scene: Scene, memory: Memory, healthy: Brand) -> None:
    """All at once, while a post of another brand falls due: it is on time, and the API answers."""
    hostile = servers()

    async def one(name: str, answering: Answering) -> list[str]:
        async with serving(answering) as address, scene.client(HELD + 15) as api:
            credentials = {"identifier": "a.example", "password": "abcd-abcd-abcd-abcd"}
            account = {"channel": "bluesky", "serviceUrl": address, "credentials": credentials}
            post = {"brandRef": scene.ref, "text": "look", "channels": ["bluesky"], "link": f"{address}/page"}
            calls = (
                held(api.post(f"/v1/brands/{scene.ref}/accounts", json=account), IMPORT, is_refused=True),
                held(api.post("/v1/media", json={"brandRef": scene.ref, "url": f"{address}/a.jpg"})),
                held(api.post("/v1/contents/validate", json=post)),
            )
            return [f"{name}: {each}" for found in await asyncio.gather(*calls) for each in found]

    health = Health(target).start()
    accepted = await healthy.submit("On time", seconds=8)
    found = await asyncio.gather(*(one(name, answering) for name, answering in hostile.items()))
    (publication,) = (await healthy.ended(accepted["id"]))["publications"]
    await health.stop()
    accounts = (await healthy.api.get("/v1/accounts", params={"brandRef": scene.ref})).json()["data"]
    failures = [each for of in found for each in of]
    late = epoch(publication["publishedAt"] or publication["scheduledAt"]) - epoch(accepted["scheduledAt"])
    if publication["status"] != "published" or late >= LATE:
        failures.append(f"the other brand's post is {publication['status']}, {late:.1f} s late")
    if health.silence >= SILENT:
        failures.append(f"/healthz was silent for {health.silence:.1f} s")
    if len(accounts) != 1:
        failures.append(f"{len(accounts)} accounts, where only the honest one was there before")
    measured = {name: f"grew {memory.grown(name):.0f} MB" for name in ("api", "worker")}
    prove("27", "hostile servers, all at once", trials=3 * len(hostile), failures=failures, measured=measured)


async def held(call: Awaitable[httpx.Response], longest: float = HELD, *, is_refused: bool = False) -> list[str]:
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


async def test_slow_servers_of_one_brand_do_not_delay_the_pictures_of_another(
    target: Target, scene: Scene, healthy: Brand
) -> None:
    """The attacker's post has slow pictures, its client leaves after 2 s and repeats it."""
    slow = [0]

    async def answering(call: Call) -> None:
        if not call.path.startswith("/slow"):
            await call.answer(picture(), "image/jpeg")
            return
        slow[0] += 1
        try:
            await tarpit(call)
        finally:
            slow[0] -= 1

    async def pictures(address: str) -> float:
        """The median of the seconds that the healthy brand's pictures take."""
        seconds = []
        for number in range(PICTURES):
            began = time.monotonic()
            body = {"brandRef": healthy.ref, "url": f"{address}/good-{began}-{number}.jpg"}
            answer = await healthy.api.post("/v1/media", json=body)
            assert answer.status_code == 201, answer.text
            seconds.append(time.monotonic() - began)
        return statistics.median(seconds)

    async def attack(address: str) -> None:
        media = [{"url": f"{address}/slow-{number}"} for number in range(SLOW_URLS)]
        body = {"brandRef": scene.ref, "text": "x", "channels": ["bluesky"], "media": media}
        async with scene.client(2) as api:
            while True:
                with suppress(httpx.TimeoutException):
                    await api.post("/v1/contents", json=body)

    async def all_closed() -> bool:
        return slow[0] == 0

    async with serving(answering) as address:
        await pictures(address)
        alone = await pictures(address)
        attacking = [asyncio.create_task(attack(address)) for _ in range(4)]
        await asyncio.sleep(1)
        assert slow[0] > 0
        beside = await pictures(address)
        for task in attacking:
            task.cancel()
        await asyncio.gather(*attacking, return_exceptions=True)
        print(f"a picture takes {alone:.2f} s, beside the attack {beside:.2f} s")
        assert beside <= MULTIPLE * alone + NOISE
        await until(all_closed, 5)  # every fetch ends with its client
    assert list((target.data / "media" / "incoming").iterdir()) == []


async def test_a_film_as_the_picture_of_a_link_card_costs_the_worker_no_memory(target: Target, healthy: Brand) -> None:
    feature, sent = film(clip(1), FILM_MB), [0]

    async def answering(call: Call) -> None:
        if call.path == "/page":
            page = f'<meta property="og:title" content="Sale"><meta property="og:image" content="{address}/film">'
            await call.answer(page.encode(), "text/html")
            return
        send = call.send

        async def count(part: bytes) -> None:
            await send(part)
            sent[0] += len(part)

        call.send = count  # type: ignore[method-assign]
        await feature(call)

    await healthy.published((await healthy.submit("without a link"))["id"])
    worker = Peak(target.pids["worker"])
    worker.mark()
    async with serving(answering) as address:
        made = await healthy.submit("Look", link=f"{address}/page")
        (publication,) = (await healthy.published(made["id"]))["publications"]
    assert [warning["code"] for warning in publication["warnings"]] == ["CARD_WITHOUT_PICTURE"]
    print(f"the worker grew by {worker.grown():.0f} MB, the film's server sent {sent[0] // 1_000_000} MB")
    assert worker.grown() <= FILM_GROWS_MB
    assert sent[0] < 20_000_000  # what the sockets' buffers hold
    (post,) = await healthy.posts("Look")
    card = post["raw"]["value"]["embed"]["external"]
    assert (card["title"], card.get("thumb")) == ("Sale", None)
