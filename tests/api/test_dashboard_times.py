"""Each page has one time zone: the brand's. It names it once, and no time on it is in another."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from api.dashboard.times import written
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.endpoints import failed_delivery
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

KOLKATA, BERLIN = "Asia/Kolkata", "Europe/Berlin"
TIME = re.compile(r'<time datetime="([^"]+)">([^<]+)')
FIELD = re.compile(r'type="datetime-local" name="scheduledAt" value="([^"]+)"')


@pytest.fixture
async def zones(api: ApiHarness) -> None:
    await api.patch("/v1/brands/acme", {"name": "Acme Stores", "timezone": KOLKATA})
    await api.patch("/v1/brands/rival", {"timezone": BERLIN})


def zone_named(page: str) -> str:
    """What the header says."""
    named = re.search(r'<p class="zone">(.+?)</p>', page, re.S)
    assert named is not None
    return re.sub(r"<[^>]+>", "", named[1]).strip().removeprefix("Times are in ")


def times_of(page: str, zone: str) -> list[str]:
    """Every time on the page; each must be in the zone."""
    found = TIME.findall(page)
    assert [shown for at, shown in found if shown not in (written(at, zone), written(at, zone, exact=True))] == []
    return [at for at, _ in found]


async def everything(api: ApiHarness) -> list[str]:
    """Addresses of pages that show times of `acme`; one post was entered in a third zone."""
    post = await api.submit(scheduledAt="2026-12-20T09:00", timezone="America/New_York", text="Entered in New York")
    held = await api.submit(text="Held")
    async with api.locked(held["id"]) as content:
        for row in content.publications:
            await content.move(row, PublicationStatus.QUEUED, None)
            await content.hold(row, HoldReason.OUTAGE, START + timedelta(hours=1))
    failed = await api.submit(text="Failed")
    async with api.locked(failed["id"]) as content:
        for row in content.publications:
            await content.fail(row, failure_of(Reason.PROVIDER_OUTAGE))
    account = post["publications"][0]["accountId"]
    endpoint, delivery = await failed_delivery(api)
    await api.update_account(
        account, status="expiring", token_expires_at=START + timedelta(days=1), last_success_at=START
    )
    return [
        "/contents", f"/contents/{post['id']}", f"/publications/{post['publications'][0]['id']}", "/attention",
        "/accounts", f"/accounts/{account}", f"/webhooks/{endpoint['id']}", f"/webhooks/deliveries/{delivery}",
        "/audit", "/settings",
    ]  # fmt: skip


@pytest.mark.usefixtures("zones")
async def test_no_page_has_a_second_zone(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    paths = await everything(api)
    await dashboard.page("/contents?brandRef=acme")
    for path in paths:
        page = await dashboard.page(path)
        assert faults(page) == [], path
        assert times_of(page, KOLKATA), path
        assert zone_named(page) == "Asia/Kolkata (UTC+05:30)", path
        # The settings say which zone each brand has.
        for other in ("UTC<", " UTC ", "America/New_York", *([BERLIN] if path != "/settings" else [])):
            assert other not in page.replace("UTC+05:30", ""), (path, other)
        assert set(FIELD.findall(page)) <= {"2026-12-20T19:30", "2027-03-01T14:30"}, path


@pytest.mark.usefixtures("zones")
async def test_a_page_about_one_thing_is_in_its_brands_zone(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    paths = [path for path in await everything(api) if "_" in path]
    await dashboard.page("/contents?brandRef=rival")
    for path in paths:
        page = await dashboard.page(path)
        assert times_of(page, KOLKATA), path
        assert zone_named(page).removeprefix("Acme Stores: ") == "Asia/Kolkata (UTC+05:30)", path
    assert zone_named(await dashboard.page(paths[0])).startswith("Acme Stores: "), "the header shows another brand"


@pytest.mark.usefixtures("zones")
async def test_brands_of_several_zones_are_shown_in_utc(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.submit(scheduledAt=later(days=2))
    page = await dashboard.page("/contents?brandRef=")
    assert (zone_named(page), bool(times_of(page, "UTC"))) == ("UTC", True)
    await api.patch("/v1/brands/rival", {"timezone": KOLKATA})
    page = await dashboard.page("/contents")
    assert (zone_named(page), bool(times_of(page, KOLKATA))) == ("Asia/Kolkata (UTC+05:30)", True)


@pytest.mark.usefixtures("zones")
async def test_months_and_days_that_are_counted_in_utc_say_so(dashboard: DashboardBrowser) -> None:
    for path, words in (("/usage", "Months in UTC"), ("/insights", "Days in UTC")):
        assert zone_named(await dashboard.page(f"{path}?brandRef=acme")) == words


@pytest.mark.usefixtures("zones")
async def test_a_day_of_the_audit_log_is_one_of_the_brand(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    # 20:30 UTC on the first of December is two in the morning of the second there.
    api.clock.ahead = timedelta(hours=11, minutes=30)
    made: dict[str, Any] = await api.submit(scheduledAt=None)
    page = "/audit?brandRef=acme&action=content.created&since={0}&until={0}"
    assert made["id"] in await dashboard.page(page.format("2026-12-02"))
    assert made["id"] not in await dashboard.page(page.format("2026-12-01"))


@pytest.mark.usefixtures("zones")
async def test_lists_name_a_brand_as_people_do(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await everything(api)
    await api.create("/v1/keys", {"name": "cms", "scopes": ["contents:read"], "brandRef": "acme"})
    for path in ("/contents", "/attention", "/webhooks", "/audit?action=content.created", "/settings", "/calendar"):
        main = (await dashboard.page(f"{path}{'&' if '?' in path else '?'}brandRef=")).partition("<main")[2]
        expect_words(main, "Acme Stores")
        assert re.findall(r">\s*acme\s*[<·]", re.sub(r"<code>acme</code>", "", main)) == [], path
