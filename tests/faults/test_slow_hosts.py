"""Slow servers and name servers of one brand delay no other brand, over real processes."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from munadi.outbound.host_calls import MOST
from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import Brand
from tests.harness.inbox import Inbox
from tests.harness.mastodon import TenantsServer, tenants_server
from tests.harness.stack import Stack
from tests.harness.times import instant
from tests.support.dns import name_server
from tools.attacks.healthy import Felt, Healthy

# The healthy brand beside the attack against itself beside as many posts at a quick server, and what a busy machine
# adds to that, in seconds.
MULTIPLE, NOISE = 1.2, 1.5
SECONDS = 20.0
ACCOUNTS = 40
# An answer that never came is known to be absent soon, and the attacker has been given more endpoints than usual.
QUICK = {
    "MUNADI_LIMITS__ENDPOINTS": "100",
    "MUNADI_CHANNELS__MASTODON__PUBLISH_DEADLINE": "PT8S",
    "MUNADI_CHANNELS__MASTODON__MARGIN": "PT1S",
    "MUNADI_CHANNELS__MASTODON__ABSENCE_WINDOW": "PT2S",
}


class Scene:
    """A stack with a healthy brand, and an attacker whose accounts live at a server of its own."""

    def __init__(self, stack: Stack, api: httpx.AsyncClient, healthy: Healthy, server: TenantsServer) -> None:
        self.stack, self.api, self.healthy, self.server = stack, api, healthy, server
        self.accounts: list[str] = []
        self.attacks = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, env: dict[str, str]) -> AsyncIterator[Scene]:
        async with AsyncExitStack() as opened:
            server = await opened.enter_async_context(tenants_server())
            stack = await opened.enter_async_context(Stack(folder, {**QUICK, **env}))
            api = await opened.enter_async_context(stack.client())
            sandbox = await opened.enter_async_context(stack.sandbox())
            brand = await Brand.create(api, sandbox, "healthy", "bluesky")
            await Brand.create(api, sandbox, "attacker", "bluesky")
            inbox = await opened.enter_async_context(Inbox().listening(api, brandRef="healthy"))
            scene = cls(stack, api, Healthy(brand, inbox), server)
            await scene._connect()
            yield scene

    async def _connect(self) -> None:
        for number in range(ACCOUNTS):
            body = {"channel": "mastodon", "serviceUrl": self.server.url, "credentials": {"accessToken": str(number)}}
            answer = await self.api.post("/v1/brands/attacker/accounts", json=body)
            assert answer.status_code == 201, answer.text
            self.accounts.append(answer.json()["id"])

    async def attack(self, each: int) -> tuple[list[str], Felt]:
        """The attacker's texts, so many for each account, and what the healthy brand notices beside them."""
        self.attacks += 1
        named = f"attack {self.attacks}"
        texts = {f"{named} {account_id} {count}": account_id for account_id in self.accounts for count in range(each)}
        due, over = time.time() + 8 + len(texts) / 8, asyncio.Event()
        await self._submit(texts, instant(due))
        await asyncio.sleep(due - time.time() - 1)
        asyncio.get_running_loop().call_later(SECONDS, over.set)
        return list(texts), await self.healthy.publish(SECONDS, over)

    async def _submit(self, texts: dict[str, str], due: str) -> None:
        """A post for each of these accounts of the attacker, all due together."""
        clients = asyncio.Semaphore(8)

        async def one(text: str, account_id: str) -> None:
            channels = [{"channel": "mastodon", "accountId": account_id}]
            body = {"brandRef": "attacker", "text": text, "scheduledAt": due, "channels": channels}
            async with clients:
                answer = await self.api.post("/v1/contents", json=body)
            assert answer.status_code == 202, answer.text

        await asyncio.gather(*(one(*pair) for pair in texts.items()))

    async def waiting(self) -> Counter[str]:
        """Why the attacker's publications wait, or their status."""
        found: Counter[str] = Counter()
        params = {"brandRef": "attacker", "limit": "100"}
        while True:
            page = (await self.api.get("/v1/contents", params=params)).json()
            for content in page["data"]:
                for publication in content["publications"]:
                    found[(publication["hold"] or {}).get("reason") or publication["status"]] += 1
            if not page.get("nextCursor"):
                return found
            params["cursor"] = page["nextCursor"]

    async def all_posted(self, texts: list[str], within: float) -> float:
        """The seconds until each text was posted, or `within`."""
        began = time.monotonic()
        while set(texts) - set(self.server.posts) and time.monotonic() - began < within:  # noqa: ASYNC110 - at a server
            await asyncio.sleep(0.5)
        return time.monotonic() - began


