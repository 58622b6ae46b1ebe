"""Recoveries: what an endpoint missed is found once, sent in bounded steps, and never in the way of what is new."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import col, select

from munadi.db.tables import DeliveryRow
from munadi.db.webhooks import recoveries
from munadi.db.webhooks.deliveries import REPLAYS_AT_ONCE, DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.db.webhooks.missed_events import EventRange
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryStatus, EndpointWithSecret, Recover, RecoveryStatus, RecoveryView
from munadi.domain.webhook_schedule import MAX_ATTEMPTS
from munadi.ports import DueDelivery
from tests.db.delivering import ME, SOON, record
from tests.db.seeding import BROKEN, OK, START, Seed

LATER = SOON + timedelta(hours=1)
RANGE = EventRange(START, LATER)


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


@pytest.fixture
def recovering(seed: Seed) -> RecoveryStore:
    return RecoveryStore(seed.database)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recoveries, "STEP", 2)
    monkeypatch.setattr(recoveries, "PAGE", 2)


async def posts(seed: Seed, number: int) -> list[str]:
    account = await seed.account()
    return [await seed.content(account.id) for _ in range(number)]


async def start(
    seed: Seed, recovering: RecoveryStore, endpoint: EndpointWithSecret, only: Recover | None = None
) -> RecoveryView:
    total = await recovering.count(endpoint.id, RANGE, only)
    async with seed.database.write() as session:
        return await recovering.start(session, endpoint.id, RANGE, only, total, LATER)


async def send_due(store: DeliveryStore, endpoint_id: str) -> list[DueDelivery]:
    due = await store.take(endpoint_id, LATER, 100)
    await store.record(endpoint_id, ME, [Attempted(each.delivery_id, OK, LATER) for each in due], [], LATER)
    return due


async def progress(recovering: RecoveryStore, recovery: RecoveryView) -> RecoveryView:
    found = await recovering.get(recovery.id)
    assert found is not None
    return found


async def deliveries(seed: Seed) -> list[tuple[str, str | None]]:
    """The id of each delivery, and when it was changed."""
    async with seed.database.read() as session:
        query = select(DeliveryRow.id, DeliveryRow.updated_at).order_by(col(DeliveryRow.id))
        return [(delivery_id, str(at)) for delivery_id, at in (await session.exec(query)).all()]


@pytest.mark.usefixtures("small_steps")
async def test_a_recovery_sends_what_was_missed_in_steps_and_ends(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    missed = await posts(seed, 5)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    recovery = await start(seed, recovering, endpoint)
    assert (recovery.status, recovery.total, recovery.sent) == (RecoveryStatus.RUNNING, 5, 0)
    arrived: list[str | None] = []
    while await recovering.step_all(LATER):
        await recovering.step_all(LATER)  # another worker's step makes nothing due that is due already
        due = await send_due(store, endpoint.id)
        assert len(due) <= 2 * recoveries.STEP
        arrived += [each.content_id for each in due]
        assert (await progress(recovering, recovery)).sent == len(arrived)
    assert arrived == missed
    ended = await progress(recovering, recovery)
    assert (ended.status, ended.sent, ended.failed, ended.ended_at) == (RecoveryStatus.DONE, 5, 0, LATER)


@pytest.mark.parametrize(
    ("only", "expected"),
    [(None, {0, 1}), (Recover.MISSED, {0}), (Recover.FAILED, {1})],
    ids=["both", "missed", "failed"],
)
async def test_only_what_did_not_arrive_is_recovered(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore, only: Recover | None, expected: set[int]
) -> None:
    made = await posts(seed, 1)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    account = await seed.account()
    made += [await seed.content(account.id) for _ in range(3)]
    for content_id, results in zip(made[1:], [[BROKEN] * MAX_ATTEMPTS, [OK], [BROKEN]], strict=True):
        [due] = [each for each in await store.take(endpoint.id, SOON, 10) if each.content_id == content_id]
        await record(store, due, SOON, *results)
        await seed.endpoints.change(endpoint.id, {"url": f"https://hooks.example/{content_id}"}, SOON)
    recovery = await start(seed, recovering, endpoint, only)
    assert recovery.total == len(expected)
    await recovering.step_all(LATER)
    # The last post is being retried anyway.
    assert {each.content_id for each in await store.take(endpoint.id, LATER, 10)} == {made[n] for n in {*expected, 3}}


async def test_what_is_new_is_sent_before_what_is_recovered(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    await posts(seed, REPLAYS_AT_ONCE + 5)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    await start(seed, recovering, endpoint)
    await recovering.step_all(START)
    fresh = [await seed.content((await seed.account()).id, now=SOON) for _ in range(3)]
    due = await store.take(endpoint.id, SOON, 64)
    assert [each.content_id for each in due[:3]] == fresh
    assert len(due) == 3 + REPLAYS_AT_ONCE


async def test_a_recovery_waits_for_its_disabled_endpoint_and_ends_with_a_deleted_one(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    await posts(seed, 1)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    recovery = await start(seed, recovering, endpoint)
    await seed.endpoints.change(endpoint.id, {"enabled": False}, LATER)
    assert await recovering.step_all(LATER) == 1
    await seed.endpoints.change(endpoint.id, {"enabled": True}, LATER)
    assert await store.take(endpoint.id, LATER, 10) == []
    await seed.endpoints.delete(endpoint.id, LATER)
    await recovering.step_all(LATER)
    assert (await progress(recovering, recovery)).status is RecoveryStatus.CANCELED


async def test_a_redelivery_is_not_part_of_a_recovery(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    await posts(seed, 1)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    recovery = await start(seed, recovering, endpoint)
    await recovering.step_all(LATER)
    [due] = await send_due(store, endpoint.id)
    async with seed.database.write() as session:
        await DeliveryLog(seed.database).redeliver(session, due.delivery_id, LATER)
    await recovering.step_all(LATER)
    assert (await progress(recovering, recovery)).status is RecoveryStatus.DONE


async def test_a_replay_sends_missed_and_delivered_events(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    account = await seed.account()
    missed = await seed.content(account.id)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED], channels=["bluesky"])
    other = await seed.endpoint(channels=["threads"])
    arrived = await seed.content(account.id, now=SOON)
    await seed.content(account.id, now=LATER + timedelta(hours=1))
    assert [each.content_id for each in await send_due(store, endpoint.id)] == [arrived]
    assert await recovering.replayable(endpoint.id, RANGE) == (2, None)
    accepted = EventRange(START, LATER, ["content.accepted"])
    assert await recovering.replayable(other.id, accepted) == (0, None)
    await start(seed, recovering, endpoint, Recover.ALL)
    await recovering.step_all(LATER)
    log = DeliveryLog(seed.database)
    listed, _ = await log.list(DeliveryFilter(endpoint_id=endpoint.id), limit=10, before=None)
    again = {view.content_id: view for view in listed if view.content_id in (missed, arrived)}
    assert {view.status for view in again.values()} == {DeliveryStatus.PENDING}
    assert len(again[arrived].attempt_log) == 1
    assert {each.delivery_id for each in await store.take(endpoint.id, LATER, 10)} == {v.id for v in again.values()}


async def test_a_large_replay_says_where_to_continue(
    seed: Seed, recovering: RecoveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of one instant stay together."""
    monkeypatch.setattr(recoveries, "REPLAY_LIMIT", 3)
    monkeypatch.setattr(recoveries, "PAGE", 2)
    account, at = await seed.account(), [START, START, SOON, SOON, SOON + timedelta(minutes=1)]
    for now in at:
        await seed.content(account.id, now=now)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    assert await recovering.replayable(endpoint.id, RANGE) == (4, at[4])
    assert await recovering.replayable(endpoint.id, EventRange(at[4], LATER)) == (1, None)


