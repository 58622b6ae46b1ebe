"""The posts that an account has still to publish: which wait, which are scheduled, which are being published."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.channel import ChannelName
from munadi.domain.publication import HoldReason, PublicationStatus
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

ACCOUNTS = "/accounts?brandRef=acme"


async def test_an_account_names_its_posts_by_what_they_wait_for(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads")
    sent = {"channels": ["threads"]}
    days = {
        day: await api.submit(text=f"On the {day}th", scheduledAt=f"2026-12-{day}T09:00:00Z", **sent)
        for day in (24, 20)
    }
    out = await api.submit(text="Under way", scheduledAt="2026-12-21T09:00:00Z", **sent)
    await api.move(out["id"], PublicationStatus.QUEUED, PublicationStatus.PUBLISHING)
    held = await api.submit(text="Stopped", scheduledAt="2026-12-22T09:00:00Z", **sent)
    await api.move(held["id"], PublicationStatus.QUEUED)
    async with api.locked(held["id"]) as content:
        await content.hold(content.publications[0], HoldReason.OUTAGE, START + timedelta(minutes=5))
    page = await dashboard.page(f"/accounts/{account_id}")
    assert faults(page) == []
    part = page.partition('class="to-publish"')[2].partition("</div>")[0]
    expect_words(part, "<strong>1 waiting</strong>", "2 scheduled", "1 being published now", "24 Dec 2026")
    names = ["On the 20th", "Under way", "Stopped", "On the 24th"]
    assert [part.index(name) for name in names] == sorted(part.index(name) for name in names)
    assert [" · waiting" in line for line in part.split("<li>")[1:]] == [False, False, True, False]
    listed = (await dashboard.page(ACCOUNTS)).partition(f'id="{account_id}"')[2].partition("</section>")[0]
    statuses = "status=accepted&amp;status=queued&amp;status=publishing"
    every = f"/contents?brandRef=acme&amp;accountId={account_id}&amp;{statuses}"
    expect_words(listed, "On the 20th", "Stopped", f'<a href="{every}">Show all 4</a>')
    assert "On the 24th" not in listed
    expect_words(await dashboard.page(every.replace("&amp;", "&")), *names)
    assert days[20]["id"] in part
    await api.move(out["id"], PublicationStatus.PUBLISHED)
    part = (await dashboard.page(f"/accounts/{account_id}")).partition('class="to-publish"')[2].partition("</div>")[0]
    assert "being published" not in part
