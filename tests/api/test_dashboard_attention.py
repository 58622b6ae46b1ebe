"""Needs attention beside posts: endpoints, proposals, accounts on one card, and the way to a profile."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from api.dashboard.attention_around import profile_page
from munadi.db.tables import EndpointRow
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.test_approvals import propose
from tests.api.test_dashboard_posts import expect_words
from tests.channels.making import bench
from tests.db.seeding import START

READS = (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


async def test_endpoints_that_fail_or_were_disabled_for_it_need_a_person(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    states: dict[str, dict[str, Any]] = {
        "fine": {},
        "failing": {"failing_since": START},
        "gone": {"enabled": False, "disabled_reason": "GONE"},
        "by-hand": {"enabled": False, "disabled_reason": "BY_HAND"},
    }
    for name, columns in states.items():
        made = await api.create("/v1/webhooks/endpoints", {"url": f"http://127.0.0.1:9/{name}"})
        async with api.services.database.write() as session:
            row = (await session.exec(select(EndpointRow).where(col(EndpointRow.id) == made["id"]))).one()
            for column, value in columns.items():
                setattr(row, column, value)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    shown = page.partition('id="endpoints"')[2].partition("</section>")[0]
    assert [f"http://127.0.0.1:9/{name}" in shown for name in states] == [False, True, True, False]
    async with api.dashboard(await api.key(*READS)) as reader:
        assert 'id="endpoints"' not in await reader.page("/attention"), "the key may not see endpoints"


async def test_proposals_wait_there_for_who_may_approve_them(api: ApiHarness) -> None:
    post = await propose(api, text="Please")
    async with api.dashboard(await api.key(Scope.CONTENTS_APPROVE, *READS)) as approver:
        page = await approver.page("/attention")
    assert faults(page) == []
    expect_words(page, 'id="proposals"', f"/contents/{post['id']}#approval", '<span class="nav-count">')
    async with api.dashboard(await api.key(*READS)) as reader:
        page = await reader.page("/attention")
    assert ('id="proposals"' in page, "nav-count" in page) == (False, False)


async def test_all_that_an_account_without_access_stops_is_one_card(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    dead = await api.add_account(ChannelName.THREADS, handle="dead.shop", status=AccountStatus.REAUTH_REQUIRED.value)
    await api.add_account(ChannelName.X, handle="idle.shop", status=AccountStatus.REAUTH_REQUIRED.value)
    await api.seed.content(dead, hold=HoldReason.TOKEN)
    threads = [{"channel": "threads", "accountId": dead}]
    failed = await api.submit(text="Gave up", channels=threads)
    await api.move(failed["id"], PublicationStatus.FAILED)
    async with api.locked(failed["id"]) as content:
        content.publications[0].failure = failure_of(Reason.TOKEN_REVOKED).model_dump(mode="json", by_alias=True)
    planned = await api.submit(text="Will wait", channels=threads, scheduledAt=later(days=2))
    page = await dashboard.page("/attention")
    assert faults(page) == []
    assert page.count('<article class="card cause"') == 1
    card = page.partition('<article class="card cause"')[2].partition("</article>")[0]
    expect_words(card, "dead.shop", f'id="failed-{dead}-token_revoked"', "Gave up", "2 posts to publish")
    assert card.count(f"/v1/accounts/{dead}/reconnect") == 1
    rest = page.partition('id="accounts"')[2]
    assert ("dead.shop" in rest, "idle.shop" in rest) == (False, True)
    said = "has ended our access: this will wait"
    page = await dashboard.page(f"/contents/{planned['id']}")
    assert said in page
    assert said in await dashboard.page("/contents?q=Will wait")
    assert "account without access" in await dashboard.page(
        f"/calendar?brandRef=acme&date={planned['scheduledAt'][:10]}"
    )


@pytest.mark.parametrize(
    ("account", "url"),
    [
        ({"channel": "bluesky", "handle": "acme.bsky.social"}, "https://bsky.app/profile/acme.bsky.social"),
        ({"channel": "threads", "handle": "@acme"}, "https://www.threads.com/@acme"),
        ({"channel": "facebook", "externalId": "12/3"}, "https://www.facebook.com/12%2F3"),
        ({"channel": "mastodon", "handle": "acme@fosstodon.org", "serviceUrl": "https://x.y/"}, "https://x.y/@acme"),
        ({"channel": "telegram", "handle": "Acme News", "externalId": "-10012"}, "https://t.me/c/12"),
        ({"channel": "telegram", "handle": "Acme News", "externalId": "-12"}, None),
        ({"channel": "linkedin", "handle": "acme"}, None),
    ],
)
def test_a_profile_is_where_its_network_shows_it(account: dict[str, Any], url: str | None) -> None:
    known = {"handle": "h", "externalId": "1", "serviceUrl": None, **account}
    shown = bench(account["channel"]).channel.profile_page(known["handle"], known["externalId"], known["serviceUrl"])
    assert shown == url


async def test_an_unconfirmed_post_leads_to_the_profile(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit(text="Is it there?")
    await api.move(made["id"], PublicationStatus.QUEUED, PublicationStatus.PUBLISHING, PublicationStatus.UNCONFIRMED)
    account = await api.read(f"/v1/accounts/{made['publications'][0]['accountId']}")
    assert f'href="{profile_page(api.services, account)}"' in await dashboard.page("/attention")
