"""Posts that one action mends are one row, with that action and the network's own words."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from api.dashboard.causes import causes_of, says_its_code
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import READ, expect_words
from tests.db.seeding import START

S = PublicationStatus


async def refuse(api: ApiHarness, reason: Reason, count: int) -> list[str]:
    """The ids of posts that failed with this reason."""
    ids = []
    for number in range(count):
        made = await api.submit(text=f"{reason} {number}")
        async with api.locked(made["id"]) as content:
            for row in content.publications:
                await content.fail(row, failure_of(reason).model_copy(update={"provider_message": "Session <ended>"}))
        ids.append(made["id"])
    return ids


async def test_thirty_posts_of_one_dead_token_are_one_row(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    ids = await refuse(api, Reason.TOKEN_REVOKED, 30)
    await refuse(api, Reason.CONTENT_POLICY, 1)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    rows = re.findall(r'<article class="card cause" id="([^"]+)"', page)
    assert [row.rpartition("-")[2] for row in rows] == ["content_policy", "token_revoked"]
    token = page.partition(rows[1])[2].partition("</article>")[0]
    expect_words(token, "30 posts", "Retry all 30", "Reconnect", "Session &lt;ended&gt;", 'href="/accounts/acc_')
    calls = json.loads(unescape(re.search(r"data-actions='([^']+)'", token)[1]))  # type: ignore[index]
    assert {call["path"] for call in calls} == {f"/v1/contents/{content_id}/retry" for content_id in ids}
    assert all(len(call["body"]["publicationIds"]) == 1 for call in calls)
    answer = await dashboard.act("POST", calls[0]["path"], calls[0]["body"], headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202, answer.text
    policy = page.partition(rows[0])[2].partition("</article>")[0]
    assert "/retry" not in policy, "a retry does not help"
    assert "Retry all 29" in await dashboard.page("/attention")


async def test_a_reader_sees_causes_without_actions(api: ApiHarness) -> None:
    await refuse(api, Reason.PROVIDER_OUTAGE, 2)
    async with api.dashboard(await api.key(*READ)) as reader:
        page = await reader.page("/attention")
    assert ("PROVIDER_OUTAGE" in page, "data-actions" in page) == (True, False)
    assert Scope.CONTENTS_WRITE not in READ


def waiting(reason: HoldReason, account: str = "acc_1") -> dict[str, Any]:
    publication = {
        "id": "pub_1", "channel": "threads", "accountId": account, "status": "queued", "failure": None,
        "hold": {"reason": reason.value, "since": None, "until": None},
    }  # fmt: skip
    return {
        "id": f"cnt_{reason}",
        "scheduledAt": "2026-12-01T09:00:00Z",
        "publications": [publication, {**publication, "hold": None}],
    }


def test_waiting_posts_are_grouped_by_account_and_condition() -> None:
    posts = [waiting(HoldReason.TOKEN), waiting(HoldReason.TOKEN, "acc_2"), waiting(HoldReason.OUTAGE)]
    posts.append({**waiting(HoldReason.TOKEN), "id": "cnt_other"})
    found = causes_of(posts)
    assert [(cause.account_id, cause.reason, len(cause.posts), cause.reconnects) for cause in found] == [
        ("acc_1", "TOKEN", 2, True), ("acc_2", "TOKEN", 1, True), ("acc_1", "OUTAGE", 1, False),
    ]  # fmt: skip
    assert causes_of([]) == []


async def test_posts_of_one_cause_are_listed_by_their_time_and_all_are_in_reach(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    days = (27, 24, 26, 23, 25, 22, 21)
    posts = {day: (await api.submit(text=f"Due {day}", scheduledAt=f"2026-12-{day}T09:00:00Z"))["id"] for day in days}
    for content_id in posts.values():
        await api.move(content_id, S.FAILED)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    card = page.partition('<article class="card cause"')[2].partition("</article>")[0]
    first, _, rest = card.partition("And 2 more.")
    shown = re.findall(r'<a href="/contents/(\w+)"', first)
    assert shown == [posts[day] for day in (21, 22, 23, 24, 25)]
    expect_words(rest, f'href="/contents/{posts[26]}"', "Due 26", f'href="/contents/{posts[27]}"', "27 Dec 2026")
    assert rest.index(posts[26]) < rest.index(posts[27])


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ((Reason.PROVIDER_OUTAGE,), "Fix the cause, then retry.</p>"),
        ((Reason.TEXT_TOO_LONG,), "A retry cannot publish these. Fix the cause, then copy what you still need"),
        (
            (Reason.PROVIDER_OUTAGE, Reason.TEXT_TOO_LONG),
            "then retry. Where there is no Retry, copy what you still need",
        ),
    ],
)
async def test_what_stands_above_failures_suits_what_can_be_done(
    api: ApiHarness, dashboard: DashboardBrowser, reasons: tuple[Reason, ...], words: str
) -> None:
    for reason in reasons:
        await refuse(api, reason, 1)
    expect_words(re.sub(r"\s+</p>", "</p>", await dashboard.page("/attention")), words)


@pytest.mark.each_database
async def test_a_waiting_post_says_why_under_the_code_of_the_account(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    """And every page says the same about what happens then: it is published by itself."""
    account_id = await api.add_account(
        ChannelName.THREADS,
        status=AccountStatus.REAUTH_REQUIRED.value,
        last_failure={"at": START.isoformat(), "reason": "TOKEN_REVOKED", "message": "the owner removed <us>"},
    )
    held = await api.seed.content(account_id, hold=HoldReason.TOKEN)
    attention = await dashboard.page("/attention")
    card = attention.partition('<article class="card cause"')[2].partition("</article>")[0]
    post = await dashboard.page(f"/contents/{held}")
    account = await dashboard.page(f"/accounts/{account_id}")
    for page in (attention, post, account):
        assert faults(page) == []
    for page in (card, post):
        expect_words(page, "the owner removed &lt;us&gt;", "<code>TOKEN_REVOKED</code>",
                     "Publishing continues as soon as that is done.")  # fmt: skip
        assert "<code>TOKEN</code>" not in page
    expect_words(card, "Why</span> the owner removed &lt;us&gt;.</p>")
    expect_words(account, "<code>TOKEN_REVOKED</code>", "posts that wait for it are then published", "1 waiting")
    assert "then retry" not in account


async def test_a_post_that_waits_for_the_network_shows_what_it_said(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED)
    async with api.locked(made["id"]) as content:
        away = failure_of(Reason.PROVIDER_OUTAGE, "It is <down>")
        await content.hold(content.publications[0], HoldReason.OUTAGE, START + timedelta(minutes=5), away)
    for path in ("/attention", f"/contents/{made['id']}"):
        page = await dashboard.page(path)
        expect_words(page, "It is &lt;down&gt;")
        assert "Publishing continues as soon as that is done." not in page, "it continues by itself"


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("368", "(#368) The action has been deemed abusive", True),
        ("36", "(#368) The action has been deemed abusive", False),
        ("368/1390008", "(#368) You are posting too fast", False),
        ("HTTP 403", None, False),
        (None, "Refused", False),
    ],
)
def test_whether_a_message_has_its_code_in_it(code: str | None, message: str | None, expected: bool) -> None:
    assert says_its_code({"providerCode": code, "providerMessage": message}) is expected


async def test_a_code_stands_once_beside_the_networks_message(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit(text="Refused")
    said = {"provider_code": "368", "provider_message": "(#368) Blocked for a while"}
    async with api.locked(made["id"]) as content:
        for row in content.publications:
            await content.fail(row, failure_of(Reason.ACCOUNT_RESTRICTED).model_copy(update=said))
    for path in ("/attention", f"/publications/{made['publications'][0]['id']}"):
        page = await dashboard.page(path)
        assert page.count("(#368) Blocked") == 1, path
        assert ("368 (#368)" in page, "<code>368</code>" in page) == (False, False), path


async def test_a_long_list_of_posts_leads_to_all_of_the_account(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    ids = await refuse(api, Reason.PROVIDER_OUTAGE, 17)
    account_id = (await api.read_content(ids[0]))["publications"][0]["accountId"]
    card = (await dashboard.page("/attention")).partition('<article class="card cause"')[2].partition("</article>")[0]
    path = f"/contents?accountId={account_id}&amp;status=failed&amp;status=partially_published"
    expect_words(card, "And 12 more.", f'<a href="{path}">Show all 17</a>')
    assert sum(f'href="/contents/{each}"' in card for each in ids) == 15
    listed = await dashboard.page(path.replace("&amp;", "&"))
    assert all(each in listed for each in ids)
