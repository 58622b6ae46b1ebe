"""A slow and a dead webhook endpoint delay neither posts nor the events of a healthy one, also while workers die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from munadi.db.webhooks.endpoint_queues import LEASE
from tests.faults.crashes import worker_back
from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox, subscribe
from tests.harness.networks import posts_by_text
from tests.harness.pages import drip_bytes
from tests.harness.times import epoch, p95, rank
from tests.harness.web import Answering, Call, serving
from tests.harness.world import QUICK, World, open_plain

# A healthy endpoint that waits for one of the others waits for the end of its request, 15 s at most.
GROSS = 3.0
# What an endpoint that never answers may cost: a first batch side by side, then a probe now and then.
DEAD_TRIES = 25
# Posts between two kills are due over so many seconds.
SPREAD = 10.0
# After a kill, what waited for the lease of the dead worker is sent.
CATCH_UP = LEASE.total_seconds() + 5


async def slow_loris(call: Call) -> None:
    """A response that comes letter by letter and does not end in time."""
    await drip_bytes(call.out, b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000, pause=0.5)


async def dead(_: Call) -> None:
    """No response."""
    await asyncio.sleep(3600)


@asynccontextmanager
async def endpoint(world: World, answer: Answering) -> AsyncIterator[list[float]]:
    """An endpoint that answers in that way; the times of its requests."""
    requests: list[float] = []

    async def noted(call: Call) -> None:
        requests.append(time.time())
        await answer(call)

    async with serving(noted) as url:
        made = await subscribe(world.api, url)
        yield requests
        await world.api.delete(f"/v1/webhooks/endpoints/{made['id']}")


async def lateness(world: World, ref: str, posts: int) -> list[float]:
    """Publish posts that are due in one second; how late each was at the network, in seconds."""
    brand = await Brand.create(world.api, world.sandbox, ref, "bluesky")
    first = time.time() + 5 + posts / 10
    dues = {f"{ref} {number}": first + number / posts for number in range(posts)}
    await brand.submit_all(dues)
    assert time.time() < first, f"{posts} posts were not accepted before their time; give them more"
    contents, published = await brand.all_ended(60 + posts / 5), await posts_by_text(world.sandbox)
    assert {content["status"] for content in contents.values()} == {"published"}
    assert {text: len(published[text]) for text in dues} == dict.fromkeys(dues, 1)
    return [epoch(published[text][0]["createdAt"]) - due for text, due in dues.items()]


@dataclass
class Killing:
    """Posts that become due while the worker is killed. `disturbed`: the spans around the kills, in epoch seconds."""

    world: World
    brand: Brand
    posts: dict[str, float] = field(default_factory=dict)
    disturbed: list[tuple[float, float]] = field(default_factory=list)

    async def submit(self, count: int) -> None:
        """Submit posts that are due evenly over the next seconds."""
        start, known = time.time() + 2, len(self.posts)
        dues = {f"killed {known + n}": start + n * SPREAD / count for n in range(count)}
        self.posts |= dues
        await self.brand.submit_all(dues)

    async def kill(self) -> None:
        """Kill the worker, and wait until another one has caught up."""
        back = asyncio.create_task(worker_back(self.world))
        await asyncio.sleep(0)
        killed = time.time()
        self.world.stack.kill("worker")
        await back
        await asyncio.sleep(CATCH_UP)
        self.disturbed.append((killed - 1, time.time()))

    async def round(self, count: int) -> None:
        """So many posts: half are due around a kill, half when the new worker has caught up."""
        await self.submit(count // 2)
        await asyncio.sleep(SPREAD / 2)
        await self.kill()
        await self.submit(count - count // 2)
        await asyncio.sleep(SPREAD + 2)

    def calm(self, moment: float) -> bool:
        """Whether the moment is outside all spans around kills."""
        return not any(start <= moment <= end for start, end in self.disturbed)


async def publish_while_killing(world: World, posts: int, kills: int) -> tuple[Killing, list[str]]:
    """Publish posts while the worker is killed; how it went, and what is wrong at the network."""
    brand = await Brand.create(world.api, world.sandbox, "killed", "bluesky")
    killing = Killing(world, brand)
    for number in range(kills):
        await killing.round(posts * (number + 1) // kills - posts * number // kills)
    contents, published = await brand.all_ended(150), await posts_by_text(world.sandbox)
    wrong = [f"{each['id']} is {each['status']}" for each in contents.values() if each["status"] != "published"]
    counts = {text: len(published[text]) for text in killing.posts}
    wrong += [f"{text!r} was published {count} times" for text, count in counts.items() if count != 1]
    return killing, wrong


def events(world: World) -> set[str]:
    """The ids of all events, as the database lists them."""
    with world.database() as connection:
        return {row[0] for row in connection.execute("SELECT id FROM events")}


async def missing(world: World, good: Inbox, before: set[str]) -> list[str]:
    """The events after those `before` that have not arrived after some patience."""

    async def all_arrived() -> bool:
        return events(world) - before <= set(good.delays)

    try:
        await until(all_arrived, within=90)
    except AssertionError:
        return [f"{event} did not arrive" for event in sorted(events(world) - before - set(good.delays))]
    return []


def calm_delays(good: Inbox, killing: Killing) -> list[float]:
    """Seconds from each event's own time to its arrival, for events outside the spans around kills."""
    times = {event["id"]: epoch(event["timestamp"]) for event in good.events if event["brandRef"] == "killed"}
    return [good.delays[key] for key, moment in times.items() if killing.calm(moment)]


