"""A brand that has used its webhook deliveries: posts are published, and their events arrive once there is room."""

from __future__ import annotations

import httpx

from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox


async def test_events_over_the_limit_arrive_when_it_is_raised(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand, inbox = await Brand.create(api, sandbox, "deferred", "bluesky"), Inbox()

    async def limit(number: int) -> None:
        limits = {"webhookDeliveriesPerMonth": number}
        assert (await api.patch(f"/v1/brands/{brand.ref}", json={"limits": limits})).is_success

    async def deferred() -> bool:
        found = (await api.get("/v1/usage", params={"brandRef": brand.ref})).json()["webhookDeliveries"]
        return (found["used"], found["deferred"]) == (1, 2)

    await limit(1)
    async with inbox.listening(api, brandRef=brand.ref, types=["content.completed"]):
        ids = []
        for number in range(3):
            ids.append((await brand.submit(f"Number {number}"))["id"])
            await brand.published(ids[-1])
        await until(deferred)
        assert len(inbox.events) == 1
        await limit(10)
        await until(lambda: _arrived(inbox, 3))
        assert sorted(event["contentId"] for event in inbox.events) == sorted(ids)
        assert inbox.failures == []


async def _arrived(inbox: Inbox, number: int) -> bool:
    return len(inbox.events) >= number
