"""What a network says about when to come back holds for the whole account, in every process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import for_good, in_batches
from tests.harness.brand import Brand, until
from tests.harness.networks import VISIBLE, calls, plant
from tests.harness.times import epoch
from tests.harness.world import QUICK, World, channel_of, open_world

ROUNDS = 2
AT_ONCE = 8
APP_WAIT = 12
# Shapes whose visible call is refused.
SHAPES = ("bluesky", "instagram", "threads-text", "facebook", "mastodon", "tiktok", "youtube")
# Calls of a preparation, which come from another publication than the one that waits.
PREPARING = {
    "bluesky": "com.atproto.repo.uploadBlob",
    "instagram": "create_container",
    "mastodon": "upload_media",
    "youtube": "start_upload",
}
# What a network says, and until when it means it: seconds since the epoch, None for so long after its answer.
Refusal = tuple[str, dict[str, Any], float | None]
# Shape, the call that is refused, what the network says, and for how long it means it.
Plan = tuple[str, str, Callable[[float], Refusal], float]


@dataclass
class Limit:
    """One refusal of one account's call and what came after it. Times are seconds since the epoch."""

    shape: str
    operation: str
    refusal: str = ""
    refused_at: float = 0.0
    quiet_from: float = 0.0
    until: float = 0.0
    too_soon: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    others: str | None = None

    def verdict(self) -> str | None:
        """What promise was broken, or None."""
        if self.too_soon:
            return f"called {len(self.too_soon)} times before the time: {self.too_soon[:4]}"
        if self.posts != [1] * len(self.posts) or set(self.statuses) != {"published"}:
            return f"{self.posts} posts, {self.statuses}"
        return f"another account waited: {self.others}" if self.others else None

    def __str__(self) -> str:
        waited = self.until - self.refused_at
        return f"{self.shape} {self.operation}, {self.refusal}, {waited:.1f} s: {self.verdict() or 'as promised'}"


def seconds(wait: float, status: int = 429) -> Refusal:
    return f"{status} with seconds", {"status": status, "headers": {"Retry-After": str(int(wait))}}, None


def date(wait: float) -> Refusal:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=wait)
    headers = {"Retry-After": format_datetime(at, usegmt=True)}
    return "429 with a date", {"status": 429, "headers": headers}, at.timestamp()


def reset(wait: float) -> Refusal:
    at = int(time.time() + wait)
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(at)}
    return "429 with a reset", {"status": 429, "headers": headers, "error": {"error": "RateLimitExceeded"}}, at


def outage(wait: float) -> Refusal:
    return seconds(wait, 503)


def usage(wait: float) -> Refusal:
    usage = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": int(wait / 60)}]
    headers = {"X-Business-Use-Case-Usage": json.dumps({"1": usage})}
    return "usage header", {"status": 403, "headers": headers, "error": {"code": 80001}}, None


async def limited(world: World, ref: str, plan: Plan) -> Limit:
    """Brands of their own: one post is refused; two more of its account, and one of another account, follow."""
    shape, operation, refuse, wait = plan
    limit, channel = Limit(shape, operation), channel_of(shape)
    own, free = [await world.another_brand(name, channel) for name in (f"{ref}-limited", f"{ref}-free")]
    profile, other = [await one.brand.profile(channel) for one in (own, free)]
    limit.refusal, answer, until_then = refuse(wait)
    planted = await plant(world.sandbox, channel, operation, "error", profile=profile, **answer)
    texts = [f"{ref} {number}" for number in range(3)]
    contents = [await own.submit(shape, texts[0])]
    limit.refused_at = await refused(world, channel, planted["id"])
    limit.until = until_then or limit.refused_at + wait
    limit.quiet_from = await paused(own.brand, channel)
    contents += [await own.submit(shape, text) for text in texts[1:]]
    beside = await free.submit(shape, f"{ref} beside")
    ended = (await free.brand.ended(beside["id"], 240))["status"]
    made = await calls(world.sandbox, channel, profile=other)
    begun = min((epoch(call["at"]) for call in made), default=1e12)
    if ended != "published" or begun >= limit.until:
        limit.others = f"{ended}, begun {begun - limit.refused_at:.1f} s after the refusal"
    for text, content in zip(texts, contents, strict=True):
        limit.statuses.append((await for_good(own.brand, content["id"]))["status"])
        limit.posts.append(len(await world.posts(text, shape)))
    limit.too_soon = [
        f"{call['operation']} {limit.until - epoch(call['at']):.1f} s early"
        for call in await calls(world.sandbox, channel, profile=profile)
        if limit.quiet_from < epoch(call["at"]) < limit.until
    ]
    return limit


