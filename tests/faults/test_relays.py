"""Many workers, and Temporal away for a while: each post is woken once, and not once by each worker."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from munadi.domain.ids import workflow_id
from tests.faults.evidence import prove, two_sizes
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, instant, rank
from tests.harness.world import World, open_plain
from tests.support.temporal import TemporalDevServer

WORKERS = 6
PER_SECOND = 5
SIGNALS = 1.3


@dataclass
class Outage:
    """What became of posts that fell due while Temporal was away. Times are seconds since the epoch."""

    texts: dict[str, str] = field(default_factory=dict)
    back_at: float = 0.0
    live_at: dict[str, list[float]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def after(self) -> list[float]:
        """Seconds from Temporal's return until each was live that was not live before."""
        return sorted(at - self.back_at for times in self.live_at.values() for at in times if at > self.back_at)

    @property
    def signals(self) -> float:
        """Signals per post."""
        return self.events["signaled"] / len(self.texts)

    @property
    def measured(self) -> dict[str, str]:
        return {
            "signals a post": f"{self.signals:.2f}",
            "workflow tasks that timed out, a post": f"{self.events['timed out'] / len(self.texts):.2f}",
            "first live after its return": f"{self.after[0]:.1f} s",
            "last": f"{self.after[-1]:.1f} s of {len(self.after)}",
            "p50": f"{rank(self.after, 0.5):.1f} s",
        }

    def failures(self, resumes: float, within: float) -> list[str]:
        """Every broken promise as text."""
        wrong = [f"{text} has {len(times)} posts" for text, times in self.live_at.items() if len(times) != 1]
        many = [f"{self.signals:.2f} signals a post"] if self.signals > SIGNALS else []
        late = [f"the first was live {self.after[0]:.1f} s after"] if self.after and self.after[0] > resumes else []
        slow = [f"the last was live {self.after[-1]:.1f} s after"] if self.after and self.after[-1] > within else []
        return wrong + many + late + slow


async def fall_due(world: World, temporal: TemporalDevServer, seconds: float, count: int) -> Outage:
    """Kill Temporal for `seconds`, in which `count` posts fall due: half were accepted before, half meanwhile."""
    seen, made = Outage(), count // 2
    begin = time.time() + 5 + made / 15
    dues = {f"falls due {n:04}": begin + seconds * n / made for n in range(made)}
    accepted = await world.brand.submit_all(dues)
    await asyncio.sleep(max(0.0, begin - time.time()))
    await asyncio.to_thread(temporal.kill)
    for n in range(count - made):
        text = f"created meanwhile {n:04}"
        accepted[text] = await world.brand.submit(text, scheduledAt=instant(time.time() + 1))
        await asyncio.sleep(max(0.0, begin + seconds * (n + 1) / (count - made) - time.time()))
    await asyncio.to_thread(temporal.start)
    seen.back_at = time.time()
    seen.texts = {text: str(content["id"]) for text, content in accepted.items()}
    return seen


async def end(world: World, seen: Outage, client: Client, within: float) -> None:
    """Wait until all have ended, then read the networks and the histories."""
    await world.brand.all_ended(within)
    posts = await posts_by_text(world.sandbox)
    seen.live_at = {text: [epoch(post["createdAt"]) for post in posts[text]] for text in seen.texts}
    for content_id in seen.texts.values():
        seen.events.update(await _events(client, content_id))


async def _events(client: Client, content_id: str) -> Mapping[str, int]:
    kinds: Counter[str] = Counter()
    async for event in client.get_workflow_handle(workflow_id(content_id)).fetch_history_events():
        kinds["signaled"] += event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
        kinds["timed out"] += event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
    return kinds


@two_sizes(timeout=1800)
async def test_each_post_is_woken_once_however_many_workers_run(
    tmp_path: Path, own_temporal: TemporalDevServer, postgres_url: str, large: bool
) -> None:
    # The small version runs beside other tests, and bounds a hang rather than a second.
    seconds, count, resumes, within = (60.0, 1000, 10.0, 60.0) if large else (15.0, 15 * PER_SECOND, 30.0, 120.0)
    settings = {"MUNADI_TEMPORAL__ADDRESS": own_temporal.address, "MUNADI_DATABASE_URL": postgres_url}
    async with AsyncExitStack() as running:
        world = await running.enter_async_context(open_plain(tmp_path, settings))
        await asyncio.gather(
            *(running.enter_async_context(world.stack.another_worker(f"worker{n}")) for n in range(WORKERS - 1))
        )
        seen = await fall_due(world, own_temporal, seconds, count)
        await end(world, seen, await own_temporal.connect(), 600)
    failures = seen.failures(resumes, within)
    proof = "Temporal killed for 60 s while 1 000 posts fall due, with six workers"
    prove("7", proof, trials=count, failures=failures, measured=seen.measured, large=large)
