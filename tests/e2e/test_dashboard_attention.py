"""A person mends what needs attention without leaving the page: moves, retries and answers, each by one button."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.async_api import Browser, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand, until
from tests.harness.networks import plant
from tests.harness.stack import Stack

# A loaded machine takes longer than a person would wait.
PATIENCE = 30_000


async def test_posts_of_one_cause_are_retried_by_one_button(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "retried", "facebook")
    fault = {"error": {"code": 368}, "times": 2, "profile": await brand.profile("facebook")}
    await plant(sandbox, "facebook", "feed", "error", **fault)
    texts = ("First refusal", "Second refusal")
    made = [await brand.submit(text, channels=["facebook"]) for text in texts]
    assert [(await brand.ended(one["id"]))["status"] for one in made] == ["failed", "failed"]
    async with signed_in(browser, stack, "/attention?brandRef=retried") as page:
        await expect(page.locator("article.cause")).to_have_count(1)
        await page.get_by_role("button", name="Retry all 2").click()
        await page.locator("dialog").get_by_role("button", name="Retry").click()
        await expect(page.locator("main").get_by_text("You’re all caught up")).to_be_visible(timeout=PATIENCE)
        await expect(page.locator("main").get_by_text("Retried: they are sent again now.")).to_be_visible()
        await page.get_by_role("link", name="See the posts").click()
        await expect(page.get_by_role("listitem").filter(has_text=texts[0])).to_be_visible()
    for one, text in zip(made, texts, strict=True):
        await brand.published(one["id"])
        assert len(await brand.posts(text, "facebook")) == 1


async def test_a_waiting_post_is_moved_and_the_way_to_the_network_is_two_clicks(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "moved", "threads")
    await brand.end_token("revoke", "threads")
    made = await brand.submit("Waits for its owner", channels=["threads"])

    async def is_waiting() -> bool:
        return bool((await brand.content(made["id"]))["publications"][0]["hold"])

    await until(is_waiting)
    later = (datetime.now(UTC) + timedelta(days=30)).replace(second=0, microsecond=0)
    async with signed_in(browser, stack, "/attention?brandRef=moved") as page:
        cause = page.locator("article.cause")
        await cause.locator("summary", has_text="Move").click()
        await cause.get_by_label("New time").fill(later.strftime("%Y-%m-%dT%H:%M"))
        await cause.get_by_role("button", name="Move").click()

        async def is_moved() -> bool:
            due: Any = (await brand.content(made["id"]))["scheduledAt"]
            return datetime.fromisoformat(due) == later

        await until(is_moved)
        await page.goto("/attention?brandRef=moved")
        await expect(cause).to_contain_text("TOKEN_REVOKED")
        await cause.get_by_role("link", name="Reconnect the Threads account").click()
        await expect(page.get_by_role("button", name="Continue to Threads")).to_be_visible()
        await page.get_by_role("link", name="Cancel, and go back to the dashboard").click()
        await expect(page.locator(".account")).to_contain_text("reconnect needed")
        await page.go_back()
        await page.get_by_role("button", name="Continue to Threads").click()
        await page.locator(f"input[type=radio][value='{await brand.profile('threads')}']").check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text("Threads is connected.")).to_be_visible()
        await expect(page.locator(".to-publish")).to_contain_text("1 scheduled")


async def test_what_a_disconnected_account_left_becomes_drafts_and_nothing_goes_out_by_itself(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "left-behind", "threads")
    profile = await brand.profile("threads")
    later = (datetime.now(UTC) + timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    texts = ("Planned first", "Planned second")
    made = [await brand.submit(text, channels=["threads"], scheduledAt=later.isoformat()) for text in texts]
    account = await brand.account("threads")
    assert (await api.delete(f"/v1/accounts/{account['id']}")).status_code == 204
    for one in made:
        assert (await brand.ended(one["id"]))["status"] == "failed"
    async with signed_in(browser, stack, "/attention?brandRef=left-behind") as page:
        cause = page.locator("article.cause")
        await cause.get_by_role("link", name="Connect again the Threads account").click()
        await page.get_by_role("button", name="Continue to Threads").click()
        await page.locator(f"input[type=radio][value='{profile}']").check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text("Threads is connected.")).to_contain_text("2 posts failed")
        await page.get_by_role("link", name="See Needs attention").click()
        await cause.get_by_role("button", name="Copy all 2 to drafts").click()
        await page.locator("dialog").get_by_role("button", name="Copy to drafts").click()
        await expect(cause.get_by_role("button", name="to drafts")).to_have_count(0, timeout=PATIENCE)
        await expect(cause).to_contain_text("2 are drafts now. Open Drafts")
        await cause.locator("summary", has_text="2 posts").click()
        await cause.get_by_role("link", name=re.compile("Open the draft.*Planned first")).click()
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Planned first")
        await expect(page.get_by_role("checkbox", name="Threads")).to_be_checked()
        await expect(page.get_by_label("Date and time")).to_have_value(later.strftime("%Y-%m-%dT%H:%M"))
    drafts = (await api.get("/v1/drafts", params={"brandRef": "left-behind"})).json()["data"]
    copied = {each["content"]["metadata"]["copyOf"]: each["content"]["text"] for each in drafts}
    assert copied == {one["id"]: text for one, text in zip(made, texts, strict=True)}
    assert [(await brand.content(one["id"]))["status"] for one in made] == ["failed", "failed"]
    assert len(await brand.contents()) == 2, "no post was made"


async def test_a_lost_response_is_answered_on_the_page(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "answered", "facebook")
    profile = await brand.profile("facebook")
    await plant(sandbox, "facebook", "feed", "accept_then_reset", times=1, profile=profile)
    await plant(sandbox, "facebook", "published_posts", "error", status=500, times=None, profile=profile)
    made = await brand.submit("Is it there?", channels=["facebook"])
    assert (await brand.ended(made["id"]))["status"] == "unconfirmed"
    async with signed_in(browser, stack, "/attention?brandRef=answered") as page:
        await page.get_by_role("group", name="Is this post on").get_by_role("button", name="Yes").click()
        await page.locator("dialog").get_by_role("button", name="Mark as published").click()
        await expect(page.locator("main").get_by_text("You’re all caught up")).to_be_visible(timeout=PATIENCE)
    assert (await brand.content(made["id"]))["status"] == "published"
    assert len(await brand.posts("Is it there?", "facebook")) == 1


async def test_a_failure_that_was_dealt_with_is_dismissed_and_brought_back(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "dismissed", "facebook")
    fault = {"error": {"code": 368}, "times": 1, "profile": await brand.profile("facebook")}
    await plant(sandbox, "facebook", "feed", "error", **fault)
    made = await brand.submit("Sent by hand", channels=["facebook"])
    assert (await brand.ended(made["id"]))["status"] == "failed"
    async with signed_in(browser, stack, "/attention?brandRef=dismissed") as page:
        count = page.get_by_role("navigation", name="Pages").locator(".nav-count")
        await expect(count).to_contain_text("1")
        await page.get_by_role("button", name="I posted it elsewhere").click()
        await expect(page.locator("main").get_by_text("You’re all caught up")).to_be_visible(timeout=PATIENCE)
        await expect(count).to_have_count(0)
        await page.locator("summary", has_text="Dismissed").click()
        await expect(page.locator("main")).to_contain_text("Facebook: sent elsewhere")
        await page.get_by_role("button", name="Bring back").click()
        await expect(page.locator("article.cause")).to_have_count(1, timeout=PATIENCE)
        await expect(count).to_contain_text("1")
    assert (await brand.content(made["id"]))["publications"][0]["dismissal"] is None
    assert await brand.posts("Sent by hand", "facebook") == []


async def test_every_page_of_the_navigation_can_be_seen(stack: Stack, browser: Browser, brand: Brand) -> None:
    for width in (1024, 1280, 1920):
        async with signed_in(browser, stack, f"/contents?brandRef={brand.ref}", width=width) as page:
            nav = page.get_by_role("navigation", name="Pages")
            await expect(nav.get_by_role("link", name="Audit log")).to_be_visible()
            hidden = await nav.evaluate("nav => nav.scrollWidth - nav.clientWidth")
            assert hidden <= 0, f"{hidden} of {width} pixels are cut off"
