"""Taking and recording deliveries, as the event dispatcher does."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryView
from munadi.ports import DueDelivery
from tests.db.seeding import START, Seed

ME, OTHER = "host/1", "host/2"
SOON = START + timedelta(seconds=1)


async def one(store: DeliveryStore, seed: Seed) -> DueDelivery:
    """The one delivery of a new post with one event and one endpoint. This process has its lease."""
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    await seed.content((await seed.account()).id)
    assert await store.open(endpoint.id, ME, SOON) is Access.HOLDER
    [due] = await store.take(endpoint.id, SOON, 10)
    return due


async def seen(log: DeliveryLog, delivery_id: str) -> DeliveryView:
    found = await log.find(delivery_id)
    assert found is not None
    return found[0]


async def record(store: DeliveryStore, due: DueDelivery, at: datetime, *results: SendResult) -> None:
    await store.record(due.endpoint_id, ME, [Attempted(due.delivery_id, result, at) for result in results], [], at)


async def waiting(store: DeliveryStore, at: datetime, holder: str = ME) -> list[str]:
    return [endpoint.endpoint_id for endpoint in await store.waiting(at, holder)]
