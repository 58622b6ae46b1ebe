"""What is over a brand's limit on webhook deliveries: shown everywhere, sent later, and no delay for other brands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.webhooks.dispatcher import EventDispatcher
from tests.api.dashboard import DashboardBrowser
from tests.api.endpoints import DELIVERIES, create_endpoint
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_quota_exceeded
from tests.api.servers import subscriber
from tests.api.test_dashboard_posts import expect_words
from tests.support.waiting import wait_until
from worker.recovering import RecoveryRunner

ACCEPTED = [EventType.CONTENT_ACCEPTED]
LIMIT = "webhookDeliveriesPerMonth"
NEXT_MONTH = "2027-01-01T00:00:00Z"


@asynccontextmanager
async def sending(api: ApiHarness) -> AsyncIterator[None]:
    """The loops of a worker that send events."""
    database = api.services.database
    store = DeliveryStore(database, api.services.keyring)
    dispatcher = EventDispatcher(store, api.services.sender, api.clock, "host/1", interval=0.1)
    runner = RecoveryRunner(RecoveryStore(database), DeliveryQuota(database), api.clock)
    tasks = [asyncio.create_task(loop.run()) for loop in (dispatcher, runner)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def defer(api: ApiHarness, posts: int = 1) -> str:
    """The id of a delivery that waits because its brand, acme, has no deliveries left."""
    endpoint = await create_endpoint(api, brandRef="acme", types=ACCEPTED)
    await api.limit(webhookDeliveriesPerMonth=0)
    for _ in range(posts):
        await api.submit()
    store = DeliveryStore(api.services.database, api.services.keyring)
    assert await store.take(endpoint["id"], api.clock.now(), 10) == []
    [delivery, *_] = await api.read_list(DELIVERIES)
    return str(delivery["id"])


@pytest.mark.each_database
async def test_what_is_over_the_limit_is_sent_when_the_limit_is_raised(api: ApiHarness) -> None:
    async with AsyncExitStack() as servers:
        own, every, others = [await servers.enter_async_context(subscriber()) for _ in range(3)]
        await create_endpoint(api, url=own.url, brandRef="acme", types=ACCEPTED)
        await create_endpoint(api, url=every.url, types=ACCEPTED)
        await create_endpoint(api, url=others.url, brandRef="rival", types=ACCEPTED)
        await api.limit(webhookDeliveriesPerMonth=5)
        async with sending(api):
            for _ in range(6):
                await api.submit()
            await api.submit(brandRef="rival")
            await _used(api, 5, 7)
            await wait_until(lambda: len(own.requests) + len(every.requests) == 6 and others.requests)
            waiting = await api.read_list(f"{DELIVERIES}?deferred=true")
            assert [(each["status"], each["nextAttemptAt"], each["deferred"]) for each in waiting] == [
                ("pending", NEXT_MONTH, {"limit": LIMIT, "brandRef": "acme"})
            ] * 7
            assert (await api.usage())["webhookDeliveries"] == {"used": 5, "limit": 5, "remaining": 0, "deferred": 7}
            assert (await api.usage("rival"))["webhookDeliveries"]["used"] == 2
            await api.limit(webhookDeliveriesPerMonth=100)
            await wait_until(lambda: (len(own.requests), len(every.requests)) == (6, 7))
            await _used(api, 12, 0)
        assert (await api.usage())["webhookDeliveries"] == {"used": 12, "limit": 100, "remaining": 88, "deferred": 0}
        assert await api.read_list(f"{DELIVERIES}?deferred=true") == []
        ids = [headers["webhook-id"] for headers, _ in every.requests]
        assert len(set(ids)) == 7


async def _used(api: ApiHarness, used: int, deferred: int) -> None:
    """Wait until so many deliveries of acme are counted, and so many wait."""
    async with asyncio.timeout(20):
        while True:
            found = (await api.usage())["webhookDeliveries"]
            if (found["used"], found["deferred"]) == (used, deferred):
                return
            await asyncio.sleep(0.05)


@pytest.mark.each_database
async def test_a_delivery_says_why_it_waits_and_what_to_do(api: ApiHarness) -> None:
    delivery_id = await defer(api, 2)
    found = await api.read(f"{DELIVERIES}/{delivery_id}")
    assert (found["status"], found["nextAttemptAt"], found["attempts"]) == ("pending", NEXT_MONTH, 0)
    assert found["deferred"] == {"limit": LIMIT, "brandRef": "acme"}
    expect_quota_exceeded(await api.post(f"{DELIVERIES}/{delivery_id}/redeliver"), LIMIT)
    for key, count in ((await api.key(Scope.WEBHOOKS_READ, brand_ref="rival"), 0), (None, 2)):
        listed = await api.read(f"{DELIVERIES}?deferred=true", **({"key": key} if key else {}))
        assert len(listed["data"]) == count
    await api.limit(webhookDeliveriesPerMonth=1)
    again = (await api.post(f"{DELIVERIES}/{delivery_id}/redeliver")).json()
    assert (again["deferred"], again["nextAttemptAt"]) == (None, "2026-12-01T09:00:00Z")
    assert "munadi_deliveries_deferred 1.0" in (await api.get("/metrics")).text


async def test_the_dashboard_shows_what_waits_for_a_limit(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    assert "over-limit" not in await dashboard.page("/attention")
    delivery_id = await defer(api, 2)
    words = {
        f"/webhooks/deliveries/{delivery_id}": (
            "It waits until",
            "the brand acme has used",
            LIMIT,
            "waits for the limit",
        ),
        "/attention": (
            "Webhook deliveries over a limit",
            "2 wait until",
            "0 of 0 are used",
            "raise the limit in Settings",
        ),
        "/usage?brandRef=acme": ("Further events wait until", "<strong>2</strong> waiting"),
    }
    for path, expected in words.items():
        page = await dashboard.page(path)
        assert faults(page) == []
        expect_words(page, *expected)
    assert "over-limit-acme" not in await dashboard.page("/attention?brandRef=rival")
    assert "over-limit-acme" in await dashboard.page("/attention?brandRef=acme")
    await api.limit(webhookDeliveriesPerMonth=None)
    assert await DeliveryQuota(api.services.database).release(api.clock.now()) == 2
    assert "over-limit" not in await dashboard.page("/attention")


async def test_a_key_without_webhooks_sees_the_attention_page(api: ApiHarness) -> None:
    await defer(api)
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as reader:
        assert "over-limit" not in await reader.page("/attention")
