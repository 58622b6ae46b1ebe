"""The health of an endpoint: what is kept while it is disabled, when it is reported, and when it is disabled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import pytest

from munadi.db.tables import EventRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.db.webhooks.endpoint_health import FAILING_LIMIT, NOTABLE_AFTER, SILENCE
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.event import EventType
from munadi.domain.webhook import DisabledReason, EndpointView, Health
from munadi.domain.webhook_schedule import MAX_ATTEMPTS
from munadi.ports import DueDelivery
from tests.db.delivering import ME, SOON, one, record, waiting
from tests.db.seeding import BROKEN, GONE, OK, Seed

HOURS = timedelta(hours=1)
FAILING, EXHAUSTED, DISABLED = EventType.ENDPOINT_FAILING, EventType.DELIVERY_EXHAUSTED, EventType.ENDPOINT_DISABLED


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


async def endpoint_of(seed: Seed, due: DueDelivery) -> EndpointView:
    found = await seed.endpoints.get(due.endpoint_id)
    assert found is not None
    return found


async def fail_after(store: DeliveryStore, seed: Seed, due: DueDelivery, waits: Iterable[timedelta]) -> datetime:
    """One failure so long after SOON for each of `waits`; the delivery's schedule is restarted in between."""
    at = SOON
    for wait in waits:
        at = SOON + wait
        async with seed.database.write() as session:
            await DeliveryLog(seed.database).redeliver(session, due.delivery_id, at)
        await record(store, due, at, BROKEN)
    return at


@pytest.mark.parametrize("cause", ["a person", "a 410"])
async def test_what_happened_while_an_endpoint_was_disabled_is_sent_when_it_is_enabled(
    seed: Seed, store: DeliveryStore, cause: str
) -> None:
    due = await one(store, seed)
    if cause == "a 410":
        await record(store, due, SOON, GONE)
    else:
        await record(store, due, SOON, OK)
        await seed.endpoints.change(due.endpoint_id, {"enabled": False}, SOON)
    assert (await endpoint_of(seed, due)).health is Health.DISABLED
    account = await seed.account()
    missed = [await seed.content(account.id, now=SOON + n * HOURS) for n in range(3)]
    later = SOON + timedelta(days=30)
    assert await waiting(store, later) == []
    assert await store.take(due.endpoint_id, later, 10) == []
    await seed.endpoints.change(due.endpoint_id, {"enabled": True}, later)
    assert (await endpoint_of(seed, due)).health is Health.OK
    assert await waiting(store, later) == [due.endpoint_id]
    assert [each.content_id for each in await store.take(due.endpoint_id, later, 10)] == missed


