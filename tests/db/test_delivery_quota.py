"""A brand's limit on webhook deliveries: what is over it waits, nothing else does, and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from random import Random

import pytest

from munadi.db.webhooks import delivery_quota
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import Attempted
from munadi.domain.usage import Limit, Month
from munadi.domain.webhook import Deferral, DeliveryStatus
from munadi.domain.webhook_schedule import BREAK_AFTER
from tests.db.deferring import NEXT_MONTH, events, hook, listed, rival, send, set_limit, used
from tests.db.delivering import ME, SOON, seen
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import BROKEN, OK, Seed
from tests.support.costs import count
from tests.support.statements import statements_of


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


@pytest.fixture
def quota(seed: Seed) -> DeliveryQuota:
    return DeliveryQuota(seed.database)


@pytest.fixture
def log(seed: Seed) -> DeliveryLog:
    return DeliveryLog(seed.database)


async def test_what_is_over_the_limit_waits_for_the_next_month(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 3)
    await events(seed, 5)
    assert len(await send(store, endpoint)) == 3
    assert (await used(seed), await store.waiting(SOON, ME)) == (3, [])
    over = await listed(log, deferred=True)
    assert over == [each for each in await listed(log) if each.status is DeliveryStatus.PENDING]
    assert [(each.deferred, each.next_attempt_at, each.attempts) for each in over] == [
        (Deferral(limit=Limit.WEBHOOK_DELIVERIES_PER_MONTH, brand_ref="acme"), NEXT_MONTH, 0)
    ] * 2
    assert await send(store, endpoint, at=NEXT_MONTH - timedelta(microseconds=1)) == []
    assert len(await send(store, endpoint, at=NEXT_MONTH)) == 2
    assert (await used(seed), await used(seed, Month.of(NEXT_MONTH))) == (3, 2)
    assert {(each.status, each.deferred) for each in await listed(log)} == {(DeliveryStatus.DELIVERED, None)}


async def test_the_oldest_events_come_first(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 2)
    await events(seed, 4)
    sent = [each.event_id for each in await send(store, endpoint)]
    assert sent == sorted(each.event_id for each in await listed(log))[:2]


async def test_endpoints_that_are_served_at_the_same_time_share_one_exact_limit(
    seed: Seed, store: DeliveryStore
) -> None:
    endpoints = [await hook(seed) for _ in range(4)]
    await set_limit(seed, 10)
    await events(seed, 8)
    sent = await asyncio.gather(*(send(store, endpoint) for endpoint in endpoints))
    assert (sum(map(len, sent)), await used(seed)) == (10, 10)


async def test_a_retry_is_never_deferred_and_not_counted_again(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 1)
    await events(seed, 1)
    [due] = await send(store, endpoint, BROKEN)
    retry_at = (await seen(log, due.delivery_id)).next_attempt_at
    assert retry_at is not None
    assert retry_at < NEXT_MONTH
    [again] = await send(store, endpoint, at=retry_at)
    assert (again.delivery_id, await used(seed)) == (due.delivery_id, 1)


async def test_what_was_attempted_before_there_was_a_limit_is_never_deferred(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await events(seed, 2)
    [first, _] = await send(store, endpoint)
    await set_limit(seed, 0)
    async with seed.database.write() as session:
        await log.redeliver(session, first.delivery_id, SOON)
    assert [each.delivery_id for each in await send(store, endpoint)] == [first.delivery_id]
    assert await used(seed) == 2


async def test_what_was_counted_and_not_sent_is_sent_and_counted_once(seed: Seed, store: DeliveryStore) -> None:
    """A worker that dies between the count and the request."""
    endpoint = await hook(seed)
    await set_limit(seed, 2)
    await events(seed, 3)
    taken = await store.take(endpoint.id, SOON, 100)
    again = await send(store, endpoint)
    assert [each.delivery_id for each in again] == [each.delivery_id for each in taken]
    assert (len(again), await used(seed)) == (2, 2)


async def test_a_full_brand_never_holds_back_another(seed: Seed, store: DeliveryStore) -> None:
    await rival(seed)
    endpoint = await hook(seed, None)
    await set_limit(seed, 1)
    await events(seed, 150)  # more than one batch
    await events(seed, 2, "rival")
    assert [len(await send(store, endpoint)) for _ in range(3)] == [1, 2, 0]
    assert (await used(seed), await used(seed, brand_ref="rival")) == (1, 2)


async def test_a_failing_endpoint_is_still_probed_behind_what_is_deferred(
    seed: Seed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_quota, "CHUNK", 2)
    await rival(seed)
    endpoint = await hook(seed, None)
    assert await store.open(endpoint.id, ME, SOON) is Access.HOLDER
    await events(seed, BREAK_AFTER, "rival")
    await send(store, endpoint, BROKEN)
    await set_limit(seed, 0)
    await events(seed, 5)
    await events(seed, 1, "rival")
    probe_at = SOON + timedelta(minutes=10)
    assert len(await store.take(endpoint.id, probe_at, 100)) == 1


async def test_a_limit_that_is_reached_is_logged_once_per_brand_and_month(
    seed: Seed, store: DeliveryStore, caplog: pytest.LogCaptureFixture
) -> None:
    await rival(seed)
    endpoint = await hook(seed, None)
    for brand_ref in ("acme", "rival"):
        await set_limit(seed, 0, brand_ref)
    caplog.set_level(logging.WARNING, "munadi.deliveries")
    for at in (SOON, SOON, NEXT_MONTH):
        for brand_ref in ("acme", "rival"):
            await events(seed, 2, brand_ref)
            await send(store, endpoint, at=at)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4
    assert sum("'acme'" in text and "2026-12 (UTC)" in text and "2027-01-01T00:00:00" in text for text in said) == 1
    assert all("raise webhookDeliveriesPerMonth" in text for text in said)


@pytest.mark.parametrize(("limit", "most"), [(None, 0), (1000, 5)])
async def test_only_a_limit_costs_statements_and_a_few_for_a_batch(
    seed: Seed, store: DeliveryStore, limit: int | None, most: int
) -> None:
    endpoint = await hook(seed)
    await events(seed, 20)
    with statements_of(seed.database) as unlimited:
        assert len(await store.take(endpoint.id, SOON, 100)) == 20
    await set_limit(seed, limit)
    with statements_of(seed.database) as statements:
        assert len(await store.take(endpoint.id, SOON, 100)) == 20
    before, now = (sum(count(each)) for each in (unlimited, statements))
    assert now <= before + most
    assert (now > before) is (limit is not None)


async def test_a_limit_that_is_set_while_a_request_is_under_way_defers_only_what_is_not_sent(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await events(seed, 2)
    sent = await store.take(endpoint.id, SOON, 1)
    await set_limit(seed, 0)
    assert await store.take(endpoint.id, SOON, 100) == []
    await store.record(endpoint.id, ME, [Attempted(sent[0].delivery_id, OK, SOON)], [], SOON)
    found = await seen(log, sent[0].delivery_id)
    assert (found.status, found.deferred, await used(seed)) == (DeliveryStatus.DELIVERED, None, 1)


@on_sqlite
async def test_deferred_deliveries_are_found_by_their_index(seed: Seed, log: DeliveryLog) -> None:
    plan = await plan_of(seed.database, listed(log, deferred=True), "deferred_for IS NOT NULL")
    assert any("deliveries_deferred" in step for step in plan), plan
    assert not any(step.startswith("SCAN deliveries") and "deferred" not in step for step in plan), plan