def _verdict(beside: Felt, alone: Felt) -> list[str]:
    """What the healthy brand felt of the attack."""
    pairs = {
        "posts late": (beside.late.p95, alone.late.p95),
        "webhooks": (beside.webhooks.p95, alone.webhooks.p95),
        "accepts": (beside.accepts.p95, alone.accepts.p95),
    }
    felt = [
        f"{name}: p95 {now:.1f} s, {before:.1f} s beside a quick server"
        for name, (now, before) in pairs.items()
        if now > before * MULTIPLE + NOISE
    ]
    return felt + ([f"{beside.late.missing} posts missing"] if beside.late.missing else [])


def _measured(beside: Felt, alone: Felt) -> dict[str, str]:
    return {
        "lateness p95": f"{beside.late.p95:.2f} s, {alone.late.p95:.2f} s beside a quick server",
        "webhooks p95": f"{beside.webhooks.p95:.2f} s, {alone.webhooks.p95:.2f} s beside a quick server",
        "accepts p95": f"{beside.accepts.p95:.2f} s, {alone.accepts.p95:.2f} s beside a quick server",
    }


@pytest.mark.alone
@two_sizes(timeout=1200)
async def test_a_tarpit_of_one_brand_delays_nobody(tmp_path: Path, large: bool) -> None:
    async with Scene.open(tmp_path, {}) as scene:
        each = 8 if large else 3
        _, alone = await scene.attack(each)
        scene.server.is_slow, scene.server.most_under_way = True, 0
        texts, beside = await scene.attack(each)
        waiting, most = await scene.waiting(), scene.server.most_under_way
        scene.server.is_slow = False
        seconds = await scene.all_posted(texts, 120)
    failures = _verdict(beside, alone)
    failures += [f"{text}: {count} posts" for text, count in scene.server.posts.items() if count > 1]
    missing = len(set(texts) - set(scene.server.posts))
    failures += [f"{missing} posts missing {seconds:.0f} s after the server was quick again"] if missing else []
    # It was quick before, so it has all its places at first; each that lingers costs four.
    failures += [f"{most} calls under way at the tarpit"] if most > MOST + 1 else []
    failures += [f"they wait for {dict(waiting)}"] if waiting["HOST_SLOW"] < len(texts) // 2 else []
    measured = _measured(beside, alone) | {
        "waiting": str(dict(waiting)),
        "most calls under way": str(most),
        "all out after it was quick again": f"{seconds:.0f} s",
    }
    proof = f"a tarpit with {ACCOUNTS} accounts of one brand"
    prove("12", proof, trials=len(texts), failures=failures, measured=measured, large=large)


@pytest.mark.alone
@two_sizes(timeout=600)
async def test_silent_name_servers_of_one_brand_delay_nobody(tmp_path: Path, large: bool) -> None:
    """Its zone is answered until its accounts and endpoints are there, then never again."""
    async with AsyncExitStack() as opened:
        names = await opened.enter_async_context(name_server({"slow.test": "93.184.215.14"}))
        scene = await opened.enter_async_context(Scene.open(tmp_path, {"MUNADI_DNS_SERVERS": names.address}))
        each = 8 if large else 3
        _, alone = await scene.attack(each)
        await _move(scene)
        names.silent.add("slow.test")
        texts, beside = await scene.attack(each)
    asked = {name.partition(".")[0][0] for name in names.asked if name.endswith("slow.test")}
    failures = _verdict(beside, alone) + ([] if asked == {"a", "e"} else [f"only {asked} were asked for"])
    proof = f"silent name servers of one brand, {ACCOUNTS} accounts and as many endpoints"
    prove("12", proof, trials=len(texts), failures=failures, measured=_measured(beside, alone), large=large)


async def _move(scene: Scene) -> None:
    """The attacker's servers, and as many endpoints, get names in the zone."""

    def change() -> None:
        with sqlite3.connect(scene.stack.data / "munadi.db", timeout=30) as database:
            for number, account_id in enumerate(scene.accounts):
                address = f"https://a{number}.slow.test"
                database.execute("UPDATE accounts SET service_url = ? WHERE id = ?", (address, account_id))

    await asyncio.to_thread(change)
    for number in range(ACCOUNTS):
        body = {"url": f"https://e{number}.slow.test/hook", "brandRef": "attacker"}
        answer = await scene.api.post("/v1/webhooks/endpoints", json=body)
        assert answer.status_code == 201, answer.text
