"""The dashboard's pages of accounts, usage and webhooks: what is known, and only the actions that the key permits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from markupsafe import escape

from api.dashboard.usage import level
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import REASONS
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.owner import create_link, owner_of
from tests.api.servers import subscriber
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

ACCOUNTS, USAGE = "/accounts?brandRef=acme", "/usage?brandRef=acme"


def failed(minutes: int) -> dict[str, Any]:
    at, message = (START + timedelta(minutes=minutes)).isoformat(), "the network <did> not answer"
    return {"at": at, "reason": Reason.PROVIDER_OUTAGE.value, "message": message}


def section(page: str, title: str) -> str:
    """The part of a page under a heading, or after an id."""
    return page.partition(title)[2].partition("</section>")[0]


async def test_reconnect_leads_to_the_account(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(
        ChannelName.THREADS, "rival", handle="rival.threads", status=AccountStatus.REAUTH_REQUIRED.value
    )
    assert f'href="/accounts/{account_id}"' in await dashboard.page("/attention")
    page = await dashboard.page(f"/accounts/{account_id}")
    assert faults(page) == []
    expect_words(page, "rival.threads", f'data-reconnect="{account_id}"', "/accounts?brandRef=rival")
    answer = await dashboard.get("/accounts/acc_nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_an_account_shows_its_health(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(
        ChannelName.THREADS,
        handle="acme.threads",
        display_name="Acme <Stores>",
        status=AccountStatus.REAUTH_REQUIRED.value,
        scopes=["threads_basic", "threads_content_publish"],
        facts={"quota": {"used": 4, "total": 250, "left": 246}},
        token_expires_at=START + timedelta(days=3),
        last_success_at=START,
        last_failure=failed(1),
    )
    page = await dashboard.page(ACCOUNTS)
    assert faults(page) == []
    expect_words(
        section(page, f'id="{account_id}"'), "acme.threads", "Acme &lt;Stores&gt;", "reconnect needed",
        "threads_content_publish", "4 of 250 used", "246 left", "it is no longer valid",
        "the network &lt;did&gt; not answer",
        escape(REASONS[Reason.PROVIDER_OUTAGE].remedy), f'data-check="{account_id}"',
        f"DELETE /v1/accounts/{account_id}", "reconnect this",
    )  # fmt: skip


async def test_a_failure_before_the_last_success_is_no_alarm(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.add_account(ChannelName.THREADS, last_failure=failed(1), last_success_at=START + timedelta(minutes=2))
    page = await dashboard.page(ACCOUNTS)
    assert "the network &lt;did&gt; not answer. It has succeeded since." in page
    assert 'class="failure"' not in page


async def test_waiting_posts_are_linked_and_both_logins_are_offered(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    made = await api.submit()
    page = await dashboard.page(ACCOUNTS)
    expect_words(
        page, f'href="/contents/{made["id"]}" dir="auto">Monsoon sale</a>',
        'value="instagram" data-logins="instagram facebook"', 'value="bluesky" data-logins=""',
    )  # fmt: skip
    assert page.count('data-of="instagram"') == 2


async def test_disconnecting_says_first_what_will_fail(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    late = await api.submit(text="The <last>", scheduledAt="2026-12-24T09:00:00Z")
    first = await api.submit(text="The first", scheduledAt="2026-12-20T09:00:00Z")
    account_id = late["publications"][0]["accountId"]
    card = section(await dashboard.page(ACCOUNTS), f'id="{account_id}"')
    expect_words(card, f'data-src="/accounts/{account_id}"')
    assert f"DELETE /v1/accounts/{account_id}" not in card, "the page first shows which posts fail"
    page = await dashboard.page(f"/accounts/{account_id}")
    assert faults(page) == []
    part = section(page, 'data-part="disconnect"')
    expect_words(part, "2 scheduled posts will fail", "The &lt;last&gt;", "24 Dec 2026", "Keep it connected",
                 f"DELETE /v1/accounts/{account_id}", "let 2 posts fail")  # fmt: skip
    assert part.index(first["id"]) < part.index(late["id"]), "what is due first comes first"
    for _ in range(5):
        await api.submit(text="Between", scheduledAt="2026-12-21T09:00:00Z")
    part = section(await dashboard.page(f"/accounts/{account_id}"), 'data-part="disconnect"')
    expect_words(part, "7 scheduled posts will fail", f"accountId={account_id}", "And 2 more.</a>")
    assert late["id"] not in part
    async with api.dashboard(await api.key(Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE)) as other:
        part = section(await other.page(f"/accounts/{account_id}"), 'data-part="disconnect"')
    assert ("7 scheduled posts will fail" in part, "The first" in part) == (True, False)


async def test_an_account_without_waiting_posts_asks_as_before(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    assert (await api.post(f"/v1/contents/{made['id']}/cancel")).status_code == 200
    page = await dashboard.page(f"/accounts/{made['publications'][0]['accountId']}")
    assert ('data-confirm-label="Disconnect"' in page, 'data-part="disconnect"' in page) == (True, False)


async def test_a_reader_of_accounts_is_offered_no_action(api: ApiHarness) -> None:
    key = await api.key(Scope.ACCOUNTS_READ, Scope.CONTENTS_READ, brand_ref="rival")
    async with api.dashboard(key) as reader:
        page = await reader.page(ACCOUNTS)
    for words in ("acme.shop", "data-action", "data-check", 'id="connect"', "data-reconnect"):
        assert words not in page, words
    assert faults(page) == []


@pytest.mark.fake_network
async def test_the_page_shows_how_a_connection_ended(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    link = await create_link(api)
    path = f"{ACCOUNTS}&connectionId={link['id']}"
    assert "is connected" not in await dashboard.page(path)
    async with owner_of(api) as owner:
        consent = await owner.leave(link)
        await owner.come_back({"state": consent["state"], "error": "access_denied"})
        expect_words(await dashboard.page(path), "is not connected", Reason.CONSENT_DENIED)
        await owner.consent(link)
    assert "is connected." in await dashboard.page(path)
    assert "is connected" not in await dashboard.page(f"{ACCOUNTS}&connectionId=con_x")


# Usage.


@pytest.mark.parametrize(
    ("used", "limit", "expected"),
    [
        (9, None, "free"),
        (0, 10, "fine"),
        (7, 10, "fine"),
        (8, 10, "near"),
        (10, 10, "full"),
        (12, 10, "full"),
        (0, 0, "full"),
    ],
)
def test_a_level_shows_how_near_a_limit_is(used: int, limit: int | None, expected: str) -> None:
    remaining = None if limit is None else max(0, limit - used)
    assert level({"used": used, "limit": limit, "remaining": remaining}) == expected


async def test_usage_shows_limits_and_what_is_left(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.limit(accounts=3, publicationsPerMonth=4)
    await api.submit(scheduledAt="2026-12-20T09:00:00Z")
    page = await dashboard.page(USAGE)
    assert faults(page) == []
    assert "Usage, December 2026" in page
    expect_words(section(page, "Connected accounts</h2>"), "<strong>3</strong>", "of 3", "Used up.")
    expect_words(
        section(page, "Publications</h2>"), "<strong>0</strong>", "3 left.", 'max="4" value="1"',
        "1 more scheduled for this month (already counted).",
    )  # fmt: skip
    assert "no limit" in page.partition("Webhook deliveries</h2>")[2]
    assert 'rel="next"' not in page


async def test_earlier_months_are_shown(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    page = await dashboard.page(f"{USAGE}&month=2026-10")
    expect_words(page, "Usage, October 2026", "month=2026-09", "month=2026-11")
    assert "in this minute" not in page
    assert (await dashboard.get(f"{USAGE}&month=2026-13")).status_code == 422


async def test_a_key_of_one_brand_sees_its_own_usage(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, brand_ref="rival")) as rival:
        page = await rival.page(USAGE)
    expect_words(page, "There is no brand “acme”; showing rival.", "An administrator sets the limits.")


# Webhooks.


async def create_endpoint(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    return await api.create("/v1/webhooks/endpoints", {"url": "https://93.184.215.14/hook"} | fields)


async def test_endpoints_are_listed_without_their_secrets(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    assert "No endpoints yet" in await dashboard.page("/webhooks")
    made = await create_endpoint(api, brandRef="acme", types=["content.completed"], description="<CMS>")
    for path in ("/webhooks", f"/webhooks/{made['id']}"):
        page = await dashboard.page(path)
        assert faults(page) == []
        assert made["secret"] not in page
        expect_words(page, "&lt;CMS&gt;", "content.completed")
    expect_words(await dashboard.page("/webhooks"), *(f'value="{kind}"' for kind in EventType))


async def test_a_disabled_endpoint_can_be_enabled(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await create_endpoint(api)
    assert "Send test event" in await dashboard.page(f"/webhooks/{made['id']}")
    await api.patch(f"/v1/webhooks/endpoints/{made['id']}", {"enabled": False})
    page = (await dashboard.page(f"/webhooks/{made['id']}")).replace("&#34;", '"')
    expect_words(page, "Endpoint: </span>disabled<", '{"enabled": true}')


@pytest.mark.parametrize(
    ("status", "words", "other"),
    [(500, ("HTTP 500", "Response", ">hi</pre>"), "delivered"), (204, ("HTTP 204",), "pending")],
)
async def test_a_delivery_shows_every_attempt_and_is_found_by_its_status(
    api: ApiHarness, dashboard: DashboardBrowser, status: int, words: tuple[str, ...], other: str
) -> None:
    async with subscriber(status) as receiver:
        made = await create_endpoint(api, url=receiver.url)
        delivery = await api.create(f"/v1/webhooks/endpoints/{made['id']}/test", None)
    path, shown = f"/webhooks/{made['id']}", 'class="delivery"'
    for page in (path, f"{path}?status=", f"{path}?status={delivery['status']}"):
        found = await dashboard.page(page)
        assert faults(found) == []
        expect_words(found, shown, "webhook.test", "Try 1", "1 try", "/redeliver", *words)
    assert shown not in await dashboard.page(f"{path}?status={other}")
    assert (await dashboard.get(f"{path}?status=lost")).status_code == 422


@pytest.mark.parametrize(("status", "words"), [(500, ("HTTP 500", ">hi</pre>")), (204, ("HTTP 204", "delivered"))])
async def test_a_delivery_shows_its_request_beside_the_responses(
    api: ApiHarness, dashboard: DashboardBrowser, status: int, words: tuple[str, ...]
) -> None:
    async with subscriber(status) as receiver:
        made = await create_endpoint(api, url=receiver.url)
        delivery = await api.create(f"/v1/webhooks/endpoints/{made['id']}/test", None)
    listed, path = await dashboard.page(f"/webhooks/{made['id']}"), f"/webhooks/deliveries/{delivery['id']}"
    assert f'href="{path}"' in listed
    page = await dashboard.page(path)
    assert faults(page) == []
    sent = (
        "webhook-signature",
        "webhook-timestamp",
        f"POST {receiver.url}",
        delivery["eventId"],
        "&#34;webhook.test&#34;",
    )
    expect_words(page, "Request</h2>", "Response</h2>", "Try 1", "/redeliver", *sent, *words)
    assert made["secret"] not in page
    health = await dashboard.page("/webhooks")
    expect_words(health, f"Last 1: 1 {delivery['status']}", f'class="is-{delivery["status"]}"')


async def test_a_delivery_without_a_try_and_an_unknown_one_are_pages_too(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await create_endpoint(api)
    await api.submit()
    [delivery, *_] = await api.read_list("/v1/webhooks/deliveries")
    expect_words(
        await dashboard.page(f"/webhooks/deliveries/{delivery['id']}"), "Nothing has been sent yet", "No try yet"
    )
    assert (await dashboard.get("/webhooks/deliveries/dlv_nothing")).status_code == 404


async def test_a_delivery_of_a_post_keeps_its_text_from_a_key_that_may_not_read_posts(api: ApiHarness) -> None:
    async with subscriber(204) as receiver:
        made = await create_endpoint(api, url=receiver.url, brandRef="acme")
        delivery = await api.create(f"/v1/webhooks/endpoints/{made['id']}/test", None)
    key = await api.key(Scope.WEBHOOKS_READ, brand_ref="acme")
    async with api.dashboard(key) as reader:
        page = await reader.page(f"/webhooks/deliveries/{delivery['id']}")
    expect_words(page, "Your key may not read posts", "webhook-signature")
    assert "Redeliver" not in page


async def test_a_reader_of_webhooks_is_offered_no_action(api: ApiHarness) -> None:
    made = await create_endpoint(api, brandRef="acme")
    key = await api.key(Scope.WEBHOOKS_READ, Scope.CONTENTS_READ, brand_ref="acme")
    async with api.dashboard(key) as reader:
        page = await reader.page(f"/webhooks/{made['id']}")
        for words in ("data-action", "data-test", "data-rotate", 'id="replay"', 'id="recover"'):
            assert words not in page, words
        assert 'id="create"' not in await reader.page("/webhooks")
