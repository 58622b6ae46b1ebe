"""What `make bench` measures, each in one function over a running stack and the bare engine on the same server."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psutil
from temporalio.api.enums.v1 import EventType as E
from temporalio.client import Client, WorkflowHistory

from tests.bench.bare import QUEUE, TimerAndThree
from tests.e2e.brand import Brand
from tests.faults.plain import create_all, posts_by_text

CLIENTS = 8
# Channels that need no preparation for a text.
PLAIN = ("bluesky", "facebook")
THREE = ("bluesky", "facebook", "threads")
# What Temporal Cloud bills as an action, as far as it occurs here: starts, timers, activities, signals, upserts.
ACTIONS = (
    E.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    E.EVENT_TYPE_TIMER_STARTED,
    E.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    E.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    E.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
)


@dataclass(frozen=True)
class Spread:
    """A distribution in milliseconds."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], ordered[-1])

    def __str__(self) -> str:
        return f"p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms, max {self.most:.0f} ms"


async def rate(count: int, call: Callable[[int], Awaitable[Any]]) -> float:
    """Calls per second, by eight clients at once."""
    waiting = iter(range(count))

    async def client() -> None:
        for number in waiting:
            await call(number)

    began = time.monotonic()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return count / (time.monotonic() - began)


async def accepted(brand: Brand, bare: Client, count: int) -> tuple[float, float]:
    """Contents accepted per second, and bare workflow starts per second."""
    later = time.time() + 36_000
    ours = await rate(count, lambda number: brand.submit(f"accept {number}", seconds=36_000))
    theirs = await rate(count, lambda number: start_bare(bare, later))
    return ours, theirs


async def start_bare(bare: Client, due: float) -> Any:
    """One workflow of the bare engine; it is never waited for unless its handle is."""
    return await bare.start_workflow(TimerAndThree.run, due, id=f"bare-{uuid4().hex}", task_queue=QUEUE)


async def published(brand: Brand, bare: Client, count: int, lead: float) -> tuple[float, float]:
    """Contents of three channels published per second after their common due time, and bare workflows finished."""
    at = datetime.now(UTC) + timedelta(seconds=lead)
    due = {"scheduledAt": at.isoformat(), "channels": list(THREE)}
    made = [await brand.submit(f"published {number} {uuid4().hex}", **due) for number in range(count)]
    assert datetime.now(UTC) < at, "the lead is too short for this machine"
    ended = [await brand.ended(content["id"], 180) for content in made]
    assert {content["status"] for content in ended} == {"published"}
    last = max(datetime.fromisoformat(p["publishedAt"]) for content in ended for p in content["publications"])
    begin = time.time() + lead
    handles = [await start_bare(bare, begin) for _ in range(count)]
    assert time.time() < begin, "the lead is too short for this machine"
    await asyncio.gather(*(handle.result() for handle in handles))
    return count / (last - at).total_seconds(), count / (time.time() - begin)


async def lateness(brand: Brand, count: int, spacing: float, lead: float) -> Spread:
    """Due time to visible call by the network's own clock; none may be early, missing or doubled."""
    mark = uuid4().hex[:8]
    begin = (datetime.now(UTC) + timedelta(seconds=lead)).replace(microsecond=0)
    dues = {f"late {mark} {n}.": (begin + timedelta(seconds=n * spacing)).timestamp() for n in range(count)}
    made = await create_all(brand, dues)
    assert spacing or datetime.now(UTC) < begin, "the lead is too short for this machine"
    for content in made.values():
        assert (await brand.ended(content["id"], 180))["status"] == "published"
    shown = await posts_by_text(brand.sandbox)
    assert {len(shown[text]) for text in dues} == {1}
    seen = {text: datetime.fromisoformat(shown[text][0]["createdAt"]).timestamp() for text in dues}
    late = [round((seen[text] - due) * 1000) for text, due in dues.items()]  # both told in whole milliseconds
    assert min(late) >= 0, f"early by {-min(late)} ms"
    return Spread.of(late)


async def cost(brand: Brand, bare: Client, channels: Sequence[str]) -> tuple[int, int]:
    """Temporal actions and history events of one content that is due in a moment."""
    content = await brand.submit(f"cost {uuid4().hex}", seconds=2, channels=list(channels))
    assert (await brand.ended(content["id"], 60))["status"] == "published"
    await bare.get_workflow_handle(f"content/{content['id']}").result()
    history: WorkflowHistory = await bare.get_workflow_handle(f"content/{content['id']}").fetch_history()
    return sum(event.event_type in ACTIONS for event in history.events), len(history.events)


@dataclass(frozen=True)
class Waiting:
    """What a worker costs while contents only wait."""

    count: int
    grown_mb: float
    idle_cpu: float  # share of one core


async def quiet(process: psutil.Process, within: float = 180) -> None:
    """Wait until a process has worked off what it was given: less than a tenth of a core for two seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(2)
        if sum(process.cpu_times()[:2]) - before < 0.2:
            return
    raise AssertionError(f"still busy after {within:.0f} s")


async def waiting(brand: Brand, worker_pid: int, count: int, seconds: float = 20) -> Waiting:
    """Submit `count` contents for tomorrow and look at the worker before and after."""
    worker = psutil.Process(worker_pid)
    before = worker.memory_info().rss
    await rate(count, lambda number: brand.submit(f"wait {number}", seconds=86_400))
    await quiet(worker)
    began = sum(worker.cpu_times()[:2])
    await asyncio.sleep(seconds)
    busy = sum(worker.cpu_times()[:2]) - began
    return Waiting(count, (worker.memory_info().rss - before) / 1e6, busy / seconds)
