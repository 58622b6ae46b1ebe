"""GET /v1/usage: of which brand, of which month, against which limits."""

from __future__ import annotations

import csv

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.outcome import Live
from munadi.domain.publication import PublicationStatus, Published
from munadi.publishing.outcomes import apply_outcome
from tests.api.harness import ApiHarness, of_request
from tests.api.problems import expect_errors, expect_problem
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
DECEMBER, JANUARY = "2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z"


async def record_outcome(api: ApiHarness, content_id: str) -> None:
    """Record that the network published a post. The same transaction counts it."""
    async with api.locked(content_id) as content:
        [row] = content.publications
        await content.move(row, PublicationStatus.QUEUED, None)
        await content.move(row, PublicationStatus.PUBLISHING, None)
        sent = Live(Published(post_id="1"))
        await apply_outcome(content, row, None, step="post", epoch=row.epoch, outcome=sent)


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
        "webhookDeliveries": free | {"deferred": 0},
        "endpoints": {"used": 0, "limit": 20, "remaining": 20},
        "keys": {"used": 0, "limit": 200, "remaining": 200},
        "connectLinks": {"used": 0, "limit": 200, "remaining": 200},
        "drafts": {"used": 0, "limit": 1000, "remaining": 1000},
        "mediaBytes": {"used": 0, "limit": 100 << 30, "remaining": 100 << 30},
        "recoveries": {"used": 0, "limit": 20, "remaining": 20},
    }
    for month in ("2000-01", "2099-12"):
        assert (await api.usage(month=month))["publications"]["planned"] == 0


async def test_used_stands_beside_planned_and_the_limit(api: ApiHarness) -> None:
    made = [(await api.submit(scheduledAt=DECEMBER))["id"] for _ in range(3)]
    await api.submit(scheduledAt=JANUARY)
    await record_outcome(api, made[0])
    await api.change(made[1], "cancel")
    await api.limit(accounts=10, publicationsPerMonth=5, webhookDeliveriesPerMonth=7)
    found = await api.usage()
    assert found["publications"] == {"used": 1, "planned": 1, "limit": 5, "remaining": 3}
    assert found["connectedAccounts"] == {"used": 3, "limit": 10, "remaining": 7}
    assert found["webhookDeliveries"] == {"used": 0, "limit": 7, "remaining": 7, "deferred": 0}
    january = await api.usage(month="2027-01")
    assert (january["publications"]["planned"], january["apiCalls"]["used"]) == (1, 0)
    assert january["apiCallsPerMinute"] is None


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
    assert len(of_request(page)) == len(of_request(one)) > 0


async def test_a_bill_says_what_each_day_cost_as_json_and_csv(api: ApiHarness) -> None:
    await api.add_account(ChannelName.X)
    for body in ({"text": "plain"}, {"text": "see https://acme.example"}, {"text": "free", "channels": ["bluesky"]}):
        made = await api.submit(**{"channels": ["x"], **body})
        await record_outcome(api, made["id"])
    await api.submit(channels=["x"], text="to come")
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    with api.statements() as seen:
        found = (await api.get("/v1/usage/days?since=2026-12-01&until=2026-12-31", key=key)).json()
    assert len(of_request(seen)) <= 2
    day = START.date().isoformat()
    assert found == {
        "brandRef": "acme",
        "since": "2026-12-01",
        "until": "2026-12-31",
        "days": [
            {"publications": 1, "cost": 0.0, "date": day, "channel": "bluesky"},
            {"publications": 2, "cost": 0.215, "date": day, "channel": "x"},
        ],
        "total": {"publications": 3, "cost": 0.215},
    }
    lines = await api.client.get("/v1/usage/days", headers={"Authorization": f"Bearer {key}", "Accept": "text/csv"})
    assert lines.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(lines.text.splitlines())) == [
        ["brand", "date", "channel", "publications", "cost_usd"],
        ["acme", day, "bluesky", "1", "0.000000"],
        ["acme", day, "x", "2", "0.215000"],
    ]


async def test_a_bill_is_of_one_brand_and_of_days_that_exist(api: ApiHarness) -> None:
    expect_errors(await api.get("/v1/usage/days"), ("?brandRef", "MISSING_FIELD"))
    expect_problem(await api.get("/v1/usage/days?brandRef=nobody"), 404, "NOT_FOUND")
    backwards = "/v1/usage/days?brandRef=acme&since=2026-12-02&until=2026-12-01"
    expect_errors(await api.get(backwards), ("?until", "RANGE_EMPTY"))
    await api.delete("/v1/brands/rival?confirm=rival")
    expect_problem(await api.get("/v1/usage/days?brandRef=rival"), 404, "NOT_FOUND")
