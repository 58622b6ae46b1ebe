"""The way back for an account that was disconnected, or that lacks permissions."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest

from munadi.channels.oauth import require_scopes
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.owner import CMS, connected_accounts, create_link, owner_of, path_of
from tests.api.test_dashboard_accounts import ACCOUNTS, section
from tests.api.test_dashboard_copying import form_of
from tests.api.test_dashboard_posts import expect_words


def button_of(markup: str) -> tuple[str, dict[str, str]]:
    """The request of the first button that begins to connect."""
    found = re.search(r"data-connect=\"([^\"]+)\" data-body='([^']+)'", markup)
    assert found is not None, markup
    return found[1], json.loads(unescape(found[2]))


async def test_a_disconnected_account_can_be_connected_again(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    made = await api.submit(channels=["threads"])
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    page = await dashboard.page(f"/accounts/{account_id}")
    assert faults(page) == []
    expect_words(
        page, "Posts that waited for it have failed",
        f"/contents?brandRef=acme&amp;accountId={account_id}&amp;status=failed&amp;status=partially_published",
        'class="strong" data-connect="/v1/brands/acme/accounts/connect"',
    )  # fmt: skip
    assert button_of(page) == ("/v1/brands/acme/accounts/connect", {"channel": "threads", "hint": "th-1"})
    listed = await dashboard.page(f"/contents?brandRef=acme&accountId={account_id}&status=failed")
    expect_words(listed, made["id"], "Only posts of Threads acme.threads.")
    for words in ("data-check", "data-reconnect", "DELETE /v1/accounts"):
        assert words not in page, words


async def test_a_missing_permission_is_named_with_what_does_not_work(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    account_id = await api.add_account(ChannelName.THREADS, scopes=["threads_basic", "threads_content_publish"])
    part = section(await dashboard.page(ACCOUNTS), f'id="{account_id}"')
    expect_words(
        part, "gave us fewer permissions than we asked for", "<code>threads_manage_replies</code>",
        "<strong>publish the further parts of a thread, or first comments</strong>",
        "Connect again and allow us to publish the further parts of a thread, or first comments",
    )  # fmt: skip
    assert "fewer permissions" not in section(await dashboard.page(ACCOUNTS), "acme.shop")


@pytest.mark.fake_network
async def test_a_reconnect_without_a_permission_leaves_the_account_as_it_was(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
        (account,) = await connected_accounts(api)
        link = await api.create(f"/v1/accounts/{account['id']}/reconnect", {})
        consent = await owner.leave(link)
        with pytest.raises(ChannelError) as refusal:
            require_scopes("Bluesky", ("read",), ("read", "publish", "tweet.write"))
        api.authorizer.refusals.append(refusal.value)
        await owner.come_back(api.authorizer.approve(consent))
    page = await dashboard.page(f"/accounts/{account['id']}?connectionId={link['id']}")
    assert faults(page) == []
    assert "is not connected" not in page
    expect_words(
        page, "Bluesky was not connected again", f"{account['handle']} stays connected",
        "Without it we cannot <strong>publish posts</strong>. <code>tweet.write</code>",
        f'data-reconnect="{account["id"]}">Connect again and allow all of them</button>',
    )  # fmt: skip


@pytest.mark.fake_network
async def test_a_profile_that_was_disconnected_comes_back_as_a_new_account(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
        (before,) = await connected_accounts(api)
        await api.delete(f"/v1/accounts/{before['id']}")
        link = await create_link(api)
        await owner.consent(link)
    (after,) = await connected_accounts(api)
    answer = await dashboard.get(f"/accounts/{before['id']}?connectionId={link['id']}")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/accounts/{after['id']}?connectionId={link['id']}",
    )
    page = await dashboard.page(answer.headers["location"])
    expect_words(page, "is connected.")
    assert "See Needs attention" not in page, "nothing failed"


@pytest.mark.fake_network
async def test_an_account_that_is_back_leads_to_what_failed_without_it(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
        (before,) = await connected_accounts(api)
        made = [await api.submit(channels=[{"channel": "bluesky", "accountId": before["id"]}]) for _ in range(2)]
        await api.delete(f"/v1/accounts/{before['id']}")
        link = await create_link(api)
        await owner.consent(link)
    (after,) = await connected_accounts(api)
    path = f"/accounts/{after['id']}?connectionId={link['id']}"
    page = await dashboard.page(path)
    assert faults(page) == []
    expect_words(
        page, "2 posts failed because it had been disconnected.", f'href="/attention?brandRef={after["brandRef"]}"'
    )
    assert "had been disconnected" not in await dashboard.page(f"/accounts/{after['id']}"), "only after connecting"
    async with api.dashboard(await api.key(Scope.ACCOUNTS_READ)) as reader:
        assert "had been disconnected" not in await reader.page(path), "it may not read posts"
    failed = (await api.read_content(made[0]["id"]))["publications"][0]["id"]
    await api.create(f"/v1/publications/{failed}/dismiss", {"because": "not_needed"})
    expect_words(await dashboard.page(path), "1 post failed because it had been disconnected.")


async def test_attention_sees_that_an_account_is_connected_again(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    made = await api.submit(channels=["threads"])
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    card = section(await dashboard.page("/attention"), f'id="failed-{account_id}-account_disconnected"')
    expect_words(card, f'href="/accounts/{account_id}">Connect again', "Copy to a new post")
    connect = button_of(card)
    assert connect == ("/v1/brands/acme/accounts/connect", {"channel": "threads", "hint": "th-1"})
    new = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    card = section(await dashboard.page("/attention"), f'id="failed-{account_id}-account_disconnected"')
    expect_words(card, "The account is connected again.", f'class="button strong" href="/compose?copy={made["id"]}"')
    assert "data-connect" not in card
    copied = form_of(await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}"))
    assert [each["accountId"] for each in copied["content"]["channels"]] == [new]
    assert copied["off"] == []


@pytest.mark.fake_network
async def test_one_press_in_attention_begins_the_reconnect_and_the_next_page_leads_back(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    async with owner_of(api) as owner:
        await owner.consent(await create_link(api))
    (account,) = await connected_accounts(api)
    await api.update_account(account["id"], status="reauth_required")
    await api.seed.content(account["id"], hold=HoldReason.TOKEN)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    card = section(page, '<article class="card cause"')
    path, body = button_of(card)
    assert (path, body) == (f"/v1/accounts/{account['id']}/reconnect", {})
    back = f"/accounts/{account['id']}"
    expect_words(card, f'data-back="{back}" href="{back}">Reconnect')
    home = f"{api.services.settings.base_url}{back}"
    answer = await dashboard.act("POST", path, {"redirectUrl": home})
    assert answer.status_code == 201, answer.text
    begun = await dashboard.page(path_of(answer.json()))
    expect_words(begun, "Reconnect Bluesky", f'href="{home}">Cancel, and go back to the dashboard')
    async with api.dashboard(await api.key(Scope.ACCOUNTS_READ, Scope.CONTENTS_READ)) as reader:
        card = section(await reader.page("/attention"), '<article class="card cause"')
    assert ("data-connect" in card, f'href="{back}">Reconnect' in card) == (False, True)


@pytest.mark.fake_network
@pytest.mark.parametrize("fields", [{}, {"redirectUrl": CMS}], ids=["for the owner", "of another program"])
async def test_a_link_that_no_dashboard_began_leads_to_none(api: ApiHarness, fields: dict[str, str]) -> None:
    async with owner_of(api) as owner:
        page = (await owner.client.get(path_of(await create_link(api, **fields)))).text
    assert ("Continue to Bluesky" in page, "go back" in page) == (True, False)


async def test_disconnected_accounts_stay_in_reach(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    one = await api.add_account(ChannelName.THREADS, handle="one.threads", external_id="th-1")
    two = await api.add_account(ChannelName.BLUESKY, handle="two.example", external_id="did:two")
    assert 'id="disconnected"' not in await dashboard.page(ACCOUNTS)
    assert (await api.delete(f"/v1/accounts/{one}")).status_code == 204
    api.clock.ahead = timedelta(minutes=5)
    assert (await dashboard.act("DELETE", f"/v1/accounts/{two}")).status_code == 204
    page = await dashboard.page(ACCOUNTS)
    assert faults(page) == []
    part = page.partition('id="disconnected"')[2].partition("</details>")[0]
    assert part.index(two) < part.index(one), "the last one comes first"
    expect_words(part, "one.threads", f'href="/accounts/{one}"', "Connect again", "1 Dec 2026", "with your key")
    assert button_of(part.partition(one)[2]) == (
        "/v1/brands/acme/accounts/connect", {"channel": "threads", "hint": "th-1"},
    )  # fmt: skip
    assert page.index("acme.example") < page.index('id="disconnected"'), "it is below those that are connected"
    await api.add_account(ChannelName.THREADS, handle="one.threads", external_id="th-1")
    part = (await dashboard.page(ACCOUNTS)).partition('id="disconnected"')[2].partition("</details>")[0]
    assert (one in part, two in part) == (False, True), "its profile is back"


async def test_only_an_administrator_reads_whose_key_disconnected(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS)
    writer = await api.key(Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme")
    assert (await api.delete(f"/v1/accounts/{account_id}", key=writer)).status_code == 204
    expect_words(section(await dashboard.page(ACCOUNTS), f'id="gone-{account_id}"'), "with the key test")
    for key in (await api.key(Scope.ACCOUNTS_READ), await api.key(Scope.ADMIN, brand_ref="acme")):
        async with api.dashboard(key) as reader:
            part = (await reader.page(ACCOUNTS)).partition(f'id="gone-{account_id}"')[2].partition("</li>")[0]
        assert ("disconnected" in part, "the key test" in part) == (True, False)
    async with api.dashboard(await api.key(Scope.ACCOUNTS_READ)) as reader:
        assert "data-connect" not in (await reader.page(ACCOUNTS)).partition('id="disconnected"')[2]


async def test_a_brand_whose_only_account_was_disconnected_has_it_open(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    for account in await api.read_list("/v1/accounts?brandRef=acme"):
        assert (await api.delete(f"/v1/accounts/{account['id']}")).status_code == 204
    page = await dashboard.page(ACCOUNTS)
    expect_words(page, "No account is connected", 'id="disconnected" open')
    assert "Three steps" not in page


async def test_what_a_disconnected_account_left_is_copied_to_drafts_by_one_button(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    soon, later = "2026-12-01T11:00:00Z", "2026-12-24T09:00:00Z"
    file = await api.uploaded()
    posts = [
        await api.submit(text="Now past", channels=["threads"], scheduledAt=soon),
        await api.submit(text="Still to come", channels=["threads"], scheduledAt=later, media=[file]),
    ]
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    card_id = f'id="failed-{account_id}-account_disconnected"'
    assert "to drafts" not in section(await dashboard.page("/attention"), card_id), "there is no account for them yet"
    new = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    api.clock.ahead = timedelta(hours=3)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    card = section(page, card_id)
    expect_words(card, "Copy all 2 to drafts", "Nothing is published before you submit the drafts.")
    calls = json.loads(unescape(re.search(r"data-actions='([^']+)'", card)[1]))  # type: ignore[index]
    assert [(call["path"], call["body"].get("scheduledAt")) for call in calls] == [
        ("/v1/drafts", None), ("/v1/drafts", later),
    ]  # fmt: skip
    for call in calls:
        answer = await dashboard.act("POST", call["path"], call["body"])
        assert (answer.status_code, answer.json()["problems"]) == (201, [])
    drafts = {each["content"]["text"]: each for each in await api.read_list("/v1/drafts?brandRef=acme")}
    assert drafts["Still to come"]["content"] == {
        "brandRef": "acme", "text": "Still to come", "media": [file], "scheduledAt": later,
        "channels": [{"channel": "threads", "accountId": new}], "metadata": {"copyOf": posts[1]["id"]},
    }  # fmt: skip
    card = section(await dashboard.page("/attention"), card_id)
    assert ("to drafts" in card, "/compose?copy=" in card) == (False, False), "each has its draft"
    expect_words(card, *(f"draft={each['id']}" for each in drafts.values()))
    expect_words(card, "2 are drafts now.", 'href="/drafts?brandRef=acme">Open Drafts', "Schedule the drafts")
    assert "Copy what you still need" not in card
    assert {(await api.read_content(post["id"]))["status"] for post in posts} == {"failed"}
    assert (await api.delete(f"/v1/drafts/{drafts['Now past']['id']}")).status_code == 204
    expect_words(section(await dashboard.page("/attention"), card_id), f"/compose?copy={posts[0]['id']}")


async def test_attention_says_what_is_left_of_posts_that_were_copied(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    posts = [await api.submit(text=text, channels=["threads"]) for text in ("One", "Two")]
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    card_id = f'id="failed-{account_id}-account_disconnected"'
    await api.submit(text="One", metadata={"copyOf": posts[0]["id"]})
    card = section(await dashboard.page("/attention"), card_id)
    expect_words(card, "Copy what you still need to a new post", "1 has a copy that is planned or published.")
    await api.submit(text="Two", metadata={"copyOf": posts[1]["id"]})
    page = await dashboard.page("/attention")
    assert faults(page) == []
    card = section(page, card_id)
    expect_words(card, "All 2 have a copy that is planned or published. Dismiss these.", "Dismiss all 2")
    assert ("what you still need" in page, "drafts now" in page) == (False, False)
