"""Owners connect in a real browser, at the consent pages of the sandbox. A post that waits is published after that.

Tenants that connect side by side are in `tests/e2e/test_erasure.py`, which erases one of them.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import photograph
from tests.harness.brand import Brand
from tests.harness.networks import create_profile
from tests.support.browser import open_page

# One whose request is sent ahead, one whose login is chosen, and one of the others, whose pages are alike. Facebook,
# Mastodon and Threads follow below; tests/channels/test_oauth.py has each network's consent over HTTP.
NETWORKS = ("bluesky", "linkedin", "youtube")


async def consent(page: Page, channel: str) -> None:
    """From our page over the network's, as the profile that was made last, to where the browser ends."""
    await photograph(page, f"connect-{channel}")
    await page.get_by_role("button", name="Continue to").click()
    await page.get_by_role("radio").last.check()
    await photograph(page, f"consent-{channel}")
    await page.get_by_role("button", name="Allow").click()


async def connection(api: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/v1/connections/{made['id']}")).json()
    return found


@pytest.mark.parametrize("channel", NETWORKS)
async def test_an_owner_connects_in_a_browser(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser, channel: str
) -> None:
    ref = f"browser-{channel}"
    await api.post("/v1/brands", json={"ref": ref, "name": "Acme Stores"})
    profile = await create_profile(sandbox, channel, ref)
    asked = {"channel": channel, **({"login": "page"} if channel == "linkedin" else {})}
    made = (await api.post(f"/v1/brands/{ref}/accounts/connect", json=asked)).json()
    async with open_page(browser, made["connectUrl"]) as page:
        await consent(page, channel)
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
        await photograph(page, f"connected-{channel}")
    found = await connection(api, made)
    assert (found["status"], found["failure"]) == ("connected", None)
    (account_id,) = found["accountIds"]
    account = (await api.post(f"/v1/accounts/{account_id}/check")).json()
    assert (account["ok"], account["externalId"]) == (True, profile.get("externalId") or profile["did"])


async def test_an_account_with_a_server_of_its_own_is_reconnected_there(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    """The stored account says where its owner consents again."""
    await api.post("/v1/brands", json={"ref": "again", "name": "Acme Stores"})
    profile = await create_profile(sandbox, "mastodon", "again")
    asked = {"channel": "mastodon", "hint": profile["serviceUrl"]}
    made = (await api.post("/v1/brands/again/accounts/connect", json=asked)).json()
    async with open_page(browser, made["connectUrl"]) as page:
        await consent(page, "mastodon")
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    (account_id,) = (await connection(api, made))["accountIds"]
    again = (await api.post(f"/v1/accounts/{account_id}/reconnect", json={})).json()
    async with open_page(browser, again["connectUrl"]) as page:
        await consent(page, "mastodon-again")
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert (await connection(api, again))["accountIds"] == [account_id]


async def test_an_owner_of_several_pages_chooses_on_our_page(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    await api.post("/v1/brands", json={"ref": "pages", "name": "Acme Stores"})
    first = await create_profile(sandbox, "facebook", "Acme North")
    names = ("Acme South", "Acme West")
    more = [await create_profile(sandbox, "facebook", name, beside=first["externalId"]) for name in names]
    made = (await api.post("/v1/brands/pages/accounts/connect", json={"channel": "facebook"})).json()
    async with open_page(browser, made["connectUrl"]) as page:
        await consent(page, "facebook-pages")
        await photograph(page, "choose-pages")
        await page.get_by_role("button", name="Connect").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose at least one")
        await page.get_by_role("checkbox", name="Acme North").check()
        await page.get_by_role("checkbox", name="Acme West").check()
        await page.get_by_role("button", name="Connect").click()
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    connected = (await api.get("/v1/accounts", params={"brandRef": "pages"})).json()["data"]
    assert {one["externalId"] for one in connected} == {first["externalId"], more[1]["externalId"]}


async def test_an_owner_may_decline_or_untick_and_try_again(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    await api.post("/v1/brands", json={"ref": "declines"})
    await create_profile(sandbox, "threads", "declines")
    made = (await api.post("/v1/brands/declines/accounts/connect", json={"channel": "threads"})).json()
    async with open_page(browser, made["connectUrl"], width=390, dark=True) as page:
        await page.get_by_role("button", name="Continue to").click()
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("alert")).to_contain_text("the owner declined")
        await photograph(page, "declined-phone-dark")
        assert (await connection(api, made))["failure"]["reason"] == "CONSENT_DENIED"
        await page.goto(made["connectUrl"])
        await page.get_by_role("button", name="Continue to").click()
        await page.get_by_role("radio").last.check()
        await page.get_by_role("checkbox", name="threads_content_publish").uncheck()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("alert")).to_contain_text("threads_content_publish")
        assert (await connection(api, made))["failure"]["reason"] == "MISSING_SCOPE"
        await page.goto(made["connectUrl"])
        await consent(page, "threads-again")
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()


async def test_a_post_that_waits_for_its_owner_is_published_once_after_they_reconnect(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    brand = await Brand.create(api, sandbox, "held", "threads")
    await brand.end_token("revoke", "threads")
    content = await brand.submit("Held until they came back", seconds=2, channels=["threads"])
    await brand.hold(content["id"], "TOKEN")
    account = await brand.account("threads")
    made = (await api.post(f"/v1/accounts/{account['id']}/reconnect", json={})).json()
    async with open_page(browser, made["connectUrl"]) as page:
        await consent(page, "reconnect")
        await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    await brand.published(content["id"])
    assert len(await brand.posts("Held until they came back", "threads")) == 1
    kinds = await brand.events()
    assert kinds.count("account.reauth_required") == 1
    assert kinds.count("account.connected") == 2
    assert "content.publish.failed" not in kinds
