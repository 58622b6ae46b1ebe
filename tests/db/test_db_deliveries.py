"""Deliveries: leased while somebody sends them, tried by the schedule, kept through an endpoint's bad days."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from random import Random

import pytest

from munadi.db.deliveries import LEASE, DeliveryStore
from munadi.db.delivery_log import DeliveryFilter, DeliveryLog
from munadi.db.notices import event_body
from munadi.domain.event import EventType
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import DeliveryStatus, DeliveryView, DisabledReason
from munadi.ports import DueDelivery
from munadi.webhooks.schedule import JITTER, MAX_ATTEMPTS, RETRY_DELAYS
from tests.db.seeding import BROKEN, GONE, OK, START, Seed

SOON = START + timedelta(seconds=1)
FIELDS = {
    "id", "type", "timestamp", "sequence", "brandRef", "contentId", "publicationId", "sns", "status", "reason", "data",
}  # fmt: skip


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


@pytest.fixture
def log(seed: Seed) -> DeliveryLog:
    return DeliveryLog(seed.database)


async def one(store: DeliveryStore, seed: Seed) -> DueDelivery:
    """A content with one event and one endpoint: its delivery, taken."""
    await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    content_id = await seed.content((await seed.account()).id)
    [due] = await store.take_first(content_id, SOON)
    return due


async def seen(log: DeliveryLog, delivery_id: str) -> DeliveryView:
    found = await log.find(delivery_id)
    assert found is not None
    return found[0]


async def fail_at(store: DeliveryStore, delivery_id: str, at: datetime) -> timedelta | None:
    taken = await store.take(delivery_id, at)
    assert isinstance(taken, DueDelivery)
    return await store.record(delivery_id, BROKEN, at)


async def test_the_body_is_the_event_with_every_field(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    body = json.loads(due.body)
    assert set(body) == FIELDS
    assert body["timestamp"].endswith("Z")
    assert (body["type"], body["sequence"], body["brandRef"], body["sns"]) == ("content.accepted", 1, "acme", None)
    assert body["data"]["content"]["brandRef"] == "acme"
    [event] = await seed.events(EventType.CONTENT_ACCEPTED)
    assert event_body(event) == due.body


async def test_account_events_are_due_at_once_and_carry_no_content(seed: Seed, store: DeliveryStore) -> None:
    await seed.endpoint()
    await seed.account()
    [delivery_id] = await store.due(START, 10)
    due = await store.take(delivery_id, START)
    assert isinstance(due, DueDelivery)
    body = json.loads(due.body)
    assert set(body) == FIELDS
    assert (body["type"], body["contentId"], body["sequence"]) == ("account.connected", None, None)
    assert b"refresh-first" not in due.body


async def test_first_tries_come_in_order_and_under_a_lease(seed: Seed, store: DeliveryStore) -> None:
    account = await seed.account()
    endpoints = [await seed.endpoint(), await seed.endpoint(), await seed.endpoint(enabled=False)]
    content_id = await seed.content(account.id, hold=HoldReason.TOKEN)
    batches = await asyncio.gather(*(store.take_first(content_id, SOON) for _ in range(3)))
    taken = [due for batch in batches for due in batch]
    assert len(taken) == len({due.delivery_id for due in taken}) == 4
    assert {due.endpoint_id for due in taken} == {endpoint.id for endpoint in endpoints[:2]}
    for batch in batches:
        order = [(due.endpoint_id, json.loads(due.body)["sequence"]) for due in batch]
        assert order == sorted(order)
    assert {due.secrets for due in taken} == {(endpoint.secret,) for endpoint in endpoints[:2]}
    assert await store.due(SOON + LEASE - timedelta(seconds=1), 10) == []
    assert len(await store.due(SOON + LEASE, 10)) == 4


async def test_a_success_ends_it(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    assert await store.record(due.delivery_id, OK, SOON) is None
    view = await seen(log, due.delivery_id)
    assert (view.status, view.next_attempt_at, view.attempts) == (DeliveryStatus.DELIVERED, None, 1)
    assert await store.take(due.delivery_id, SOON + timedelta(days=1)) is None
    assert await store.record(due.delivery_id, BROKEN, SOON) is None  # a second sender's late failure
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.DELIVERED


async def test_failures_follow_the_schedule_until_it_is_used_up(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    due = await one(store, seed)
    now, waits = SOON, []
    wait = await store.record(due.delivery_id, BROKEN, now)
    while wait is not None:
        waits.append(wait)
        assert isinstance(await store.take(due.delivery_id, now), timedelta)
        now += wait
        wait = await fail_at(store, due.delivery_id, now)
    view = await seen(log, due.delivery_id)
    assert len(waits) == len(RETRY_DELAYS)
    assert all(d <= w <= d * (1 + JITTER) for d, w in zip(RETRY_DELAYS, waits, strict=True))
    assert (view.status, view.attempts) == (DeliveryStatus.EXHAUSTED, MAX_ATTEMPTS)
    assert [entry.number for entry in view.attempt_log] == list(range(1, MAX_ATTEMPTS + 1))
    assert view.attempt_log[0].status_code == 500
    assert view.attempt_log[0].response_head == "oh�no"


async def test_410_disables_the_endpoint_and_says_so(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    listening = await seed.endpoint(types=[EventType.ENDPOINT_DISABLED])
    due = await one(store, seed)
    assert await store.record(due.delivery_id, GONE, SOON) is None
    endpoint = await seed.endpoints.get(due.endpoint_id)
    assert endpoint is not None
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, DisabledReason.GONE)
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.EXHAUSTED
    [event] = await seed.events(EventType.ENDPOINT_DISABLED)
    assert (event.reason, event.content_id, event.data["endpoint"]["id"]) == ("GONE", None, due.endpoint_id)
    told = await log.list(DeliveryFilter(event_id=event.id), limit=10, before=None)
    assert [delivery.endpoint_id for delivery in told] == [listening.id]


async def test_five_days_of_failing_disable_and_enabling_goes_on(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    due = await one(store, seed)
    await store.record(due.delivery_id, BROKEN, SOON)
    almost, over = SOON + timedelta(days=5, seconds=-1), SOON + timedelta(days=5)
    assert await fail_at(store, due.delivery_id, almost) is not None
    async with seed.database.write() as session:
        await log.redeliver(session, due.delivery_id, over)
    assert await fail_at(store, due.delivery_id, over) is None
    endpoint = await seed.endpoints.get(due.endpoint_id)
    assert endpoint is not None
    assert endpoint.disabled_reason is DisabledReason.FAILING
    assert len(await seed.events(EventType.ENDPOINT_DISABLED)) == 1
    later = over + timedelta(days=1)
    assert await store.due(later, 10) == []
    assert await store.take(due.delivery_id, later) is None
    await seed.endpoints.change(due.endpoint_id, {"enabled": True}, later)
    assert await store.due(later, 10) == [due.delivery_id]
    assert await fail_at(store, due.delivery_id, later) is not None


async def test_one_success_forgives_the_failures_before_it(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    await store.record(due.delivery_id, BROKEN, SOON)
    await store.record(due.delivery_id, OK, SOON + timedelta(days=4))
    endpoint = await seed.endpoints.get(due.endpoint_id)
    assert endpoint is not None
    assert endpoint.failing_since is None


async def test_what_is_put_back_costs_no_try(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    await store.put_back([due.delivery_id], SOON)
    await store.put_back([], SOON)
    assert await store.due(SOON + RETRY_DELAYS[0], 10) == [due.delivery_id]
    assert (await seen(log, due.delivery_id)).attempts == 0


async def test_an_endpoint_that_is_deleted_hears_no_more(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    assert await seed.endpoints.delete(due.endpoint_id, SOON) is not None
    assert await seed.endpoints.delete(due.endpoint_id, SOON) is None
    assert await store.take(due.delivery_id, SOON + LEASE) is None
    assert await store.record(due.delivery_id, BROKEN, SOON) is None
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.CANCELED


async def test_both_secrets_sign_for_a_day_after_a_rotation(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    async with seed.database.write() as session:
        rotated = await seed.endpoints.rotate(session, due.endpoint_id, SOON)
    assert rotated is not None
    within = await store.take(due.delivery_id, SOON + LEASE)
    after = await store.take(due.delivery_id, SOON + timedelta(hours=24, seconds=1))
    assert isinstance(within, DueDelivery)
    assert isinstance(after, DueDelivery)
    assert within.secrets == (rotated.secret, *due.secrets)
    assert after.secrets == (rotated.secret,)


async def test_replaying_a_range_sends_what_was_missed_and_what_arrived(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    account = await seed.account()
    missed = await seed.content(account.id)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED], channels=["bluesky"])
    other = await seed.endpoint(channels=["threads"])
    heard = await seed.content(account.id, now=SOON)
    await seed.content(account.id, now=SOON + timedelta(hours=2))
    [due] = await store.take_first(heard, SOON)
    await store.record(due.delivery_id, OK, SOON)
    until = SOON + timedelta(hours=1)
    async with seed.database.write() as session:
        answer = await log.replay(session, endpoint.id, since=START, until=until, types=[], now=until)
        nothing = await log.replay(session, other.id, since=START, until=until, types=["content.accepted"], now=until)
    assert answer == (2, None)
    assert nothing == (0, None)
    listed = await log.list(DeliveryFilter(endpoint_id=endpoint.id), limit=10, before=None)
    again = {view.content_id: view for view in listed if view.content_id in (missed, heard)}
    assert {view.status for view in again.values()} == {DeliveryStatus.PENDING}
    assert len(again[heard].attempt_log) == 1
    assert set(await store.due(until, 10)) == {view.id for view in again.values()}
