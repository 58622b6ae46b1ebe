"""One round under load: worker and API get SIGTERM, and nothing in flight may be aborted."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from tests.faults.crashes import Crash, Victim
from tests.faults.sendings import Sending, collect
from tests.harness.brand import attempts
from tests.harness.networks import hits
from tests.harness.times import epoch
from tests.harness.world import World

# The grace of the API (api/process/running.py) and of the worker (worker/compose.py).
API_GRACE, WORKER_GRACE = 20.0, 45.0
VISIBLE = 6
CLIENTS = 3
# How long the network takes for a visible call, and the web server of the media for a picture.
SLOW_CALL, SLOW_MEDIA = 3.0, 2.0


@dataclass
class Round:
    """What was sent, which requests got no answer, and how the two processes ended. Durations in seconds."""

    number: int
    sendings: list[Sending] = field(default_factory=list)
    unanswered: list[Sending] = field(default_factory=list)
    slow: list[Sending] = field(default_factory=list)
    in_flight: int = 0
    requests: int = 0
    stopped_at: float = 0.0
    api_code: int | None = None
    api_took: float = 0.0
    worker_end: str = ""
    worker_took: float = 0.0
    worker_ended_at: float = 0.0
    failures: list[str] = field(default_factory=list)

    def judge(self) -> list[str]:
        """Every broken promise as text."""
        ends = (("API", f"exit code {self.api_code}"), ("worker", self.worker_end))
        codes = [f"{who} ended with {end}" for who, end in ends if end != "exit code 0"]
        slow = [f"in flight and not answered: {one}" for one in self.slow if one.answers[:1] != ["202"]]
        grace = [f"the API took {self.api_took:.1f} s"] if self.api_took > API_GRACE else []
        grace += [f"the worker took {self.worker_took:.1f} s"] if self.worker_took > WORKER_GRACE else []
        return [f"round {self.number}: {word}" for word in (*self.failures, *codes, *slow, *grace)]


async def end_both(victim: Victim, number: int, dice: random.Random) -> Round:
    """SIGTERM to worker and API while visible calls and requests are in flight; both are back afterwards."""
    world, api, seen = victim.world, victim.api, Round(number)
    before = await hits(world.sandbox)
    clients = [asyncio.create_task(_client(victim, seen, name)) for name in range(CLIENTS)]
    visible = [Sending(f"round {number:02} visible {n}", world.brand.ref) for n in range(VISIBLE)]
    await asyncio.gather(*(one.until_accepted(world.api) for one in visible))
    async with asyncio.timeout(20):
        while await hits(world.sandbox) <= before:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)
    crashes = [Crash(100 * number + n, "fetched", 0.0) for n in range(2)]
    seen.slow = [await victim.sending(crash) for crash in crashes]
    requests = [asyncio.create_task(one.once(api.client)) for one in seen.slow]
    await victim.gallery.requested(crash.number for crash in crashes)
    await asyncio.sleep(dice.uniform(0, SLOW_MEDIA / 2))
    seen.requests = sum(not request.done() for request in requests)
    await asyncio.gather(_end_api(victim, seen), _end_worker(world, seen))
    await asyncio.gather(*requests, *clients)
    stored = {content["clientRef"] for content in await world.brand.contents()}
    seen.failures += [f"stored and not answered: {one}" for one in seen.unanswered if one.key in stored]
    await api.start()
    for one in (*seen.unanswered, *seen.slow):
        await one.until_accepted(api.client)
    seen.sendings += [*visible, *seen.slow]
    seen.failures += await collect(world, seen.sendings)
    seen.failures += await _aborted(world, seen)
    return seen


async def _client(victim: Victim, seen: Round, name: int) -> None:
    """Send one post after the other until no answer comes."""
    for number in range(10_000):
        one = Sending(f"round {seen.number:02} client {name} sends {number:04}", victim.world.brand.ref)
        seen.sendings.append(one)
        answer = await one.once(victim.api.client)
        if answer is None:
            seen.unanswered.append(one)
            return
        if answer.status_code != 202:
            seen.failures.append(f"{answer.status_code} {answer.text[:200]}: {one}")
        await asyncio.sleep(0.15)


async def _end_api(victim: Victim, seen: Round) -> None:
    began = time.monotonic()
    seen.api_code = await asyncio.to_thread(victim.api.process.terminate, API_GRACE + 10)
    seen.api_took = time.monotonic() - began


async def _end_worker(world: World, seen: Round) -> None:
    """Its supervisor logs its exit code, and starts it again."""
    log, ended = world.stack.process, r"worker ended \((.*?)\)"
    before = len(re.findall(ended, log.output))
    began = time.monotonic()
    seen.stopped_at = time.time()
    os.kill(world.stack.pids["worker"], signal.SIGTERM)
    while len(found := re.findall(ended, log.output)) == before:
        assert time.monotonic() < began + WORKER_GRACE + 10, "the worker does not end"
        await asyncio.sleep(0.05)
    seen.worker_took, seen.worker_ended_at = time.monotonic() - began, time.time()
    seen.worker_end = found[-1]


async def _aborted(world: World, seen: Round) -> list[str]:
    """Visible calls that did not end by themselves: not sent once, or begun by the worker and ended after its end."""
    failures = []
    for one in seen.sendings:
        for content_id in one.content_ids:
            log = await attempts(world.api, await world.brand.content(content_id))
            if [attempt["outcome"] for attempt in log] != ["sent"]:
                failures.append(f"attempts {log}: {one}")
                continue
            seen.in_flight += _outlived(log[0], seen.stopped_at)
            if _outlived(log[0], seen.worker_ended_at):
                failures.append(f"left in flight: {log}: {one}")
    return failures


def _outlived(attempt: dict[str, Any], moment: float) -> bool:
    return epoch(attempt["intentAt"]) < moment < epoch(attempt["endedAt"])
