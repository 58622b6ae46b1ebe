"""A person who reads Hindi connects an account, fixes what needs attention, and composes, in a real browser."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
from playwright.async_api import Browser, Page, expect

from tests.api.untranslated import untranslated
from tests.e2e.visiting import judge, signed_in
from tests.harness.brand import Brand
from tests.harness.networks import create_profile, plant
from tests.harness.stack import Stack

NAMES = {"Munadi", "API", "UTC", "URL", "ID", "JSON", "English", "Bluesky", "Facebook", "Instagram", "Threads"}
HINDI = re.compile("हिन्दी")


async def wrong(page: Page, name: str, brands: str, *, width: int = 1280) -> list[str]:
    """What is English, too wide, or wrong for axe on a page. `brands`: the names on it that people gave.

    The window is as tall as the page: else the bar that stays at its bottom lies over a part of some field.
    """
    await page.set_viewport_size({"width": width, "height": 4000})
    data = {*NAMES, *re.findall("[A-Za-z]{2,}", brands)}
    left = untranslated(await page.content(), data)
    return [*(f"{name}: {each}" for each in left), *await judge(page, f"hindi-{name}-{width}")]


async def test_the_dashboard_is_in_hindi_once_a_person_chooses_it(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    ref = f"hindi-{uuid4().hex[:8]}"
    brand = await Brand.create(api, sandbox, ref, "facebook", "bluesky")
    # Other tests make brands on this stack too, and the header lists them.
    names = (await api.get("/v1/brands", params={"limit": 100})).text
    await plant(
        sandbox, "facebook", "feed", "error", error={"code": 368}, times=1, profile=await brand.profile("facebook")
    )
    made = await brand.submit("दिवाली की छूट", channels=["facebook"])
    assert (await brand.ended(made["id"]))["status"] == "failed"
    found = []
    async with signed_in(browser, stack, f"/attention?brandRef={ref}") as page:
        await page.get_by_role("button", name=HINDI).click()
        await expect(page.locator("html")).to_have_attribute("lang", "hi")
        assert page.url.endswith(f"/attention?brandRef={ref}"), "the choice leads back to the page"
        cause = page.locator("article.cause")
        found += await wrong(page, "attention", names)
        found += await wrong(page, "attention", names, width=390)
        await cause.get_by_role("button", name="फिर से कोशिश करें").click()
        await page.locator("dialog").get_by_role("button", name="फिर से कोशिश करें").click()
        await expect(page.locator("main").get_by_text("सब काम पूरा है")).to_be_visible(timeout=30_000)
        await page.goto(f"/compose?brandRef={ref}")
        await page.get_by_role("checkbox", name="Bluesky").check()
        await page.get_by_role("textbox", name="टेक्स्ट", exact=True).fill("छूट " * 120)
        await expect(page.locator("#verdict")).to_have_text("1 समस्या।")
        await expect(page.locator("#text-counters .over")).to_contain_text("ज़्यादा")
        await expect(page.locator(".is-problem [lang=en]").first).to_contain_text("Bluesky takes at most")
        found += await wrong(page, "compose", names)
        found += await wrong(page, "compose", names, width=390)
        await page.get_by_role("textbox", name="टेक्स्ट", exact=True).fill("सब पर छूट")
        await expect(page.locator("#verdict")).to_have_text("कोई समस्या नहीं।")
        await page.get_by_role("button", name="अभी पब्लिश करें").click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
        await expect(page.get_by_text("नेटवर्क ने इसे पब्लिश कर दिया है।").first).to_be_visible(timeout=30_000)
        found += await wrong(page, "content", names)
        await page.get_by_role("button", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert found == []


async def test_an_owner_whose_browser_prefers_hindi_connects_in_hindi(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser
) -> None:
    await api.post("/v1/brands", json={"ref": "hindi-owner", "name": "Acme Stores"})
    await create_profile(sandbox, "threads", "hindi-owner")
    made = (await api.post("/v1/brands/hindi-owner/accounts/connect", json={"channel": "threads"})).json()
    context = await browser.new_context(locale="hi-IN", viewport={"width": 390, "height": 800})
    try:
        page = await context.new_page()
        await page.goto(made["connectUrl"])
        await expect(page.locator("html")).to_have_attribute("lang", "hi")
        found = await wrong(page, "connect", "Acme Stores", width=390)
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("button", name="Continue to Threads")).to_be_visible()
        await page.get_by_role("button", name=HINDI).click()
        await page.get_by_role("button", name="Threads पर जाएँ").click()
        await page.get_by_role("radio").last.check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="कनेक्ट हो गया")).to_be_visible()
        found += await wrong(page, "connected", "Acme Stores hindi owner threads", width=390)
    finally:
        await context.close()
    assert found == []