@pytest.mark.usefixtures("small_steps")
async def test_a_repeated_replay_makes_no_further_rows_and_no_further_work(
    seed: Seed, store: DeliveryStore, recovering: RecoveryStore
) -> None:
    """A repeat is the same replay; only what was sent meanwhile is sent again."""
    await posts(seed, 4)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    first = await start(seed, recovering, endpoint, Recover.ALL)
    await recovering.step_all(LATER)
    before = await deliveries(seed)
    assert len(before) == 2
    for _ in range(5):
        again = await start(seed, recovering, endpoint, Recover.ALL)
        await recovering.step_all(LATER)
        assert (again.id, again.total) == (first.id, 4)
        assert await deliveries(seed) == before  # enough of it waits
    sent = []
    while await recovering.step_all(LATER):
        sent += [each.event_id for each in await send_due(store, endpoint.id)]
    assert (len(sent), len(set(sent)), len(await deliveries(seed))) == (4, 4, 4)


async def test_a_replay_that_goes_on_where_another_ends_is_part_of_it(seed: Seed, recovering: RecoveryStore) -> None:
    account = await seed.account()
    for number in range(4):
        await seed.content(account.id, now=START + timedelta(minutes=number))
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    middle, found = START + timedelta(minutes=2), []
    for part in (EventRange(START, middle), EventRange(middle, LATER)):
        total = await recovering.count(endpoint.id, part, Recover.ALL)
        async with seed.database.write() as session:
            found.append(await recovering.start(session, endpoint.id, part, Recover.ALL, total, LATER))
    assert [each.total for each in found] == [2, 4]
    assert (found[0].id, found[1].since, found[1].until) == (found[1].id, START, LATER)


@pytest.mark.usefixtures("small_steps")
async def test_a_brand_takes_one_step_in_each_round(seed: Seed, recovering: RecoveryStore) -> None:
    await posts(seed, 4)
    for number in range(3):
        endpoint = await seed.endpoint(
            brand_ref="acme", types=[EventType.CONTENT_ACCEPTED], url=f"https://hooks.example/{number}"
        )
        await start(seed, recovering, endpoint, Recover.ALL)
    for round_number in range(1, 4):
        await recovering.step_all(LATER)
        assert len(await deliveries(seed)) == 2 * round_number


async def test_a_recovery_that_is_extended_while_it_ends_does_not_end(
    seed: Seed, recovering: RecoveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await posts(seed, 1)
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED], brand_ref="acme")
    early = EventRange(START - timedelta(hours=2), START - timedelta(hours=1))
    async with seed.database.write() as session:
        first = await recovering.start(session, endpoint.id, early, Recover.ALL, 0, LATER)
    await recovering.step_all(LATER)  # nothing in it
    end = recovering._end

    async def late(*given: Any) -> None:
        wanted = EventRange(early.until, LATER)
        async with seed.database.write() as session:
            await recovering.start(session, endpoint.id, wanted, Recover.ALL, 1, LATER)
        await end(*given)

    monkeypatch.setattr(recovering, "_end", late)
    await recovering.step_all(LATER)
    assert (await progress(recovering, first)).status is RecoveryStatus.RUNNING
    await recovering.step_all(LATER)
    assert len(await deliveries(seed)) == 1
