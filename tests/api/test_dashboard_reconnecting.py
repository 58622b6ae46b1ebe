"""The way back for an account that was disconnected, or that lacks permissions."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from munadi.channels.oauth import require_scopes
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.owner import connected_accounts, create_link, owner_of
from tests.api.test_dashboard_accounts import ACCOUNTS, section
from tests.api.test_dashboard_copying import form_of
from tests.api.test_dashboard_posts import expect_words


async def test_a_disconnected_account_can_be_connected_again(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    made = await api.submit(channels=["threads"])
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    page = await dashboard.page(f"/accounts/{account_id}")
    assert faults(page) == []
    expect_words(
        page, "Posts that waited for it have failed", "/contents?brandRef=acme&amp;status=failed&amp;channel=threads",
        'class="strong" data-connect="/v1/brands/acme/accounts/connect"',
    )  # fmt: skip
    body = json.loads(unescape(re.search(r"data-connect=\"[^\"]+\" data-body='([^']+)'", page)[1]))  # type: ignore[index]
    assert body == {"channel": "threads", "hint": "th-1"}
    assert made["id"] in await dashboard.page("/contents?brandRef=acme&status=failed&channel=threads")
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
    expect_words(await dashboard.page(answer.headers["location"]), "is connected.")


async def test_attention_sees_that_an_account_is_connected_again(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    account_id = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    made = await api.submit(channels=["threads"])
    assert (await api.delete(f"/v1/accounts/{account_id}")).status_code == 204
    card = section(await dashboard.page("/attention"), f'id="failed-{account_id}-account_disconnected"')
    expect_words(card, f'href="/accounts/{account_id}">Reconnect', "Edit in a new post")
    new = await api.add_account(ChannelName.THREADS, handle="acme.threads", external_id="th-1")
    card = section(await dashboard.page("/attention"), f'id="failed-{account_id}-account_disconnected"')
    expect_words(card, "The account is connected again.", f'class="button strong" href="/compose?copy={made["id"]}"')
    assert "Reconnect" not in card
    copied = form_of(await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}"))
    assert [each["accountId"] for each in copied["content"]["channels"]] == [new]
    assert copied["off"] == []
