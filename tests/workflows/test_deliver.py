"""Events go out beside the story: in batches, in order for each endpoint, and never in the way of a post."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus
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


async def test_each_endpoint_hears_the_whole_story_in_order(real: World, postbox: Postbox) -> None:
    other = "https://hooks.example/other"
    for url in (LIVE, other):
        await subscribe(real, url)
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
    assert postbox.types(LIVE) == postbox.types(other) == STORY
    rows = await deliveries_of(real, content_id)
    assert {(row.status, row.attempts) for row in rows} == {(DeliveryStatus.DELIVERED, 1)}
    sequences = [event["sequence"] for url, event in postbox.received if url == LIVE]
    assert sequences == [1, 2, 3, 4, 5]


async def test_events_travel_in_batches_and_nobody_listening_costs_nothing(real: World, postbox: Postbox) -> None:
    lines = []
    async with real.worker():
        for _ in range(2):
            content_id = await real.submit(datetime.now(UTC))
            await real.wake(content_id, first=True)
            await real.result(content_id)
            lines.append(commands([await real.handle(content_id).fetch_history()]))
            await subscribe(real, LIVE)
    assert "activity deliver" not in lines[0]
    # Five events in two or three rounds: what arises during one goes with the next.
    assert 2 <= lines[1].count("activity deliver") <= 3


async def test_a_dead_endpoint_never_delays_the_post_or_the_other_endpoints(real: World, postbox: Postbox) -> None:
    postbox.dead = frozenset({DEAD})
    for url in (DEAD, LIVE):
        await subscribe(real, url)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    content_id = await real.submit(due)
    async with real.worker():
        await real.wake(content_id, first=True)
        async with asyncio.timeout(60):
            await postbox.tried_dead.wait()
            while (await real.content(content_id)).status != S.PUBLISHED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        # Live while the dead endpoint still has not answered the first event.
        assert not postbox.release.is_set()
        [row] = (await real.publications(content_id)).values()
        # How late is for the bench to say: a busy machine is late, but behind the dead endpoint it would never be live.
        assert row.lateness_ms is not None
        assert row.lateness_ms >= 0
        assert postbox.types(LIVE)[:2] == STORY[:2]
        postbox.release.set()
        assert await real.result(content_id) == "1/1 published"
    assert postbox.types(LIVE) == STORY
    dead = [row for row in await deliveries_of(real, content_id) if row.status == DeliveryStatus.PENDING]
    # One try at the first; the later ones wait for it, untried, and all are left to the relay.
    assert sorted(row.attempts for row in dead) in ([0, 0, 0, 0, 1], [0, 0, 0, 1, 1])
    assert all(row.next_attempt_at is not None for row in dead)


async def test_a_failed_one_holds_back_the_later_ones_to_the_same_endpoint(real: World, postbox: Postbox) -> None:
    await subscribe(real, LIVE, types=STORY[:2])
    postbox.failures = 1
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
    first, second = await deliveries_of(real, content_id)
    assert [(row.status, row.attempts) for row in (first, second)] == [("pending", 1), ("pending", 0)]
    assert postbox.received == []
