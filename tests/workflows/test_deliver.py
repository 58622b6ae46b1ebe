"""Events are sent beside publishing: in order for each endpoint, and no endpoint delays a post or another endpoint."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus
from munadi.webhooks.batch import SENDS_AT_FIRST
from tests.support.waiting import wait_until
from tests.workflows.histories import commands
from tests.workflows.receiver import Receiver, deliveries_of, subscribe
from tests.workflows.world import World

S = PublicationStatus
LIVE, DEAD = "https://hooks.example/live", "https://hooks.example/dead"
EVENTS = [
    "content.accepted",
    "content.queued",
    "content.publish.started",
    "content.publish.succeeded",
    "content.completed",
]


@pytest.fixture
def receiver(real: World) -> Receiver:
    made = Receiver()
    made.serve(real)
    return made


async def test_each_endpoint_gets_all_events_in_order(real: World, receiver: Receiver) -> None:
    other = "https://hooks.example/other"
    for url in (LIVE, other):
        await subscribe(real, url)
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
        await wait_until(lambda: len(receiver.received) == 2 * len(EVENTS), within=60)
    assert receiver.types(LIVE) == receiver.types(other) == EVENTS
    rows = await deliveries_of(real, content_id)
    assert {(row.status, row.attempts) for row in rows} == {(DeliveryStatus.DELIVERED, 1)}
    sequences = [event["sequence"] for url, event in receiver.received if url == LIVE]
    assert sequences == [1, 2, 3, 4, 5]


async def test_events_are_announced_in_batches_and_cost_nothing_without_endpoints(
    real: World, receiver: Receiver
) -> None:
    lines = []
    async with real.worker():
        for _ in range(2):
            content_id = await real.submit(datetime.now(UTC))
            await real.wake(content_id, first=True)
            await real.result(content_id)
            lines.append(commands([await real.handle(content_id).fetch_history()]))
            await subscribe(real, LIVE)
    assert "local activity deliver" not in lines[0]
    # Five events in two or three rounds: the next round announces the events of the one before.
    assert 1 <= lines[1].count("local activity deliver") <= 2


async def test_an_endpoint_that_never_answers_delays_nothing(real: World, receiver: Receiver) -> None:
    receiver.dead = frozenset({DEAD})
    for url in (DEAD, LIVE):
        await subscribe(real, url)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    content_id = await real.submit(due)
    async with real.worker():
        await real.wake(content_id, first=True)
        async with asyncio.timeout(60):
            await receiver.dead_tried.wait()
        # The workflow ends and the other endpoint gets all events before the dead one has answered.
        assert await real.result(content_id) == "1/1 published"
        await wait_until(lambda: receiver.types(LIVE) == EVENTS, within=60)
        # One attempt at its first event; the later ones of the post wait for the answer.
        assert receiver.dead_tries == 1
        [row] = (await real.publications(content_id)).values()
        assert row.lateness_ms is not None
        assert row.lateness_ms >= 0
        receiver.release.set()
    dead = [row for row in await deliveries_of(real, content_id) if row.status == DeliveryStatus.PENDING]
    assert len(dead) == len(EVENTS)
    assert all(row.next_attempt_at is not None for row in dead)


async def test_a_dead_endpoint_gets_few_attempts_however_many_events_there_are(real: World, receiver: Receiver) -> None:
    receiver.broken = frozenset({DEAD})
    await subscribe(real, DEAD, types=EVENTS[:2])
    contents = [await real.submit(datetime.now(UTC)) for _ in range(20)]
    async with real.worker():
        for content_id in contents:
            await real.wake(content_id, first=True)
        for content_id in contents:
            assert await real.result(content_id) == "1/1 published"
    # 40 events: a first batch in parallel, then one probe after 5 s, 10 s, …
    assert 1 <= receiver.refused <= SENDS_AT_FIRST + 3
