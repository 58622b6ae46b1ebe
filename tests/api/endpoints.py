"""Webhook endpoints and deliveries for tests of the API."""

from __future__ import annotations

from typing import Any

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from tests.api.harness import ApiHarness
from tests.db.seeding import BROKEN, START

ENDPOINTS, DELIVERIES = "/v1/webhooks/endpoints", "/v1/webhooks/deliveries"
HOOK = {"url": "https://93.184.215.14/hook"}


async def create_endpoint(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    return await api.create(ENDPOINTS, HOOK | fields)


async def failed_delivery(api: ApiHarness, times: int = 1) -> tuple[dict[str, Any], str]:
    """An endpoint of `acme`, and the id of its delivery of `content.accepted`, which failed so often."""
    endpoint = await create_endpoint(api, brandRef="acme", types=[EventType.CONTENT_ACCEPTED])
    await api.submit()
    store = DeliveryStore(api.services.database, api.services.keyring)
    [due] = await store.take(endpoint["id"], START, 10)
    for _ in range(times):
        await store.record(endpoint["id"], "me", [Attempted(due.delivery_id, BROKEN, START)], [], START)
    return endpoint, due.delivery_id
