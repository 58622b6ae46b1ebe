"""A test brand under live settings: it publishes to every network in the sandbox, and no packet reaches a real host.

The real hosts are a second sandbox behind a proxy that counts connections. It is also the proxy for hosts that no
setting names, and a name server notes who asks for one. A live brand of the same processes publishes through them, so
they would have seen the test brand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.faults.network import everywhere, hosts
from tests.faults.points import Points
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.networks import posts_of, remove_quotas
from tests.harness.stack import MUNADI, Stack
from tests.harness.world import CHANNELS, World
from tests.support.dns import NameServer, name_server
from tests.support.faultproxy import FaultProxy
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

SHAPES = (
    "bluesky",
    "discord",
    "google_business",
    "instagram",
    "threads",
    "facebook-photo",
    "linkedin",
    "mastodon",
    "nostr",
    "pinterest",
    "telegram",
)
SHAPES += ("tiktok", "x", "youtube")
LIVE = ("x-text", "facebook", "threads-text")
LINK = "https://shop.acme.example/monsoon"


@dataclass
class Installation:
    """Munadi with live settings. `canary` is before the real networks, `real` is what they received."""

    stack: Stack
    canary: FaultProxy
    names: NameServer
    real: httpx.AsyncClient
    tests: httpx.AsyncClient


@asynccontextmanager
async def networks(folder: Path, name: str) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    port = free_port()
    with Process([MUNADI, "sandbox", "--port", str(port)], log=folder / f"{name}.log") as process:
        await asyncio.to_thread(process.wait_for_port, port)
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
            await remove_quotas(client)
            yield port, client


@asynccontextmanager
async def installation(folder: Path) -> AsyncIterator[Installation]:
    async with AsyncExitStack() as parts:
        real_port, real = await parts.enter_async_context(networks(folder, "real"))
        tests_port, tests = await parts.enter_async_context(networks(folder, "tests"))
        canary = await parts.enter_async_context(FaultProxy(LOOPBACK, real_port))
        names = await parts.enter_async_context(name_server({}))
        env = {
            **hosts(everywhere(canary.url)),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), canary.url),
            "NO_PROXY": f"{LOOPBACK},localhost",
            "MUNADI_DNS_SERVERS": names.address,
            "MUNADI_SANDBOX_URL": f"http://{LOOPBACK}:{tests_port}",
        }
        stack = await parts.enter_async_context(Stack(folder, env, "--no-sandbox"))
        yield Installation(stack, canary, names, real, tests)


@pytest.mark.timeout(300)
async def test_no_packet_of_a_test_brand_reaches_a_real_host(tmp_path: Path) -> None:
    async with installation(tmp_path) as at, at.stack.client() as api:
        trial = await Brand.create(api, at.tests, "trial", *CHANNELS, mode="test")
        world = World(at.stack, api, at.tests, Points(tmp_path / "points"), trial)
        async with Inbox().listening(api, brandRef="trial") as inbox:
            await everything_of(world)
            await until(lambda: _completed(inbox, len(SHAPES) + 1), 30)
        assert inbox.failures == []
        assert {event["test"] for event in inbox.events} == {True}
        assert (at.canary.connections, at.names.asked) == (0, [])
        assert (await at.real.get("/control/calls")).json() == []
        assert {call["brand"] for call in (await at.tests.get("/control/calls")).json()} == {"trial"}
        await with_a_clock_and_faults_of_its_own(trial)

        live = await Brand.create(api, at.real, "live", "x", "facebook", "threads")
        await published_live(World(at.stack, api, at.real, world.points, live), at)
        elsewhere = {"serviceUrl": "https://social.acme.example", "credentials": {"accessToken": "t"}}
        refused = await api.post("/v1/brands/trial/accounts", json={"channel": "mastodon", **elsewhere})
        assert [each["code"] for each in refused.json()["errors"]] == ["NOT_THE_SANDBOX"]
        assert at.names.asked == []
        assert (
            await api.post("/v1/brands/live/accounts", json={"channel": "mastodon", **elsewhere})
        ).status_code == 422
        assert set(at.names.asked) == {"social.acme.example"}


async def everything_of(world: World) -> None:
    """Publish to each network, check each account, and withdraw a post."""
    brand, api = world.brand, world.api
    sent = [await world.submit(shape, f"Only a test: {shape}") for shape in SHAPES]
    sent.append(await brand.submit("With a card", link=LINK, channels=["bluesky"]))
    ended = [await brand.ended(content["id"], 120) for content in sent]
    assert [each["status"] for each in ended] == ["published"] * len(sent)
    for shape in SHAPES:
        assert f"Only a test: {shape}" in await texts(world.sandbox, shape.partition("-")[0])
    for account in (await api.get("/v1/accounts", params={"brandRef": brand.ref})).json()["data"]:
        checked = await api.post(f"/v1/accounts/{account['id']}/check")
        assert checked.json()["ok"] is True, checked.text
    gone = await api.post(f"/v1/contents/{ended[SHAPES.index('x')]['id']}/withdraw")
    assert gone.status_code == 202, gone.text
    await until(lambda: _is_gone(world.sandbox), 60)


async def with_a_clock_and_faults_of_its_own(trial: Brand) -> None:
    """Two months later for another test brand, whose network is down: `trial` does not notice."""
    api, sandbox = trial.api, trial.sandbox
    second = await Brand.create(api, sandbox, "second", "threads", "mastodon", mode="test")
    down = {"channel": "mastodon", "operation": "*", "mode": "error", "status": 503, "times": None, "brand": "second"}
    assert (await sandbox.post("/control/faults", json=down)).status_code == 201
    later = {"advanceSeconds": 61 * 86_400, "brand": "second"}
    assert (await sandbox.post("/control/clock", json=later)).status_code == 200
    checked = {
        (brand.ref, channel): (await api.post(f"/v1/accounts/{(await brand.account(channel))['id']}/check")).json()
        for brand in (trial, second)
        for channel in ("threads", "mastodon")
    }
    # The check of a network that is down answers with a problem.
    assert {found: answer.get("ok", answer.get("status")) for found, answer in checked.items()} == {
        ("trial", "threads"): True,
        ("trial", "mastodon"): True,
        ("second", "threads"): False,
        ("second", "mastodon"): 503,
    }
    assert (await sandbox.post("/control/reset", params={"brand": "second"})).status_code == 200
    back = await api.post(f"/v1/accounts/{(await second.account('mastodon'))['id']}/check")
    assert back.json()["ok"] is True


async def published_live(live: World, at: Installation) -> None:
    """Publish a live brand's posts, each of which is seen by the canary."""
    for shape in LIVE:
        seen = at.canary.bytes_forwarded
        ended = await live.brand.ended((await live.submit(shape, f"For followers: {shape}"))["id"], 60)
        assert ended["status"] == "published"
        assert at.canary.bytes_forwarded > seen
    assert await texts(at.real, "x") == ["For followers: x-text"]
    assert "For followers: x-text" not in await texts(at.tests, "x")
    logged = (await live.api.get("/v1/events", params={"brandRef": "live", "limit": 100})).json()["data"]
    assert {event["test"] for event in logged} == {False}


async def texts(sandbox: httpx.AsyncClient, channel: str) -> list[str]:
    return [post["text"] for post in await posts_of(sandbox, channel)]


async def _is_gone(sandbox: httpx.AsyncClient) -> bool:
    return "Only a test: x" not in await texts(sandbox, "x")


async def _completed(inbox: Inbox, count: int) -> bool:
    return len({event["id"] for event in inbox.events if event["type"] == "content.completed"}) >= count
