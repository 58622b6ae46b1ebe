"""The queue of an endpoint: one process at a time serves it, and a failing one gets probes."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.endpoint_queues import LEASE
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.event import EventType
from munadi.domain.webhook_schedule import BREAK_AFTER, FIRST_PROBE_WAIT
from tests.db.delivering import ME, OTHER, SOON, one, record, waiting
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import BROKEN, OK, Seed


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


async def test_one_process_at_a_time_serves_an_endpoint(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    key = due.endpoint_id
    assert await store.open(key, OTHER, SOON) is Access.NONE
    assert await waiting(store, SOON, OTHER) == []
    assert await waiting(store, SOON) == [key]
    assert await store.renew(key, ME, SOON + timedelta(seconds=3)) is Access.HOLDER
    dead_at = SOON + timedelta(seconds=3) + LEASE
    assert await waiting(store, dead_at - timedelta(seconds=1), OTHER) == []
    assert await waiting(store, dead_at, OTHER) == [key]
    assert await store.open(key, OTHER, dead_at) is Access.HOLDER
    assert await store.renew(key, ME, dead_at) is Access.NONE
    await store.close(OTHER)
    assert await store.open(key, ME, dead_at) is Access.HOLDER


async def test_a_failing_endpoint_gets_one_probe_at_a_time(seed: Seed, store: DeliveryStore) -> None:
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    account = await seed.account()
    for _ in range(BREAK_AFTER + 3):
        await seed.content(account.id)
    due = await store.take(endpoint.id, SOON, 10)
    assert await store.open(endpoint.id, ME, SOON) is Access.HOLDER
    # Eight failures at the same time count as one step beyond the threshold.
    failed = [Attempted(each.delivery_id, BROKEN, SOON) for each in due[: BREAK_AFTER + 1]]
    await store.record(endpoint.id, ME, failed, [], SOON)
    assert await waiting(store, SOON + FIRST_PROBE_WAIT - timedelta(seconds=1)) == []
    assert await store.take(endpoint.id, SOON, 10) == []
    probe_at = SOON + FIRST_PROBE_WAIT
    assert await waiting(store, probe_at) == [endpoint.id]
    [probe] = await store.take(endpoint.id, probe_at, 10)
    await record(store, probe, probe_at, BROKEN)
    assert await waiting(store, probe_at + FIRST_PROBE_WAIT * 2 - timedelta(seconds=1)) == []
    again_at = probe_at + FIRST_PROBE_WAIT * 2
    [probe] = await store.take(endpoint.id, again_at, 10)
    await record(store, probe, again_at, OK)
    assert len(await store.take(endpoint.id, again_at, 10)) == len(due) - 1


async def test_a_requested_pause_is_respected(seed: Seed, store: DeliveryStore) -> None:
    busy = SendResult(
        ok=False, status_code=429, duration_ms=3, error="HTTP_STATUS: 429", retry_after=timedelta(hours=1)
    )
    due = await one(store, seed)
    await seed.content((await seed.account()).id)
    await record(store, due, SOON, busy)
    assert await waiting(store, SOON + timedelta(minutes=59)) == []
    assert await waiting(store, SOON + timedelta(hours=1)) == [due.endpoint_id]


@pytest.mark.parametrize("change", [{"url": "https://hooks.example/other"}, {"enabled": True}])
async def test_a_changed_endpoint_does_not_wait_for_the_breaker(
    seed: Seed, store: DeliveryStore, change: dict[str, object]
) -> None:
    due = await one(store, seed)
    await record(store, due, SOON, *[BROKEN] * BREAK_AFTER)
    await seed.content((await seed.account()).id, now=SOON)
    assert await waiting(store, SOON) == []
    if "enabled" in change:
        await seed.endpoints.change(due.endpoint_id, {"enabled": False}, SOON)
    await seed.endpoints.change(due.endpoint_id, dict(change), SOON)
    assert await waiting(store, SOON) == [due.endpoint_id]


@on_sqlite
@pytest.mark.parametrize("condition", ["replayed IS 0", "replayed IS 1"])
async def test_taking_due_deliveries_reads_only_pending_ones(seed: Seed, store: DeliveryStore, condition: str) -> None:
    """Past deliveries of an endpoint are not read again."""
    due = await one(store, seed)
    # By the lengths of the rows, which are read first.
    plan = await plan_of(seed.database, store.take(due.endpoint_id, SOON, 10), condition)
    [read] = [step for step in plan if " deliveries " in f"{step} "]
    assert "USING INDEX deliveries_waiting" in read
