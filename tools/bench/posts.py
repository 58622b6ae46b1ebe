"""Creates posts over the API, waits until their workflows end, and compares the networks' lists with what was due."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client

from tests.harness.brand import Brand
from tests.harness.times import epoch, instant
from tools.bench.load import Connection, Load, run_load
from tools.bench.system import System

CLIENTS = 8
POST_WORKFLOW = "PublishContent"
# Posts of a burst may take twice as long to be accepted as those that prepare() measures, and have to be scheduled.
PREPARED_SHARE = 0.5
LATER = 36_000.0


@dataclass(frozen=True)
class Created:
    """Accepted posts: how long it took, the due time of each text (seconds since the epoch), and the workflows' ids."""

    load: Load
    dues: Mapping[str, float]
    channels: Sequence[Any]
    workflows: Sequence[str]


def lead(system: System, count: int) -> float:
    """Seconds that creating this many posts may take before they are due."""
    return 3.0 + count / system.prepared_per_second


def due_in(seconds: float) -> float:
    """A due time in whole milliseconds, as it is sent."""
    return round(time.time() + seconds, 3)


async def create(
    system: System, brand: str, dues: Mapping[str, float], channels: Sequence[Any], clients: int = CLIENTS
) -> Created:
    """Create a post per text over the API. Fails if one is not accepted."""
    texts = list(dues)
    workflows: list[str] = []

    async def call(connection: Connection, number: int) -> None:
        text = texts[number]
        body = {"brandRef": brand, "text": text, "channels": channels, "scheduledAt": instant(dues[text])}
        status, answer = await connection.request("POST", "/v1/contents", body)
        assert status == 202, f"{status}: {answer.decode()}"
        workflows.append(json.loads(answer)["workflowId"])

    load = await run_load(system.url, system.key, len(texts), clients, call)
    return Created(load, dues, channels, workflows)


async def create_due_together(
    system: System, brand: str, name: str, count: int, channels: Sequence[Any], seconds: float | None = None
) -> Created:
    """Create posts that are all due at the same moment, and return when that moment is near."""
    due = due_in(lead(system, count) if seconds is None else seconds)
    created = await create(system, brand, {f"{name} {number}": due for number in range(count)}, channels)
    assert time.time() < due - 0.2, f"{count} posts were not accepted before they were due"
    await asyncio.sleep(due - 0.2 - time.time())
    return created


async def prepare(system: System, brand: Brand, channels: Sequence[Any]) -> None:
    """Warm every process up with a few published posts, and measure how much time a burst has to be given."""
    count = system.bench.count(30)
    made = await create_due_together(system, brand.ref, "warm", count, channels)
    await closed(system.temporal, POST_WORKFLOW, made.workflows, 60)
    await published(system, brand, made)
    system.prepared_per_second = min(60.0, max(10.0, made.load.rate * PREPARED_SHARE))


async def closed(temporal: Client, kind: str, workflows: Collection[str], within: float) -> dict[str, float]:
    """When each of these workflows ended (seconds since the epoch), once no workflow of their kind is open.

    The Temporal server says so, for Munadi's workflows and for the bare engine's alike. Counting costs the server
    little, so that waiting changes little of what is measured.
    """
    deadline = time.monotonic() + within
    while (await temporal.count_workflows(f"WorkflowType = '{kind}' AND ExecutionStatus = 'Running'")).count:
        assert time.monotonic() < deadline, f"workflows of {kind} are still open after {within:.0f} s"
        await asyncio.sleep(0.3)
    wanted = set(workflows)
    while True:
        found = {
            run.id: run.close_time.timestamp()
            async for run in temporal.list_workflows(f"WorkflowType = '{kind}'")
            if run.id in wanted and run.close_time
        }
        if wanted <= found.keys():
            return found
        missing = wanted - found.keys()
        assert time.monotonic() < deadline, (
            f"{len(missing)} of {len(wanted)} workflows did not end: {sorted(missing)[:3]}"
        )
        await asyncio.sleep(0.3)


async def published(system: System, brand: Brand | None, created: Created) -> dict[str, float]:
    """Compare the networks' own lists with what was due, once all is ended; seconds late by text, on the last channel.

    A post that a network does not show is lost, a second one doubled, one before its time early. With `brand`, the
    API must report each as published too.
    """
    tally = system.bench.tally
    tally.posts += len(created.dues)
    late: dict[str, float] = {}
    for channel in {_name(channel) for channel in created.channels}:
        shown = await _shown(system, channel)
        for text, due in created.dues.items():
            times = shown[text]
            wanted = sum(_name(one) == channel for one in created.channels)
            if len(times) < wanted:
                tally.lost.append(f"{channel}: {text}")
            if len(times) > wanted:
                tally.doubled.append(f"{channel}: {text}")
            if times and min(times) < due:
                tally.early.append(f"{channel}: {text} by {due - min(times):.3f} s")
            if times:
                late[text] = max(late.get(text, 0.0), max(times) - due)
    ended = await brand.all_ended(60) if brand else {}
    wrong = [one["id"] for one in ended.values() if one["text"] in created.dues and one["status"] != "published"]
    tally.lost += [f"{one} is not published" for one in wrong]
    return late


async def told_apart(brand: Brand, late: Mapping[str, float]) -> float:
    """The largest difference between a post's lateness by its network's clock, in seconds, and the API's `latenessMs`;
    in milliseconds. For posts of one channel."""
    ended = await brand.all_ended(60)
    told = {one["text"]: one["publications"][0]["latenessMs"] for one in ended.values() if one["text"] in late}
    assert told.keys() == late.keys()
    return float(max(abs(1000 * late[text] - said) for text, said in told.items()))


def _name(channel: Any) -> str:
    return str(channel if isinstance(channel, str) else channel["channel"])


async def _shown(system: System, channel: str) -> dict[str, list[float]]:
    """When the network received each post, in seconds since the epoch, by text."""
    listed = await system.sandbox.get("/control/posts", params={"channel": channel}, timeout=60)
    listed.raise_for_status()
    found: dict[str, list[float]] = defaultdict(list)
    for post in listed.json():
        found[post["text"]].append(round(epoch(post["createdAt"]), 3))
    return found