def judge(
    alone: Sequence[float], beside: Sequence[float], dead_requests: int, quiet: float, p99: float, large: bool
) -> list[str]:
    """Which promises are broken. `quiet` and `p99` are of the healthy endpoint, without and with the others.

    Each is compared with the same run: a machine that is busy with other things is late in both. The small version has
    few posts and shares its machine with other tests, so it only finds gross delays.
    """
    machine, median = rank(alone, 0.5), rank(beside, 0.5)
    failures = []
    if median > (machine / 0.9 if large else 1.5 * machine + 0.5):
        failures.append(f"posts are late beside a slow endpoint: {median:.2f} s, and {machine:.2f} s without")
    if p99 > max(1 if large else GROSS, 2 * quiet):
        failures.append(f"the healthy endpoint waits for the others: {p99:.2f} s, and {quiet:.2f} s without them")
    if dead_requests > DEAD_TRIES:
        failures.append(f"the dead endpoint is tried with every event: {dead_requests} times")
    return failures


@pytest.mark.parametrize(
    ("quiet", "p99", "is_late"), [(0.3, 1.26, False), (2.5, 4.5, False), (0.3, 10.1, True), (2.5, 10.1, True)]
)
def test_a_busy_machine_is_not_taken_for_a_slow_endpoint(quiet: float, p99: float, is_late: bool) -> None:
    assert bool(judge([0.1], [0.1], 0, quiet, p99, large=False)) is is_late


@pytest.mark.alone
@two_sizes(timeout=2400)
async def test_posts_and_healthy_endpoints_do_not_wait_for_slow_ones(tmp_path: Path, large: bool) -> None:
    burst, posts, kills = (150, 1000, 10) if large else (40, 40, 2)
    async with open_plain(tmp_path, {} if large else QUICK) as world, Inbox().listening(world.api) as good:
        before = events(world)
        alone = await lateness(world, "alone", burst)
        failures = await missing(world, good, before)
        quiet = rank(list(good.delays.values()), 0.99)
        async with endpoint(world, slow_loris) as slow, endpoint(world, dead) as silent:
            beside = await lateness(world, "beside", burst)
            tries = len(silent)
            killing, wrong = await publish_while_killing(world, posts, kills)
            failures += wrong + await missing(world, good, before)
            delays = calm_delays(good, killing)
            failures += good.failures
            assert slow, "the slow endpoint got nothing"
            assert len(delays) >= posts, "too few events outside the kills were measured"
    p99 = rank(delays, 0.99)
    measured = {
        "lateness p50 without slow ones": f"{rank(alone, 0.5):.2f} s",
        "lateness p50 beside": f"{rank(beside, 0.5):.2f} s",
        "lateness p95 beside": f"{p95(beside):.2f} s",
        "kills": kills,
        "events at the healthy endpoint": len(good.delays),
        "healthy endpoint p99 without slow ones": f"{quiet:.2f} s",
        f"healthy endpoint p99, without the {CATCH_UP:.0f} s after a kill": f"{p99:.2f} s of {len(delays)}",
        "requests to the dead endpoint": tries,
    }
    failures += judge(alone, beside, tries, quiet, p99, large)
    proof = f"{posts} posts due, a slow and a dead endpoint, worker killed {kills} times"
    prove("28", proof, trials=2 * burst + posts, failures=failures, measured=measured, large=large)
