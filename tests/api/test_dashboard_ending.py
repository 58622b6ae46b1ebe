"""The dashboard's pages about withdrawals: what will happen at each network, a time to end, and what needs a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import failure_of
from munadi.domain.withdrawal import Withdrawal, WithdrawalStatus
from munadi.publishing import withdrawing
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.api.test_withdrawing import limited, live

SAID = {"provider_message": "not while it is promoted"}
pytestmark = pytest.mark.each_database(False)


async def test_the_page_of_a_post_says_what_a_withdrawal_does_at_each_network(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.add_account(ChannelName.MASTODON)
    content = await live(api, channels=["bluesky", "mastodon"])
    async with limited(api, "mastodon", 0):
        page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, "Withdraw from every network", "Bluesky: all of it goes.", "Mastodon: it stays.")
    expect_words(page, "It cannot be withdrawn from here.", "after 0 hours", "Withdraw it at a time")
    assert page.count('/withdraw"') == 2, "the whole post, and the network that can"
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)) as writer:
        shown = await writer.page(f"/contents/{content['id']}")
        assert "/withdraw" not in shown
        assert "withdrawAt" not in shown


async def test_the_page_of_a_post_shows_and_changes_its_time_to_end(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    content = await api.submit(scheduledAt=later(days=2), withdrawAt=later(days=4))
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, "Will be withdrawn", "Time to end", "Change when it is withdrawn", "Let it stay")
    assert 'name="withdrawAt" value="2026-12-05T' in page
    await api.post(f"/v1/contents/{content['id']}/cancel")
    over = await dashboard.page(f"/contents/{content['id']}")
    assert "Will be withdrawn" not in over
    assert "withdrawAt" not in over


async def test_a_draft_with_a_time_to_end_is_opened_in_the_form(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    draft = (await api.post("/v1/drafts", api.body(withdrawAt="2027-03-02T09:00:00Z"))).json()
    page = await dashboard.page(f"/compose?brandRef=acme&draft={draft['id']}")
    assert faults(page) == []
    expect_words(page, "Withdraw it on", "Default: it stays.")
    assert "&#34;withdrawAt&#34;: &#34;2027-03-02T" in page
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ)) as writer:
        assert "may not withdraw" in await writer.page("/compose?brandRef=acme")


@pytest.mark.parametrize("status", ["refused", "unconfirmed"])
async def test_what_a_network_keeps_needs_a_person_until_it_is_dismissed(
    api: ApiHarness, dashboard: DashboardBrowser, status: str
) -> None:
    content = await live(api)
    (publication,) = content["publications"]
    assert "all caught up" in await dashboard.page("/attention")
    reason = Reason.WITHDRAWAL_REFUSED if status == "refused" else Reason.WITHDRAWAL_UNCONFIRMED
    async with api.locked(content["id"]) as post:
        row = post.publications[0]
        row.withdrawal = Withdrawal(status=WithdrawalStatus.WITHDRAWING, requested_at=post.now).model_dump(
            mode="json", by_alias=True
        )
        if status == "refused":
            await withdrawing.refuse(post, row, failure_of(reason).model_copy(update=SAID))
        else:
            post.now += timedelta(minutes=4)
            await withdrawing.settle(post, row, withdrawing.objects_of(row), timedelta(0), None)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    expect_words(page, "Not withdrawn", reason.value, "Open on Bluesky", "Dismiss")
    assert ("Withdraw again" in page) is (status == "refused")
    assert ("not while it is promoted" in page) is (status == "refused")
    answer = await api.post(f"/v1/publications/{publication['id']}/dismiss")
    assert answer.status_code == 200, answer.text
    assert "Not withdrawn" not in await dashboard.page("/attention")
    if status == "refused":
        assert (await api.post(f"/v1/publications/{publication['id']}/withdraw")).status_code == 202
        assert (await api.read_content(content["id"]))["publications"][0]["dismissal"] is None
