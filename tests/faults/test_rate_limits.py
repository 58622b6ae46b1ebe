"""What a network says about when to come back holds for the whole account, in every process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.brand import Brand, calls, epoch, plant
from tests.faults.evidence import prove
from tests.faults.trials import for_good
from tests.faults.world import QUICK, SHAPES, World, open_world

ROUNDS = 2
AT_ONCE = 8
# The call that is refused, by shape. Those of a preparation come from another publication than the one that waits.
VISIBLE = {
    "bluesky": "com.atproto.repo.putRecord",
    "instagram": "media_publish",
    "threads-text": "threads_publish",
    "facebook": "feed",
    "tiktok": "upload_last_chunk",
    "youtube": "update_video",
}
PREPARING = {"bluesky": "com.atproto.repo.uploadBlob", "instagram": "create_container", "youtube": "start_upload"}


# What a network says, and until when it means it: seconds since the epoch, None for so long after its answer.
Said = tuple[str, dict[str, Any], float | None]


@dataclass
class Limit:
    """One refusal of one account's call and what came after it. Times are seconds since the epoch."""

    shape: str
    operation: str
    said: str = ""
    refused_at: float | None = None
    quiet_from: float = 0.0
    until: float = 0.0
    too_soon: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    others: str | None = None

    def verdict(self) -> str | None:
        """What promise was broken, or None."""
        if self.refused_at is None:
            return "the refusal did not come"
        if self.too_soon:
            return f"called {len(self.too_soon)} times before the time: {self.too_soon[:4]}"
        if self.posts != [1] * len(self.posts) or set(self.statuses) != {"published"}:
            return f"{self.posts} posts, {self.statuses}"
        return f"another account waited: {self.others}" if self.others else None

    def __str__(self) -> str:
        waited = self.until - (self.refused_at or 0)
        return f"{self.shape} {self.operation}, {self.said}, {waited:.1f} s: {self.verdict() or 'kept'}"


def seconds(wait: float, status: int = 429) -> Said:
    return f"{status} with seconds", {"status": status, "headers": {"Retry-After": str(int(wait))}}, None


def date(wait: float, status: int = 429) -> Said:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=wait)
    headers = {"Retry-After": format_datetime(at, usegmt=True)}
    return f"{status} with a date", {"status": status, "headers": headers}, at.timestamp()


def reset(wait: float) -> Said:
    at = int(time.time() + wait)
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(at)}
    return "429 with a reset", {"status": 429, "headers": headers, "error": {"error": "RateLimitExceeded"}}, at


def outage(wait: float) -> Said:
    return seconds(wait, 503)


def usage(minutes: float) -> Said:
    usage = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": int(minutes)}]
    headers = {"X-Business-Use-Case-Usage": json.dumps({"1": usage})}
    return "usage header", {"status": 403, "headers": headers, "error": {"code": 4}}, None


async def limited(
    world: World, shape: str, operation: str, ref: str, say: Callable[[float], Said], wait: float
) -> Limit:
    """Brands of their own: one content is refused; two more of its account, and another account's, come meanwhile."""
    limit, channel = Limit(shape, operation), SHAPES[shape][0]
    names = (f"{ref}-limited", f"{ref}-free")
    own, free = [replace(world, brand=await Brand.create(world.api, world.sandbox, name, channel)) for name in names]
    profile, other = [(await one.brand.account(channel))["externalId"] for one in (own, free)]
    limit.said, answer, until = say(wait)
    planted = await plant(world.sandbox, channel, operation, "error", profile=profile, **answer)
    texts = [f"{ref} {number}" for number in range(3)]
    contents = [await own.submit(shape, texts[0])]
    limit.refused_at = await refusal(world, channel, planted["id"])
    if limit.refused_at is not None:
        lasts = wait * 60 if say is usage else wait
        limit.until = until or limit.refused_at + lasts
        limit.quiet_from = await paused(own.brand, channel)
        contents += [await own.submit(shape, text) for text in texts[1:]]
        beside = await free.submit(shape, f"{ref} beside")
        ended = (await free.brand.ended(beside["id"], 240))["status"]
        begun = min(
            (epoch(call["at"]) for call in await calls(world.sandbox, channel) if call["profile"] == other),
            default=1e12,
        )
        if ended != "published" or begun >= limit.until:
            limit.others = f"{ended}, begun {begun - limit.refused_at:.1f} s after the refusal"
    for text, content in zip(texts, contents, strict=False):
        limit.statuses.append((await for_good(own.brand, content["id"]))["status"])
        limit.posts.append(len(await world.posts(text, shape)))
    limit.too_soon = [
        f"{call['operation']} {limit.until - epoch(call['at']):.1f} s early"
        for call in await calls(world.sandbox, channel)
        if call["profile"] == profile and limit.quiet_from < epoch(call["at"]) < limit.until
    ]
    return limit


async def paused(brand: Brand, channel: str, within: float = 3.0) -> float:
    """When the account was seen to be paused; or it is not, and the calls will tell."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if (await brand.account(channel))["pausedUntil"]:
            break
        await asyncio.sleep(0.05)
    return time.time()


async def refusal(world: World, channel: str, fault_id: str, within: float = 60) -> float | None:
    """When the network refused."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for call in await calls(world.sandbox, channel):
            if call["fault"] == fault_id:
                return epoch(call["at"])
        await asyncio.sleep(0.1)
    return None


def broken(limits: Sequence[Limit]) -> list[str]:
    return [str(limit) for limit in limits if limit.verdict()]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, QUICK) as opened, opened.another_worker():
        yield opened


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_an_account_is_not_called_before_the_time_that_its_network_gave(world: World) -> None:
    plans: list[tuple[str, str, Callable[[float], Said], float]] = [
        ("bluesky", VISIBLE["bluesky"], reset, 14.0),
        ("instagram", PREPARING["instagram"], seconds, 8.0),
        ("threads-text", VISIBLE["threads-text"], date, 14.0),
        ("facebook", VISIBLE["facebook"], outage, 8.0),
    ]
    limits = await asyncio.gather(
        *(limited(world, shape, call, f"r{n}", say, wait) for n, (shape, call, say, wait) in enumerate(plans))
    )
    print(*limits, sep="\n")
    assert not broken(limits)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_no_account_of_any_network_is_called_too_soon(tmp_path: Path, postgres_url: str) -> None:
    async with (
        open_world(tmp_path, {**QUICK, "MUNADI_DATABASE_URL": postgres_url}) as world,
        world.another_worker(),
    ):
        limits = await many(world, ROUNDS)
    shapes = len({limit.shape for limit in limits})
    measured = {"networks": shapes, "calls too soon": sum(len(limit.too_soon) for limit in limits)}
    prove(
        "13", "throttled accounts, two worker processes", trials=len(limits), failures=broken(limits), measured=measured
    )


async def many(world: World, rounds: int) -> list[Limit]:
    """Every way to say it, at the visible call and in the preparation, some accounts at once."""
    calls_of = [*VISIBLE.items(), *PREPARING.items()]
    plans: list[tuple[str, str, Callable[[float], Said], float]]
    plans = [(shape, call, say, 20.0) for shape, call in calls_of for say in (seconds, date, outage)]
    plans += [("bluesky", VISIBLE["bluesky"], reset, 20.0), ("facebook", VISIBLE["facebook"], usage, 1.0)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(ref: str, plan: tuple[str, str, Callable[[float], Said], float]) -> Limit:
        async with gate:
            shape, call, say, wait = plan
            return await limited(world, shape, call, ref, say, wait)

    return list(await asyncio.gather(*(one(f"r{n}", plan) for n, plan in enumerate(plans * rounds))))
