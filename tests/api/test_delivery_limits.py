"""The limit on webhook deliveries: what would set off more is refused, what was accepted is told all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.db.deliveries import DeliveryStore
from munadi.domain.event import EventType
from tests.api.desk import Desk
from tests.api.door import Door, subscriber
from tests.api.limiting import REST_OF_DECEMBER, limit, refused, send, usage
from tests.db.seeding import BROKEN

DELIVERIES = "webhookDeliveriesPerMonth"
ENDPOINTS = "/v1/webhooks/endpoints"


async def endpoint(desk: Desk, **changes: Any) -> str:
    body = {"url": "https://93.184.215.14/hook", "types": [EventType.CONTENT_ACCEPTED]} | changes
    answer = await desk.client.post(ENDPOINTS, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


async def tried(desk: Desk, times: int = 1) -> str:
    """A content whose only delivery was tried so often, in vain; the delivery's id."""
    store = DeliveryStore(desk.services.database, desk.services.keyring)
    made = await desk.accept()
    [due] = await store.take_first(made["id"], desk.clock.now() + timedelta(seconds=1))
    for _ in range(times):
        await store.record(due.delivery_id, BROKEN, desk.clock.now())
    return due.delivery_id


async def test_a_content_that_nobody_could_be_told_of_is_refused(desk: Desk) -> None:
    hook = await endpoint(desk)
    await tried(desk, 3)
    await limit(desk, webhookDeliveriesPerMonth=3)
    answer = await send(desk)
    assert refused(answer, DELIVERIES)["errors"][0]["actual"] == 4
    assert answer.headers["retry-after"] == str(REST_OF_DECEMBER)
    checked = (await desk.client.post("/v1/contents/validate", json=desk.content())).json()
    assert (checked["valid"], checked["problems"][0]["rule"]) == (False, DELIVERIES)
    # Where nobody listens, nothing is delivered.
    await desk.client.patch(f"{ENDPOINTS}/{hook}", json={"enabled": False})
    assert (await send(desk)).status_code == 202
    assert (await usage(desk))["webhookDeliveries"] == {"used": 3, "limit": 3, "remaining": 0}


async def test_the_next_month_begins_anew(desk: Desk) -> None:
    await endpoint(desk, brandRef="acme")
    await tried(desk)
    await limit(desk, webhookDeliveriesPerMonth=1)
    refused(await send(desk), DELIVERIES)
    desk.clock.ahead = timedelta(days=31)
    assert (await send(desk)).status_code == 202


async def test_what_was_accepted_is_told_beyond_the_limit(desk: Desk) -> None:
    await endpoint(desk)
    made = await desk.accept()
    await limit(desk, webhookDeliveriesPerMonth=0)
    store = DeliveryStore(desk.services.database, desk.services.keyring)
    [due] = await store.take_first(made["id"], desk.clock.now() + timedelta(seconds=1))
    assert await store.record(due.delivery_id, BROKEN, desk.clock.now()) is not None  # and tried again
    assert (await usage(desk))["webhookDeliveries"] == {"used": 1, "limit": 0, "remaining": 0}


async def test_asking_for_more_tries_is_refused(desk: Desk) -> None:
    hook = await endpoint(desk, brandRef="acme")
    delivery = await tried(desk)
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


async def test_brands_do_not_share_a_limit(desk: Desk) -> None:
    await endpoint(desk)
    await tried(desk)
    await limit(desk, webhookDeliveriesPerMonth=1)
    refused(await send(desk), DELIVERIES)
    assert (await send(desk, brandRef="rival")).status_code == 202
    assert (await usage(desk, "rival"))["webhookDeliveries"]["used"] == 0


async def test_a_test_is_a_try_of_its_brand(door: Door) -> None:
    async with subscriber(204) as listening:
        for brand in ("acme", None):
            made = await door.ask("POST", ENDPOINTS, json={"url": listening.url, "brandRef": brand})
            sent = await door.ask("POST", f"{ENDPOINTS}/{made.json()['id']}/test")
            assert sent.json()["status"] == "delivered"
    assert (await door.ask("GET", "/v1/usage?brandRef=acme")).json()["webhookDeliveries"]["used"] == 1
    assert (await door.ask("GET", "/v1/usage?brandRef=rival")).json()["webhookDeliveries"]["used"] == 0