async def test_five_days_of_failures_disable_an_endpoint(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    almost = FAILING_LIMIT - timedelta(seconds=1)
    await fail_after(store, seed, due, [n * 24 * HOURS for n in range(5)] + [almost])
    assert (await endpoint_of(seed, due)).enabled
    over = await fail_after(store, seed, due, [FAILING_LIMIT])
    endpoint = await endpoint_of(seed, due)
    assert (endpoint.disabled_reason, endpoint.failing_since) == (DisabledReason.FAILING, SOON)
    [event] = await seed.events(DISABLED)
    assert (event.reason, event.created_at, event.data["endpoint"]["health"]) == ("FAILING", over, "disabled")
    await seed.endpoints.change(due.endpoint_id, {"enabled": True}, over)
    assert [each.delivery_id for each in await store.take(due.endpoint_id, over + 48 * HOURS, 10)] == [due.delivery_id]


@pytest.mark.parametrize(
    "waits",
    [
        [timedelta(0), FAILING_LIMIT],
        [timedelta(0), FAILING_LIMIT, FAILING_LIMIT + timedelta(minutes=1), FAILING_LIMIT + timedelta(minutes=9)],
        [timedelta(0), HOURS, 2 * HOURS, 2 * HOURS + SILENCE + timedelta(seconds=1), FAILING_LIMIT],
    ],
    ids=["two failures", "a burst after five quiet days", "a silence in between"],
)
async def test_a_silence_of_days_is_not_a_failure_of_days(
    seed: Seed, store: DeliveryStore, waits: list[timedelta]
) -> None:
    due = await one(store, seed)
    await fail_after(store, seed, due, waits)
    endpoint = await endpoint_of(seed, due)
    assert endpoint.enabled
    assert endpoint.failing_since is not None
    assert endpoint.failing_since > SOON


async def test_a_spell_of_failures_is_reported_once(seed: Seed, store: DeliveryStore) -> None:
    listening = await seed.endpoint(types=[FAILING])
    due = await one(store, seed)
    before = [timedelta(0), timedelta(seconds=5), NOTABLE_AFTER - timedelta(seconds=1)]
    await fail_after(store, seed, due, before)
    endpoint = await endpoint_of(seed, due)
    assert (endpoint.health, endpoint.failing_since) == (Health.FAILING, SOON)
    assert await seed.events(FAILING) == []
    at = await fail_after(store, seed, due, [NOTABLE_AFTER, HOURS])
    [event] = await seed.events(FAILING)
    assert (event.status, event.reason) == ("failing", "HTTP_STATUS")
    assert event.data["endpoint"] | {"id": due.endpoint_id, "health": "failing"} == event.data["endpoint"]
    [delivery] = await store.take(listening.id, at, 10)
    assert delivery.event_id == event.id
    await record(store, due, at, OK)
    assert (await endpoint_of(seed, due)).health is Health.OK
    await fail_after(store, seed, due, [2 * HOURS, 3 * HOURS, 4 * HOURS])
    assert len(await seed.events(FAILING)) == 2


async def exhaust(store: DeliveryStore, seed: Seed, due: DueDelivery, at: datetime) -> EventRow:
    """Fail until the last retry; the newest event of it."""
    async with seed.database.write() as session:
        await DeliveryLog(seed.database).redeliver(session, due.delivery_id, at)
    await record(store, due, at, *[BROKEN] * MAX_ATTEMPTS)
    return (await seed.events(EXHAUSTED))[-1]


async def test_the_first_delivery_that_is_given_up_is_reported_once_per_spell(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    event = await exhaust(store, seed, due, SOON)
    assert (event.status, event.reason) == ("exhausted", "HTTP_STATUS")
    assert event.data["delivery"] == {
        "id": due.delivery_id, "eventId": due.event_id, "eventType": "content.accepted",
        "contentId": due.content_id, "attempts": MAX_ATTEMPTS, "statusCode": 500, "error": "HTTP_STATUS: 500",
    }  # fmt: skip
    assert event.data["endpoint"]["id"] == due.endpoint_id
    assert (await exhaust(store, seed, due, SOON + HOURS)).id == event.id
    await record(store, due, SOON + HOURS, OK)
    assert (await exhaust(store, seed, due, SOON + 2 * HOURS)).id != event.id


async def test_a_new_url_starts_without_past_failures(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    await record(store, due, SOON, BROKEN)
    changed = await seed.endpoints.change(due.endpoint_id, {"url": "https://hooks.example/other"}, SOON)
    assert changed is not None
    assert (changed.health, changed.failing_since) == (Health.OK, None)


@pytest.mark.parametrize("result", [BROKEN, GONE])
async def test_a_failure_of_the_address_before_does_not_count_for_the_new_one(
    seed: Seed, store: DeliveryStore, result: SendResult
) -> None:
    due = await one(store, seed)
    await seed.endpoints.change(due.endpoint_id, {"url": "https://hooks.example/other"}, SOON)
    later = SOON + timedelta(seconds=15)  # the attempt at the old address was under way
    attempted = [Attempted(due.delivery_id, result, later, url=due.url)]
    await store.record(due.endpoint_id, ME, attempted, [], later)
    assert (await endpoint_of(seed, due)).health is Health.OK
    [again] = await store.take(due.endpoint_id, later, 10)
    assert (again.delivery_id, again.url) == (due.delivery_id, "https://hooks.example/other")


async def test_one_success_ends_a_spell(seed: Seed, store: DeliveryStore) -> None:
    due = await one(store, seed)
    await record(store, due, SOON, BROKEN)
    await record(store, due, SOON + timedelta(days=1), OK)
    assert (await endpoint_of(seed, due)).failing_since is None
