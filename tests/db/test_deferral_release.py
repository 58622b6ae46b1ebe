"""Deferred webhook deliveries are sent as soon as there is room, in order, and the end of their wait is noted."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from munadi.db.webhooks import delivery_quota
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import DeliveryStatus, Ordering
from tests.db.deferring import NEXT_MONTH, events, hook, listed, send, set_limit, used
from tests.db.delivering import SOON
from tests.db.seeding import Seed
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


async def test_a_raised_limit_sends_the_oldest_at_once(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 1)
    await events(seed, 6)
    await send(store, endpoint)
    assert await quota.release(SOON) == 0
    await set_limit(seed, 3)
    assert await quota.release(SOON) == 2
    assert len(await send(store, endpoint)) == 2
    assert await quota.release(SOON) == 0
    arrived = [each.event_id for each in await listed(log, status=DeliveryStatus.DELIVERED)]
    assert sorted(arrived) == sorted(each.event_id for each in await listed(log))[:3]
    await set_limit(seed, None)
    assert await quota.release(SOON) == 3
    assert len(await send(store, endpoint)) == 3
    assert await used(seed) == 6


async def test_a_large_backlog_is_released_in_steps(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_quota, "CHUNK", 2)
    endpoint = await hook(seed)
    await set_limit(seed, 0)
    await events(seed, 5)
    assert await send(store, endpoint) == []
    await set_limit(seed, None)
    assert [await quota.release(SOON) for _ in range(4)] == [2, 2, 1, 0]
    # Nothing is open any more, so the next steps read one index and nothing else.
    with statements_of(seed.database) as statements:
        assert await quota.release(SOON) == 0
    assert {sql for sql in statements if sql.startswith("SELECT") and "delivery_deferrals" not in sql} == set()


async def test_what_is_deferred_while_the_brand_is_closed_opens_it_again(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota
) -> None:
    endpoint = await hook(seed)
    for limit in (0, 1):
        await set_limit(seed, limit)
        await events(seed, 2)
        await send(store, endpoint)
        await set_limit(seed, 100)
        while await quota.release(SOON):
            await send(store, endpoint)
    assert await used(seed) == 4


async def test_the_order_of_a_posts_events_survives_a_limit(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota
) -> None:
    account = await seed.account()
    endpoint = await seed.endpoint(brand_ref="acme", ordering=Ordering.CONTENT)
    await set_limit(seed, 1)
    await seed.content(account.id)
    await seed.content(account.id, hold=HoldReason.OUTAGE)
    sent = await send(store, endpoint)
    await set_limit(seed, None)
    while await quota.release(SOON):
        sent += await send(store, endpoint)
    by_post: dict[str, list[str]] = {}
    for each in sent:
        by_post.setdefault(each.content_id or "", []).append(each.event_id)
    assert len(sent) == 3
    assert all(ids == sorted(ids) for ids in by_post.values())


async def test_a_deleted_endpoint_leaves_nothing_deferred(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota, log: DeliveryLog
) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 0)
    await events(seed, 2)
    await send(store, endpoint)
    await seed.endpoints.delete(endpoint.id, SOON)
    assert {(each.status, each.deferred) for each in await listed(log)} == {(DeliveryStatus.CANCELED, None)}
    await set_limit(seed, None)
    assert await quota.release(SOON) == 0


async def test_an_enabled_endpoint_stays_within_the_limit(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    endpoint = await hook(seed)
    await set_limit(seed, 1)
    await events(seed, 3)
    await send(store, endpoint)
    for enabled in (False, True):
        await seed.endpoints.change(endpoint.id, {"enabled": enabled}, SOON)
    assert await send(store, endpoint) == []
    assert (await used(seed), len([each for each in await listed(log) if each.deferred])) == (1, 2)


async def test_a_new_month_keeps_the_order_in_which_deliveries_wait(
    seed: Seed, store: DeliveryStore, quota: DeliveryQuota, log: DeliveryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_quota, "CHUNK", 2)
    endpoint = await hook(seed)
    await set_limit(seed, 0)
    await events(seed, 4)
    await send(store, endpoint)
    await set_limit(seed, 100)
    later = NEXT_MONTH + timedelta(seconds=9)
    assert await quota.release(later) == 2
    assert {each.next_attempt_at for each in await listed(log)} == {NEXT_MONTH}
    assert len(await listed(log, deferred=True)) == 2
    sent = [each.event_id for each in await send(store, endpoint, at=later)]
    assert sent == sorted(sent)
    assert len(sent) == 4