async def paused(brand: Brand, channel: str, within: float = 3.0) -> float:
    """When the API showed the account as paused. Where it does not, the network's calls will show it."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and not (await brand.account(channel))["pausedUntil"]:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return time.time()


async def refused(world: World, channel: str, fault_id: str) -> float:
    """When the network refused."""

    async def read() -> float | None:
        made = await calls(world.sandbox, channel)
        return next((epoch(call["at"]) for call in made if call["fault"] == fault_id), None)

    return float(await until(read, 60, 0.1))


def plans_of(large: bool) -> list[Plan]:
    """Some ways to say it, or all of them at every call, twice."""
    if not large:
        return [
            ("bluesky", VISIBLE["bluesky"], reset, 14.0),
            ("instagram", PREPARING["instagram"], seconds, 8.0),
            ("threads-text", VISIBLE["threads-text"], date, 14.0),
            ("facebook", VISIBLE["facebook"], outage, 8.0),
        ]
    calls_of = [*((shape, VISIBLE[shape]) for shape in SHAPES), *PREPARING.items()]
    plans: list[Plan] = [(shape, call, refuse, 20.0) for shape, call in calls_of for refuse in (seconds, date, outage)]
    plans += [("bluesky", VISIBLE["bluesky"], reset, 20.0), ("facebook", VISIBLE["facebook"], usage, 60.0)]
    return plans * ROUNDS


@two_sizes(timeout=1200)
async def test_an_account_is_not_called_before_the_time_that_its_network_gave(
    tmp_path: Path, databases: dict[str, dict[str, str]], large: bool
) -> None:
    *_, database = databases.values()
    async with open_world(tmp_path, QUICK | database) as world, world.stack.another_worker():
        plans = [(f"r{number}", plan) for number, plan in enumerate(plans_of(large))]
        limits = await in_batches(plans, lambda each: limited(world, *each), AT_ONCE)
    print(*limits, sep="\n")
    shapes = len({limit.shape for limit in limits})
    measured = {"networks": shapes, "calls too soon": sum(len(limit.too_soon) for limit in limits)}
    failures = [str(limit) for limit in limits if limit.verdict()]
    proof = "throttled accounts, two worker processes"
    prove("13", proof, trials=len(limits), failures=failures, measured=measured, large=large)


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_an_app_that_its_network_limits_is_called_for_none_of_its_accounts(
    tmp_path: Path, postgres_url: str
) -> None:
    async with (
        open_world(tmp_path, QUICK | {"MUNADI_DATABASE_URL": postgres_url}) as world,
        world.stack.another_worker(),
    ):
        one, two = [await world.another_brand(name, "facebook") for name in ("limited", "beside")]
        profile = await one.brand.profile("facebook")
        answer = {"status": 429, "headers": {"Retry-After": str(APP_WAIT)}, "error": {"code": 4}}
        planted = await plant(world.sandbox, "facebook", VISIBLE["facebook"], "error", profile=profile, **answer)
        first = await one.submit("facebook", "the app is limited")
        until_then = await refused(world, "facebook", planted["id"]) + APP_WAIT
        await paused(one.brand, "facebook")
        await asyncio.sleep(0.5)  # the app's pause is written after that of the account
        quiet_from = time.time()
        second = await two.submit("facebook", "beside it")
        await two.brand.hold(second["id"], "RATE_LIMIT")
        for post, brand, text in ((first, one, "the app is limited"), (second, two, "beside it")):
            assert (await for_good(brand.brand, post["id"]))["status"] == "published"
            assert len(await world.posts(text, "facebook")) == 1
        early = [call for call in await calls(world.sandbox, "facebook") if quiet_from < epoch(call["at"]) < until_then]
        assert not early, [call["operation"] for call in early]
