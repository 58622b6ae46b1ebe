"""The brand is chosen once, in the header, and a post goes out for that brand: seen in a real browser."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
from playwright.async_api import Browser, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand
from tests.harness.stack import Stack

SUBMIT = re.compile("^(Publish now|Schedule)")


async def test_a_post_goes_out_for_the_brand_that_the_calendar_showed(
    stack: Stack, brand: Brand, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    other = await Brand.create(api, sandbox, f"a-{uuid4().hex[:10]}", "bluesky")
    async with signed_in(browser, stack, "/calendar") as page:
        header, pages = page.locator("header"), page.get_by_role("navigation", name="Pages")
        await header.get_by_label("Brand").select_option(brand.ref)
        await page.wait_for_url(re.compile(f"brandRef={brand.ref}"))
        await pages.get_by_role("link", name="Posts").click()
        await expect(header.get_by_label("Brand")).to_have_value(brand.ref)
        await page.goto("/compose")
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Compose for {brand.ref}")
        await page.get_by_role("checkbox", name="Bluesky").check()
        await page.get_by_label("Text", exact=True).fill("For one brand")
        await header.get_by_label("Brand").select_option(other.ref)
        await page.locator("#confirm").get_by_role("button", name="Go back").click()
        await expect(header.get_by_label("Brand")).to_have_value(brand.ref)
        await expect(page.get_by_role("button", name=SUBMIT)).to_have_text(f"Publish now for {brand.ref}")
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
        content = await brand.content(page.url.rpartition("/")[2])
        assert content["brandRef"] == brand.ref
        await page.goto("/compose")
        await header.get_by_label("Brand").select_option(other.ref)
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Compose for {other.ref}")


async def test_reconnect_on_a_held_post_leads_to_the_account(stack: Stack, brand: Brand, browser: Browser) -> None:
    await brand.connect("threads")
    await brand.end_token("revoke", "threads")
    content = await brand.submit("Waits for its owner", channels=["threads"])
    await brand.hold(content["id"], "TOKEN")
    async with signed_in(browser, stack, f"/contents/{content['id']}") as page:
        async with page.expect_navigation():  # until its script handles the button
            await page.get_by_role("link", name="Reconnect the account").click()
        card = page.locator(".account")
        await expect(card).to_contain_text("reconnect needed")
        await card.get_by_role("button", name="Reconnect").click()
        await page.get_by_role("button", name="Continue to Threads").click()
        await page.locator(f"input[type=radio][value='{await brand.profile('threads')}']").check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text("Threads is connected.")).to_be_visible()
        await expect(page.locator(".account")).to_have_count(1)
    assert (await brand.ended(content["id"]))["status"] == "published"
