"""Deliveries: sent per endpoint under a lease, retried by a schedule, and kept while an endpoint is down."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from munadi.db import page_sizes
from munadi.db.events.notify import event_body
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import LISTED_HEAD, DeliveryFilter, DeliveryLog
from munadi.db.webhooks.delivery_results import LOG_LIMIT, OLD_HEAD_LIMIT
from munadi.domain.delivery import SendResult
from munadi.domain.event import EventType
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import DeliveryStatus, DisabledReason, Ordering
from munadi.domain.webhook_schedule import JITTER, MAX_ATTEMPTS, RETRY_DELAYS
from tests.db.delivering import ME, SOON, one, record, seen, waiting
from tests.db.seeding import BROKEN, GONE, OK, START, Seed

FIELDS = {
    "id", "type", "timestamp", "sequence", "brandRef", "contentId", "publicationId", "channel", "sns", "status",
    "reason", "data", "test",
}  # fmt: skip


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


@pytest.fixture
def log(seed: Seed) -> DeliveryLog:
    return DeliveryLog(seed.database)


async def test_the_body_is_the_event_with_every_field(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    body = json.loads(due.body)
    assert set(body) == FIELDS
    assert body["timestamp"].endswith("Z")
    assert (body["type"], body["sequence"], body["brandRef"], body["sns"]) == ("content.accepted", 1, "acme", None)
    assert body["data"]["content"]["brandRef"] == "acme"
    [event] = await seed.events(EventType.CONTENT_ACCEPTED)
    assert event_body(event) == due.body


async def test_account_events_have_no_post(seed: Seed, store: DeliveryStore) -> None:
    endpoint = await seed.endpoint()
    await seed.account()
    [due] = await store.take(endpoint.id, START, 10)
    body = json.loads(due.body)
    assert set(body) == FIELDS
    assert (body["type"], body["contentId"], body["sequence"]) == ("account.connected", None, None)
    assert b"refresh-first" not in due.body


async def test_new_deliveries_are_due_at_once_in_order(seed: Seed, store: DeliveryStore) -> None:
    account = await seed.account()
    endpoints = [await seed.endpoint(), await seed.endpoint(), await seed.endpoint(enabled=False)]
    await seed.content(account.id, hold=HoldReason.TOKEN)
    listening = {endpoint.id for endpoint in endpoints[:2]}
    assert set(await waiting(store, START)) == listening
    for endpoint in endpoints[:2]:
        due = await store.take(endpoint.id, START, 10)
        assert [json.loads(each.body)["sequence"] for each in due] == [1, 2]
        assert {each.secrets for each in due} == {(endpoint.secret,)}
    assert await store.take(endpoints[2].id, START, 10) == []


async def test_a_success_ends_a_delivery(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    await record(store, due, SOON, OK)
    view = await seen(log, due.delivery_id)
    assert (view.status, view.next_attempt_at, view.attempts) == (DeliveryStatus.DELIVERED, None, 1)
    assert await store.take(due.endpoint_id, SOON + timedelta(days=1), 10) == []
    await record(store, due, SOON, BROKEN)  # another sender's late failure
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.DELIVERED
    endpoint = await seed.endpoints.get(due.endpoint_id)
    assert endpoint is not None
    assert endpoint.failing_since is None


async def test_failures_follow_the_schedule_until_its_end(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    now, waits = SOON, []
    await record(store, due, now, BROKEN)
    while (view := await seen(log, due.delivery_id)).next_attempt_at is not None:
        waits.append(view.next_attempt_at - now)
        assert await store.take(due.endpoint_id, now, 10) == []
        now = view.next_attempt_at
        # The breaker never makes a lone delivery wait longer than its own schedule.
        assert [each.delivery_id for each in await store.take(due.endpoint_id, now, 10)] == [due.delivery_id]
        await record(store, due, now, BROKEN)
    assert len(waits) == len(RETRY_DELAYS)
    assert all(d <= w <= d * (1 + JITTER) for d, w in zip(RETRY_DELAYS, waits, strict=True))
    assert (view.status, view.attempts) == (DeliveryStatus.EXHAUSTED, MAX_ATTEMPTS)
    assert [entry.number for entry in view.attempt_log] == list(range(1, MAX_ATTEMPTS + 1))
    assert view.attempt_log[0].status_code == 500
    assert view.attempt_log[0].response_head == "oh�no"


async def test_a_410_disables_the_endpoint_and_emits_an_event(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    listening = await seed.endpoint(types=[EventType.ENDPOINT_DISABLED])
    due = await one(store, seed)
    await record(store, due, SOON, GONE)
    endpoint = await seed.endpoints.get(due.endpoint_id)
    assert endpoint is not None
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, DisabledReason.GONE)
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.EXHAUSTED
    [event] = await seed.events(EventType.ENDPOINT_DISABLED)
    assert (event.reason, event.content_id, event.data["endpoint"]["id"]) == ("GONE", None, due.endpoint_id)
    deliveries, _ = await log.list(DeliveryFilter(event_id=event.id), limit=10, before=None)
    assert [delivery.endpoint_id for delivery in deliveries] == [listening.id]


async def test_a_blocked_delivery_uses_no_attempt(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    await store.record(due.endpoint_id, ME, [], [due.delivery_id], SOON)
    assert await waiting(store, SOON + RETRY_DELAYS[0] - timedelta(seconds=1)) == []
    assert await waiting(store, SOON + RETRY_DELAYS[0]) == [due.endpoint_id]
    assert (await seen(log, due.delivery_id)).attempts == 0


async def test_the_log_is_bounded_and_lists_show_the_start_of_responses(
    seed: Seed, store: DeliveryStore, log: DeliveryLog
) -> None:
    due = await one(store, seed)
    long = SendResult(ok=False, status_code=500, duration_ms=3, error="HTTP_STATUS: 500", response_head="x" * 9000)
    for _ in range(LOG_LIMIT + 5):
        await record(store, due, SOON, long)
    whole = await seen(log, due.delivery_id)
    assert (len(whole.attempt_log), whole.attempts) == (LOG_LIMIT, LOG_LIMIT + 5)
    assert [len(each.response_head) for each in whole.attempt_log] == [OLD_HEAD_LIMIT] * (LOG_LIMIT - 1) + [9000]
    [listed], _ = await log.list(DeliveryFilter(endpoint_id=due.endpoint_id), limit=10, before=None)
    assert {len(each.response_head) for each in listed.attempt_log} == {LISTED_HEAD}


async def test_a_deleted_endpoint_gets_no_more_events(seed: Seed, store: DeliveryStore, log: DeliveryLog) -> None:
    due = await one(store, seed)
    assert await seed.endpoints.delete(due.endpoint_id, SOON) is not None
    assert await seed.endpoints.delete(due.endpoint_id, SOON) is None
    assert await store.take(due.endpoint_id, SOON, 10) == []
    await record(store, due, SOON, BROKEN)
    assert (await seen(log, due.delivery_id)).status is DeliveryStatus.CANCELED


async def test_both_secrets_sign_for_a_day_after_a_rotation(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    async with seed.database.write() as session:
        rotated = await seed.endpoints.rotate(session, due.endpoint_id, SOON)
    assert rotated is not None
    [within] = await store.take(due.endpoint_id, SOON, 10)
    [after] = await store.take(due.endpoint_id, SOON + timedelta(hours=24, seconds=1), 10)
    assert within.secrets == (rotated.secret, *due.secrets)
    assert after.secrets == (rotated.secret,)


@pytest.mark.parametrize("ordering", [Ordering.NONE, Ordering.CONTENT])
async def test_a_batch_of_long_events_ends_early(
    seed: Seed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch, ordering: Ordering
) -> None:
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED], ordering=ordering)
    account = await seed.account()
    for _ in range(5):
        await seed.content(account.id)
    assert len(await store.take(endpoint.id, SOON, 10)) == 5
    [event, *_] = await seed.events(EventType.CONTENT_ACCEPTED)
    monkeypatch.setattr(page_sizes, "PAGE_CHARACTERS", int(2.5 * len(json.dumps(event.data))))
    first = await store.take(endpoint.id, SOON, 10)
    assert len(first) == 2
    monkeypatch.setattr(page_sizes, "PAGE_CHARACTERS", 1)
    assert [due.delivery_id for due in await store.take(endpoint.id, SOON, 10)] == [first[0].delivery_id]
