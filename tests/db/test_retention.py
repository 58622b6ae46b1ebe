"""Old events, deliveries and responses are removed in small steps, and a cursor never skips what was removed."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from munadi.db.events import retention
from munadi.db.events.log import events_after, number_events
from munadi.db.events.retention import first_position, forget_old_bodies, forget_old_deliveries, forget_old_events
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryStatus
from tests.db.delivering import SOON, record, seen
from tests.db.seeding import BROKEN, OK, START, Seed

DAYS = timedelta(days=1)
KEPT = 10 * DAYS


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)


@pytest.fixture
def log(seed: Seed) -> DeliveryLog:
    return DeliveryLog(seed.database)


async def positions(seed: Seed) -> list[int | None]:
    async with seed.database.read() as session:
        return [row.position for row in (await events_after(session, 0, limit=100))[0]]


async def start_of_log(seed: Seed) -> int:
    async with seed.database.read() as session:
        return await first_position(session)


async def test_events_are_removed_from_the_start_of_the_log_with_their_deliveries(seed: Seed, log: DeliveryLog) -> None:
    account = await seed.account()
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    for days in (0, 0, 0, 5, 6):
        await seed.content(account.id, now=START + days * DAYS)
        await number_events(seed.database)
    assert await start_of_log(seed) == 1
    assert await forget_old_events(seed.database, START + KEPT + DAYS, KEPT) == 4  # with the account's
    assert (await positions(seed), await start_of_log(seed)) == ([5, 6], 5)
    listed, _ = await log.list(DeliveryFilter(endpoint_id=endpoint.id), limit=10, before=None)
    assert {each.created_at for each in listed} == {START + 5 * DAYS, START + 6 * DAYS}


async def test_numbers_continue_after_everything_was_old(seed: Seed) -> None:
    account = await seed.account()
    await seed.content(account.id)
    await number_events(seed.database)
    await forget_old_events(seed.database, START + 10 * KEPT, KEPT)
    await seed.content(account.id, now=START + 10 * KEPT)
    await number_events(seed.database)
    assert await positions(seed) == [2, 3]


async def test_deliveries_are_removed_whatever_their_status_unless_they_changed(seed: Seed, log: DeliveryLog) -> None:
    account = await seed.account()
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED], enabled=False)
    store = DeliveryStore(seed.database, seed.keyring, Random(7))
    for _ in range(5):
        await seed.content(account.id)
    await seed.endpoints.change(endpoint.id, {"enabled": True}, SOON)
    first, second, *_ = await store.take(endpoint.id, SOON, 10)
    await record(store, first, SOON, OK)
    await record(store, second, START + KEPT, BROKEN)
    assert await forget_old_deliveries(seed.database, START + KEPT + DAYS, KEPT) == 4
    [left], _ = await log.list(DeliveryFilter(), limit=10, before=None)
    assert (left.id, left.status) == (second.delivery_id, DeliveryStatus.PENDING)
    assert len(await seed.events(EventType.CONTENT_ACCEPTED)) == 5


async def test_requests_and_responses_are_removed_and_attempts_stay(seed: Seed, log: DeliveryLog) -> None:
    account = await seed.account()
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    store = DeliveryStore(seed.database, seed.keyring, Random(7))
    for _ in range(3):
        await seed.content(account.id)
    due = await store.take(endpoint.id, SOON, 10)
    for each, at in zip(due, (SOON, SOON, SOON + 5 * DAYS), strict=True):
        await record(store, each, at, BROKEN)
    assert await forget_old_bodies(seed.database, SOON + KEPT + DAYS, KEPT) == 2
    assert await forget_old_bodies(seed.database, SOON + KEPT + DAYS, KEPT) == 0
    heads = [[attempt.response_head for attempt in (await seen(log, each.delivery_id)).attempt_log] for each in due]
    assert heads == [[""], [""], ["oh\ufffdno"]]
