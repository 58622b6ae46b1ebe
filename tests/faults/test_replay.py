"""A large replay to one endpoint delays the fresh events of another by less than a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from munadi.db.ids import new_id
from munadi.domain.ids import Prefix
from tests.faults.evidence import prove, two_sizes
from tests.harness.inbox import Inbox, subscribe
from tests.harness.times import instant, p95
from tests.harness.web import Call, serving
from tests.harness.world import LATER, World, open_plain

MOST_DELAY = 1.0
FRESH = 15
_COLUMNS = "id, type, brand_ref, status, data, created_at"


def store_past_events(world: World, count: int) -> None:
    """Insert events of the last hour that no endpoint has: no API can make so many in a test."""
    start = datetime.now(UTC) - timedelta(hours=1)
    data = json.dumps({"account": {"id": "acc_past"}, "padding": "x" * 500})
    rows = [
        (new_id(Prefix.EVENT), "account.expiring", world.brand.ref, "expiring", data, _text(start, number))
        for number in range(count)
    ]
    with world.database() as database:
        database.executemany(f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.close()


def _text(start: datetime, number: int) -> str:
    return (start + timedelta(milliseconds=number)).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


@asynccontextmanager
async def deleted_inbox(world: World) -> AsyncIterator[tuple[dict[str, Any], set[str]]]:
    """An endpoint whose owner has lost everything; the ids of the events that it gets from now on."""
    arrived: set[str] = set()

    async def answer(call: Call) -> None:
        arrived.add(call.headers["webhook-id"])
        await call.head(204)

    async with serving(answer) as url:
        yield await subscribe(world.api, url, types=["account.expiring"]), arrived


async def fresh_delays(world: World, inbox: Inbox) -> list[float]:
    """Seconds from each of some new events to its arrival."""
    begin, before = time.time(), len(inbox.events)
    for number in range(FRESH):
        await world.prepare("bluesky", f"fresh {begin} {number}")
        await asyncio.sleep(0.2)
    async with asyncio.timeout(60):
        while len(inbox.events) < before + FRESH:  # noqa: ASYNC110 - a server's list
            await asyncio.sleep(0.05)
    return inbox.delays_since(begin)


@two_sizes(timeout=600)
async def test_a_replay_delays_no_fresh_event_of_others(tmp_path: Path, large: bool) -> None:
    count = 10_000 if large else 1_000
    async with open_plain(tmp_path) as world:
        since = instant(time.time() - LATER)
        await asyncio.to_thread(store_past_events, world, count)
        async with Inbox().listening(world.api, types=["content.accepted"]) as inbox, deleted_inbox(world) as lost:
            endpoint, arrived = lost
            alone = p95(await fresh_delays(world, inbox))
            path = f"/v1/webhooks/endpoints/{endpoint['id']}/replay"
            answer = await world.api.post(path, json={"since": since}, timeout=120)
            assert (answer.status_code, answer.json()["replayed"]) == (202, count), answer.text
            left = count - len(arrived)
            beside = p95(await fresh_delays(world, inbox))
            async with asyncio.timeout(60 + count / 50):
                while len(arrived) < count:  # noqa: ASYNC110 - a server's set
                    await asyncio.sleep(0.2)
    failures = list(inbox.failures)
    if beside > alone + MOST_DELAY:
        failures.append(f"fresh events were {beside:.2f} s late beside the replay, {alone:.2f} s without it")
    measured = {"alone p95": f"{alone:.2f} s", "beside p95": f"{beside:.2f} s", "left when it began": str(left)}
    proof = f"a replay of {count} events beside fresh ones"
    prove("18", proof, trials=count, failures=failures, measured=measured, large=large)
    assert left > 0
