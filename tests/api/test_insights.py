"""GET /v1/insights and its page: published, failed and lateness by network and day, in one statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, update

from munadi.db.tables import PublicationRow
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness, of_request
from tests.api.problems import expect_errors, expect_problem
from tests.db.query_plans import plan_of
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
S = PublicationStatus
DAY = START.date().isoformat()


async def ended(api: ApiHarness, *, days_ago: float = 0, late: int | None = None, **body: Any) -> None:
    """A post that was due then, and was published that many milliseconds later; without them it failed."""
    content = await api.submit(**body)
    values: dict[str, Any] = {"status": S.FAILED.value if late is None else S.PUBLISHED.value, "lateness_ms": late}
    async with api.services.database.write() as session:
        statement = update(PublicationRow).where(col(PublicationRow.content_id) == content["id"])
        await session.exec(statement.values(due_at=START - timedelta(days=days_ago), **values))


async def test_outcomes_and_lateness_are_counted_by_network_and_day(api: ApiHarness) -> None:
    for late in (3, 90, 90, 700):
        await ended(api, late=late)
    await ended(api)
    await ended(api, days_ago=1, late=60_001)
    await api.submit(scheduledAt=(START + timedelta(minutes=1)).isoformat())
    found = await api.read("/v1/insights", params={"brandRef": "acme"})
    assert (found["brandRef"], found["until"], found["since"]) == ("acme", DAY, "2026-11-02")
    [channel] = found["channels"]
    assert channel["channel"] == "bluesky"
    assert [channel[name] for name in ("published", "failed", "p50Ms", "p99Ms")] == [5, 1, 100, 120_000]
    assert len(channel["days"]) == 30
    yesterday, today = channel["days"][-2:]
    assert today == {"date": DAY, "published": 4, "failed": 1, "p50Ms": 100, "p99Ms": 1000}
    assert (yesterday["published"], yesterday["failed"], yesterday["p50Ms"]) == (1, 0, 120_000)


async def test_a_day_is_one_in_utc_and_both_ends_are_included(api: ApiHarness) -> None:
    midnight = START.hour / 24
    for days_ago in (midnight, midnight - 0.999, midnight + 0.001, midnight - 1):
        await ended(api, days_ago=days_ago, late=1)
    found = await api.read("/v1/insights", params={"since": DAY, "until": DAY})
    assert [(day["date"], day["published"]) for day in found["channels"][0]["days"]] == [(DAY, 2)]


async def test_everyone_sees_their_own_brands_only(api: ApiHarness) -> None:
    await ended(api, late=1)
    await ended(api, late=1, brandRef="rival", channels=["bluesky"])
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    both = await api.read("/v1/insights")
    assert (both["brandRef"], both["channels"][0]["published"]) == (None, 2)
    own = (await api.get("/v1/insights", key=key)).json()
    assert (own["brandRef"], own["channels"][0]["published"]) == ("acme", 1)
    expect_problem(await api.get("/v1/insights?brandRef=rival", key=key), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("since=2026-12-02&until=2026-12-01", "?until", "RANGE_EMPTY"),
        ("since=2026-01-01&until=2026-12-01", "?until", "RANGE_TOO_LONG"),
        ("until=0001-01-01", "?until", "TIME_FORMAT"),
        ("since=9999-12-31", "?since", "TIME_FORMAT"),
        ("until=0", "?until", "INVALID_FIELD"),
        ("since=2026-12-01T00:00:00Z", "?since", "INVALID_FIELD"),
    ],
)
async def test_a_range_that_makes_no_sense_is_refused(api: ApiHarness, query: str, pointer: str, code: str) -> None:
    expect_errors(await api.get(f"/v1/insights?{query}"), (pointer, code))


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("since=2026-11-30", "2026-11-30", DAY),
        ("since=2020-01-01", "2020-01-01", "2020-04-01"),
        ("until=2026-11-30", "2026-11-01", "2026-11-30"),
        ("since=2027-02-01", "2027-02-01", "2027-02-01"),
    ],
)
async def test_one_end_gives_the_other(api: ApiHarness, query: str, since: str, until: str) -> None:
    found = await api.read(f"/v1/insights?{query}")
    assert (found["since"], found["until"]) == (since, until)


@pytest.mark.each_database(False)
async def test_one_statement_reads_an_index_alone(api: ApiHarness) -> None:
    await ended(api, late=1)
    with api.statements() as seen:
        await api.read("/v1/insights")
    assert len(of_request(seen)) == 1
    for query in ("", "?brandRef=acme"):
        call = api.get(f"/v1/insights{query}")
        plan = await plan_of(api.services.database, call, "lateness_ms")
        assert any("USING COVERING INDEX publications_ended (due_at>? AND due_at<?)" in step for step in plan), plan


@pytest.mark.each_database(False)
async def test_the_page_shows_each_network_as_charts_and_as_a_table(api: ApiHarness) -> None:
    await ended(api, late=90)
    await ended(api, days_ago=2, late=700)
    await ended(api, days_ago=2)
    async with api.dashboard(api.admin_key) as dashboard:
        page = await dashboard.page("/insights?brandRef=acme")
        assert '<use href="#network-bluesky"/></svg> Bluesky' in page
        assert "2 published and 1 failed from 2026-11-02 to 2026-12-01." in page
        assert "The worst day is 2026-11-29: half of the posts were at most 1 s late, 99 of 100 at most 1 s." in page
        assert page.count('class="bar published"') == 2
        assert page.count('class="bar failed"') == 1
        assert '<th scope="row">29 Nov</th><td>1</td><td>1</td><td>1 s</td><td>1 s</td>' in page
        assert "style=" not in page
        assert "Nothing to show yet" in await dashboard.page("/insights?brandRef=rival")
    key = await api.key(Scope.WEBHOOKS_READ, brand_ref="acme")
    async with api.dashboard(key) as dashboard:
        assert 'href="/insights' not in await dashboard.page("/webhooks")
