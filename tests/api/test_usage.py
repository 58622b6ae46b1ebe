"""GET /v1/usage: of which brand, of which month, against which limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Effect
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus, Published
from munadi.publishing.model import Outcome
from munadi.publishing.outcomes import apply_outcome
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_problem

pytestmark = pytest.mark.each_database
DECEMBER, JANUARY = "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z"


async def publish(api: ApiHarness, content_id: str, after: timedelta) -> None:
    """Move a post to `published` as if its network had accepted it."""
    async with api.locked(content_id) as content:
        content.now = api.clock.now() + after
        [row] = content.publications
        await content.move(row, PublicationStatus.QUEUED, EventType.CONTENT_QUEUED)
        await content.move(row, PublicationStatus.PUBLISHING, EventType.PUBLISH_STARTED)
        row.published_at = content.now
        await content.move(row, PublicationStatus.PUBLISHED, EventType.PUBLISH_SUCCEEDED)


async def test_a_new_brand_has_used_nothing(api: ApiHarness) -> None:
    free = {"used": 0, "limit": None, "remaining": None}
    assert await api.usage("rival") == {
        "brandRef": "rival",
        "month": "2026-12",
        "startsAt": "2026-12-01T00:00:00Z",
        "endsAt": "2027-01-01T00:00:00Z",
        "connectedAccounts": free | {"used": 1},
        "publications": free | {"planned": 0},
        # This very call.
        "apiCalls": free | {"used": 1},
        "apiCallsPerMinute": free | {"used": 1},
        "webhookDeliveries": free,
    }
    for month in ("2000-01", "2099-12"):
        assert (await api.usage(month=month))["publications"]["planned"] == 0


async def test_used_stands_beside_planned_and_the_limit(api: ApiHarness) -> None:
    made = [(await api.submit(scheduledAt=DECEMBER))["id"] for _ in range(3)]
    await api.submit(scheduledAt=JANUARY)
    await publish(api, made[0], timedelta(minutes=1))
    await api.change(made[1], "cancel")
    await api.limit(accounts=10, publicationsPerMonth=5, webhookDeliveriesPerMonth=7)
    found = await api.usage()
    assert found["publications"] == {"used": 1, "planned": 1, "limit": 5, "remaining": 3}
    assert found["connectedAccounts"] == {"used": 3, "limit": 10, "remaining": 7}
    assert found["webhookDeliveries"] == {"used": 0, "limit": 7, "remaining": 7}
    january = await api.usage(month="2027-01")
    assert (january["publications"]["planned"], january["apiCalls"]["used"]) == (1, 0)
    assert january["apiCallsPerMinute"] is None


async def test_a_late_post_counts_in_the_month_it_is_published(api: ApiHarness) -> None:
    made = await api.submit(scheduledAt=DECEMBER)
    await publish(api, made["id"], timedelta(days=31))
    used = [(await api.usage(month=month))["publications"]["used"] for month in ("2026-12", "2027-01")]
    assert used == [0, 1]


async def test_a_past_month_has_the_accounts_of_its_end(api: ApiHarness) -> None:
    deleted_at = api.clock.now() + timedelta(days=35)
    await api.add_account(ChannelName.THREADS, deleted_at=deleted_at, status="disconnected")
    api.clock.ahead = timedelta(days=40)
    for month, used in (("2026-12", 4), (None, 3), ("2026-11", 0)):
        assert (await api.usage(month=month))["connectedAccounts"]["used"] == used


async def test_a_key_of_one_brand_sees_its_own_usage_and_no_other(api: ApiHarness) -> None:
    for scope in (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.WEBHOOKS_READ):
        own = await api.key(scope, brand_ref="rival")
        for path in ("/v1/usage", "/v1/usage?brandRef=rival"):
            assert (await api.read(path, key=own))["brandRef"] == "rival"
        for other in ("acme", "nobody", "", "NO SUCH"):
            expect_problem(await api.get(f"/v1/usage?brandRef={other}", key=own), 404, "NOT_FOUND")


async def test_a_key_of_all_brands_gets_a_page_of_them(api: ApiHarness) -> None:
    await api.create("/v1/brands", {"ref": "third"})
    first = await api.read("/v1/usage?limit=2&month=2026-12")
    assert [(each["brandRef"], each["connectedAccounts"]["used"]) for each in first["data"]] == [
        ("acme", 3), ("rival", 1)
    ]  # fmt: skip
    rest = await api.read(f"/v1/usage?limit=2&cursor={first['nextCursor']}")
    assert ([each["brandRef"] for each in rest["data"]], rest["nextCursor"]) == (["third"], None)


async def test_a_page_costs_as_many_statements_as_one_brand(api: ApiHarness) -> None:
    with api.statements() as one:
        await api.usage()
    for number in range(10):
        await api.create("/v1/brands", {"ref": f"more-{number}"})
    with api.statements() as page:
        assert len(await api.read_list("/v1/usage")) == 12
    assert len(page) == len(one)


async def test_a_post_is_counted_in_the_transaction_that_records_its_outcome(api: ApiHarness) -> None:
    made = await api.submit(scheduledAt=later(minutes=1))
    async with api.locked(made["id"]) as content:
        [row] = content.publications
        await content.move(row, PublicationStatus.QUEUED, None)
        await content.move(row, PublicationStatus.PUBLISHING, None)
        sent = Outcome(effect=Effect.SENT, published=Published(post_id="1"))
        await apply_outcome(content, row, None, step="post", epoch=row.epoch, outcome=sent)
    found = (await api.usage())["publications"]
    assert (found["used"], found["planned"]) == (1, 0)
