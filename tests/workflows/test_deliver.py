"""Events are sent beside publishing: in order for each endpoint, and no endpoint delays a post or another endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus
from munadi.webhooks.batch import SENDS_AT_FIRST
from tests.workflows.histories import commands
from tests.workflows.postbox import Postbox, deliveries_of, subscribe
from tests.workflows.world import World

S = PublicationStatus
LIVE, DEAD = "https://hooks.example/live", "https://hooks.example/dead"
STORY = [
    "content.accepted",
    "content.queued",
    "content.publish.started",
    "content.publish.succeeded",
    "content.completed",
]


@pytest.fixture
def postbox(real: World) -> Postbox:
    made = Postbox()
    made.serve(real)
    return made


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_each_endpoint_gets_all_events_in_order(real: World, postbox: Postbox) -> None:
    other = "https://hooks.example/other"
    for url in (LIVE, other):
        await subscribe(real, url)
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
        await until(lambda: len(postbox.received) == 2 * len(STORY))
    assert postbox.types(LIVE) == postbox.types(other) == STORY
    rows = await deliveries_of(real, content_id)
    assert {(row.status, row.attempts) for row in rows} == {(DeliveryStatus.DELIVERED, 1)}
    sequences = [event["sequence"] for url, event in postbox.received if url == LIVE]
    assert sequences == [1, 2, 3, 4, 5]


async def test_events_are_announced_in_batches_and_cost_nothing_without_endpoints(
    real: World, postbox: Postbox
) -> None:
    lines = []
    async with real.worker():
        for _ in range(2):
            content_id = await real.submit(datetime.now(UTC))
            await real.wake(content_id, first=True)
            await real.result(content_id)
            lines.append(commands([await real.handle(content_id).fetch_history()]))
            await subscribe(real, LIVE)
    assert "activity deliver" not in lines[0]
    # Five events in two or three rounds: the events of one round go with the next.
    assert 1 <= lines[1].count("activity deliver") <= 2


async def test_an_endpoint_that_never_answers_delays_nothing(real: World, postbox: Postbox) -> None:
    postbox.dead = frozenset({DEAD})
    for url in (DEAD, LIVE):
        await subscribe(real, url)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    content_id = await real.submit(due)
    async with real.worker():
        await real.wake(content_id, first=True)
        async with asyncio.timeout(60):
            await postbox.tried_dead.wait()
        # The workflow ends and the other endpoint gets everything, while the dead one still has not answered once.
        assert await real.result(content_id) == "1/1 published"
        await until(lambda: postbox.types(LIVE) == STORY)
        # One attempt at its first event; the later ones of the post wait for the answer.
        assert postbox.dead_tries == 1
        [row] = (await real.publications(content_id)).values()
        assert row.lateness_ms is not None
        assert row.lateness_ms >= 0
        postbox.release.set()
    dead = [row for row in await deliveries_of(real, content_id) if row.status == DeliveryStatus.PENDING]
    assert len(dead) == len(STORY)
    assert all(row.next_attempt_at is not None for row in dead)


async def test_a_dead_endpoint_gets_few_attempts_however_many_events_there_are(real: World, postbox: Postbox) -> None:
    postbox.broken = frozenset({DEAD})
    await subscribe(real, DEAD, types=STORY[:2])
    contents = [await real.submit(datetime.now(UTC)) for _ in range(20)]
    async with real.worker():
        for content_id in contents:
            await real.wake(content_id, first=True)
        for content_id in contents:
            assert await real.result(content_id) == "1/1 published"
    # 40 events: a first batch side by side, then one probe after 5 s, 10 s, …
    assert 1 <= postbox.refused <= SENDS_AT_FIRST + 3
