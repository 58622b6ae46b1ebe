"""One round under load: worker and API get SIGTERM, and nothing in flight may be aborted."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.e2e.brand import plant
from tests.faults.crashes import Crash, Gallery, sending_of
from tests.faults.sendings import Sending, broken, collect
from tests.faults.shells import OwnApi
from tests.faults.world import World

# The grace of the API (munadi/cli/api.py) and of the worker (worker/compose.py).
API_GRACE, WORKER_GRACE = 20.0, 45.0
VISIBLE = 6
CLIENTS = 3
# How long the network takes for a visible call, and the web server of the media for a picture.
SLOW_CALL, SLOW_MEDIA = 3.0, 2.0


@dataclass
class Round:
    """What was sent, who got no answer, and how the two ended. Durations in seconds."""

    number: int
    sendings: list[Sending] = field(default_factory=list)
    unanswered: list[Sending] = field(default_factory=list)
    slow: list[Sending] = field(default_factory=list)
    in_flight: int = 0
    requests: int = 0
    told_at: float = 0.0
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


async def slow_network(world: World, seconds: float = SLOW_CALL) -> None:
    """From now on every visible call takes so long."""
    await plant(world.sandbox, "bluesky", "com.atproto.repo.putRecord", "delay", times=None, delaySeconds=seconds)


async def end_both(world: World, gallery: Gallery, api: OwnApi, number: int, dice: random.Random) -> Round:
    """SIGTERM to worker and API while visible calls and requests are under way; both are back afterwards."""
    seen, before = Round(number), await _calls(world)
    clients = [asyncio.create_task(_client(world, api, seen, name)) for name in range(CLIENTS)]
    visible = [Sending(f"round {number:02} visible {n}", world.brand.ref) for n in range(VISIBLE)]
    await asyncio.gather(*(one.until_accepted(world.api) for one in visible))
    await _under_way(world, before)
    crashes = [Crash(100 * number + n, "fetched", 0.0) for n in range(2)]
    seen.slow = [sending_of(world, gallery, crash) for crash in crashes]
    for one in seen.slow:
        one.fault = "its media under way"
    asking = [asyncio.create_task(one.once(api.client)) for one in seen.slow]
    await gallery.asked(crash.number for crash in crashes)
    await asyncio.sleep(dice.uniform(0, SLOW_MEDIA / 2))
    seen.requests = sum(not asked.done() for asked in asking)
    await asyncio.gather(_end_api(api, seen), _end_worker(world, seen))
    await asyncio.gather(*asking, *clients)
    await _left_no_trace(world, seen)
    await api.start()
    for one in (*seen.unanswered, *seen.slow):
        await one.until_accepted(api.client)
    seen.sendings += [*visible, *seen.slow]
    seen.failures += broken(await collect(world, seen.sendings))
    seen.failures += await _aborted(world, seen)
    return seen


async def _client(world: World, api: OwnApi, seen: Round, name: int) -> None:
    """Send one post after the other until no answer comes."""
    for number in range(10_000):
        one = Sending(f"round {seen.number:02} client {name} sends {number:04}", world.brand.ref)
        seen.sendings.append(one)
        answer = await one.once(api.client)
        if answer is None:
            seen.unanswered.append(one)
            return
        if answer.status_code != 202:
            seen.failures.append(f"{answer.status_code} {answer.text[:200]}: {one}")
        await asyncio.sleep(0.15)


async def _calls(world: World) -> int:
    """How many visible calls the network has been slow to answer."""
    planted = (await world.sandbox.get("/control/faults")).json()
    return sum(fault["hits"] for fault in planted)


async def _under_way(world: World, before: int, within: float = 20) -> None:
    """Wait until the network has got one more visible call."""
    async with asyncio.timeout(within):
        while await _calls(world) <= before:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)


async def _end_api(api: OwnApi, seen: Round) -> None:
    began = time.monotonic()
    seen.api_code = await asyncio.to_thread(api.process.terminate, API_GRACE + 10)
    seen.api_took = time.monotonic() - began


async def _end_worker(world: World, seen: Round) -> None:
    """Its exit code is in the words of its supervisor, which starts it again."""
    log, ended = world.stack.process, r"worker ended \((.*?)\)"
    before = len(re.findall(ended, log.output))
    began = time.monotonic()
    seen.told_at = time.time()
    os.kill(world.stack.pids["worker"], signal.SIGTERM)
    while len(found := re.findall(ended, log.output)) == before:
        assert time.monotonic() < began + WORKER_GRACE + 10, "the worker does not end"
        await asyncio.sleep(0.05)
    seen.worker_took, seen.worker_ended_at = time.monotonic() - began, time.time()
    seen.worker_end = found[-1]


async def _left_no_trace(world: World, seen: Round) -> None:
    """A request without an answer left no post."""
    stored = {content["clientRef"] for content in await world.brand.contents()}
    seen.failures += [f"stored and not answered: {one}" for one in seen.unanswered if one.key in stored]


async def _aborted(world: World, seen: Round) -> list[str]:
    """Visible calls that did not end by themselves: not sent once, or begun by the worker and settled after its end."""
    failures = []
    for one in seen.sendings:
        for content_id in one.content_ids:
            content = (await world.api.get(f"/v1/contents/{content_id}")).json()
            told = (await world.api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
            log = told["attemptLog"]
            if [attempt["outcome"] for attempt in log] != ["sent"]:
                failures.append(f"attempts {log}: {one}")
                continue
            seen.in_flight += _outlived(log[0], seen.told_at)
            if _outlived(log[0], seen.worker_ended_at):
                failures.append(f"left in flight: {log}: {one}")
    return failures


def _outlived(attempt: dict[str, Any], moment: float) -> bool:
    began, ended = (datetime.fromisoformat(attempt[name]).timestamp() for name in ("intentAt", "endedAt"))
    return began < moment < ended
