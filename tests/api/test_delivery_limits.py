"""The limit on webhook deliveries refuses tests, redeliveries and replays, and never a post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from tests.api.desk import Desk
from tests.api.door import Door, subscriber
from tests.api.limiting import limit, refused, send, usage
from tests.db.seeding import BROKEN

DELIVERIES = "webhookDeliveriesPerMonth"
ENDPOINTS = "/v1/webhooks/endpoints"


async def endpoint(desk: Desk, **changes: Any) -> str:
    body = {"url": "https://93.184.215.14/hook", "types": [EventType.CONTENT_ACCEPTED]} | changes
    answer = await desk.client.post(ENDPOINTS, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def tried(desk: Desk, hook: str, times: int = 1) -> str:
    """A post whose only delivery failed so often; the delivery's id."""
    store = DeliveryStore(desk.services.database, desk.services.keyring)
    await desk.accept()
    due = (await store.take(hook, desk.clock.now() + timedelta(seconds=1), 10))[-1]
    for _ in range(times):
        await store.record(hook, "me", [Attempted(due.delivery_id, BROKEN, desk.clock.now())], [], desk.clock.now())
    return due.delivery_id


async def test_no_number_of_deliveries_refuses_a_post(desk: Desk) -> None:
    hook = await endpoint(desk)
    await tried(desk, hook, 3)
    await limit(desk, webhookDeliveriesPerMonth=0)
    checked = (await desk.client.post("/v1/contents/validate", json=desk.content())).json()
    assert checked["valid"]
    assert (await send(desk)).status_code == 202
    # Three attempts at one delivery are one delivery.
    assert (await usage(desk))["webhookDeliveries"] == {"used": 1, "limit": 0, "remaining": 0}


async def test_asking_for_more_tries_is_refused(desk: Desk) -> None:
    hook = await endpoint(desk, brandRef="acme")
    delivery = await tried(desk, hook)
    await limit(desk, webhookDeliveriesPerMonth=1)
    for path, body in (
        (f"{ENDPOINTS}/{hook}/test", None),
        (f"{ENDPOINTS}/{hook}/replay", {"since": "2026-11-01T00:00:00Z"}),
        (f"/v1/webhooks/deliveries/{delivery}/redeliver", None),
    ):
        refused(await desk.client.post(path, json=body), DELIVERIES)
    await limit(desk, webhookDeliveriesPerMonth=2)
    again = await desk.client.post(f"/v1/webhooks/deliveries/{delivery}/redeliver")
    assert again.status_code == 202


async def test_a_test_is_a_try_of_its_brand(door: Door) -> None:
    async with subscriber(204) as listening:
        for brand in ("acme", None):
            made = await door.ask("POST", ENDPOINTS, json={"url": listening.url, "brandRef": brand})
            sent = await door.ask("POST", f"{ENDPOINTS}/{made.json()['id']}/test")
            assert sent.json()["status"] == "delivered"
    assert (await door.ask("GET", "/v1/usage?brandRef=acme")).json()["webhookDeliveries"]["used"] == 1
    assert (await door.ask("GET", "/v1/usage?brandRef=rival")).json()["webhookDeliveries"]["used"] == 0
