"""A receiver that is down for three days misses nothing. The clock is given, so it takes no time."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlmodel import col, func, select

from munadi.db.tables import DeliveryRow, EndpointQueueRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryStatus, Health
from tests.db.delivering import ME
from tests.db.seeding import BROKEN, OK, START, Seed

DOWN, EVERY = timedelta(days=3), timedelta(hours=6)


async def next_attempt(seed: Seed, now: datetime) -> datetime:
    """When something is due again: a delivery, but not before the circuit breaker allows it."""
    async with seed.database.read() as session:
        query = select(func.min(DeliveryRow.next_attempt_at)).where(col(DeliveryRow.status) == "pending")
        due: datetime | None = (await session.exec(query)).one()
        queue = (await session.exec(select(EndpointQueueRow.retry_at))).first()
    return max(due or now + EVERY, queue or now, now)


async def test_a_receiver_that_is_down_for_three_days_misses_nothing(seed: Seed) -> None:
    store, log = DeliveryStore(seed.database, seed.keyring, Random(7)), DeliveryLog(seed.database)
    account = await seed.account()
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    now, post_at, tries = START, START, 0
    made: list[str] = []
    while now < START + DOWN:
        if now >= post_at:
            made.append(await seed.content(account.id, now=now))
            post_at += EVERY
        assert await store.open(endpoint.id, ME, now) is Access.HOLDER
        due = await store.take(endpoint.id, now, 64)
        tries += len(due)
        await store.record(endpoint.id, ME, [Attempted(each.delivery_id, BROKEN, now) for each in due], [], now)
        now = min(max(await next_attempt(seed, now), now + timedelta(seconds=1)), post_at)
    failing = await seed.endpoints.get(endpoint.id)
    assert failing is not None
    assert (failing.enabled, failing.health, failing.failing_since) == (True, Health.FAILING, START)
    assert tries < 12 * len(made)  # a probe now and then
    arrived: set[str | None] = set()
    while len(arrived) < len(made):
        due = await store.take(endpoint.id, now, 64)
        await store.record(endpoint.id, ME, [Attempted(each.delivery_id, OK, now) for each in due], [], now)
        arrived |= {each.content_id for each in due}
        now += timedelta(hours=1)
        assert now < START + 2 * DOWN, "not everything arrived within three days of the receiver's return"
    assert arrived == set(made)
    listed, _ = await log.list(DeliveryFilter(endpoint_id=endpoint.id), limit=100, before=None)
    assert {each.status for each in listed} == {DeliveryStatus.DELIVERED}
