"""Brands with a limit on webhook deliveries, and their events."""

from __future__ import annotations

from datetime import datetime

from munadi.db.brands.store import BrandStore
from munadi.db.brands.usage import deliveries_of
from munadi.db.events.notify import notify
from munadi.db.tables import BrandRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.domain.brand import BrandLimits
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.event import EventType
from munadi.domain.usage import Month
from munadi.domain.webhook import DeliveryView, EndpointWithSecret
from munadi.ports import DueDelivery
from tests.db.delivering import ME, SOON
from tests.db.seeding import OK, START, Seed

DECEMBER = Month.of(START)
NEXT_MONTH = DECEMBER.end


async def set_limit(seed: Seed, limit: int | None, brand_ref: str = "acme") -> None:
    limits = BrandLimits(webhook_deliveries_per_month=limit)
    assert await BrandStore(seed.database).change(brand_ref, {"limits": limits}, START)


async def events(seed: Seed, number: int, brand_ref: str = "acme") -> None:
    """Events that are not about a post."""
    for _ in range(number):
        async with seed.database.write() as session:
            await notify(session, EventType.ACCOUNT_CONNECTED, brand_ref=brand_ref, data={}, now=START)


async def hook(seed: Seed, brand_ref: str | None = "acme", **given: object) -> EndpointWithSecret:
    return await seed.endpoint(brand_ref=brand_ref, types=[EventType.ACCOUNT_CONNECTED], **given)


async def rival(seed: Seed) -> None:
    async with seed.database.write() as session:
        session.add(BrandRow(ref="rival", created_at=START))


async def send(
    store: DeliveryStore, endpoint: EndpointWithSecret, result: SendResult = OK, at: datetime = SOON
) -> list[DueDelivery]:
    due = await store.take(endpoint.id, at, 100)
    await store.record(endpoint.id, ME, [Attempted(d.delivery_id, result, at) for d in due], [], at)
    return due


async def used(seed: Seed, month: Month = DECEMBER, brand_ref: str = "acme") -> int:
    async with seed.database.read() as session:
        return (await deliveries_of(session, [brand_ref], month)).get(brand_ref, 0)


async def listed(log: DeliveryLog, **wanted: object) -> list[DeliveryView]:
    return list((await log.list(DeliveryFilter(**wanted), limit=1000, before=None))[0])  # type: ignore[arg-type]
