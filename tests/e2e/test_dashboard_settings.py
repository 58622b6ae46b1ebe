"""An administrator manages brands, limits and keys in a real browser; a new key is shown once."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.visiting import judge, signed_in
from tests.harness.stack import Stack


async def test_a_brand_is_made_and_its_zone_and_limits_are_changed(
    stack: Stack, browser: Browser, api: httpx.AsyncClient
) -> None:
    # The first of the list: many tests make brands on this stack, and a page has 50.
    ref = f"a-{uuid4().hex[:10]}"
    async with signed_in(browser, stack, "/settings") as page:
        await page.get_by_text("Add a brand").click()
        form = page.get_by_role("form", name="New brand")
        name, short = form.get_by_label("Name", exact=True), form.get_by_label("Short name (ref)")
        await name.fill("  Café & Grün №7 ")
        await expect(short).to_have_value("cafe-grun-no7")
        await short.fill("Red Shop")
        await name.fill("Café Grün")
        await expect(short).to_have_value("Red Shop")
        await form.get_by_role("button", name="Add brand").click()
        await expect(form.locator(".wrong")).to_have_text(re.compile("^A ref has lower case letters"))
        await short.fill("")
        await name.fill(ref.upper())
        await expect(short).to_have_value(ref)
        await expect(form.get_by_label("Time zone")).to_have_value("Europe/Berlin")  # the browser's
        await form.get_by_label("Time zone").fill("kolkata")
        zones = page.locator("#zones option")
        await expect(zones.first).to_have_attribute("value", "Europe/Berlin")
        await expect(zones.first).to_have_attribute("label", re.compile(r"^UTC\+0[12]:00, where you are$"))
        await expect(page.locator("#zones option[value='Asia/Tokyo']")).to_have_attribute("label", "UTC+09:00")
        await form.get_by_role("button", name="Add brand").click()
        await expect(form.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
        await expect(form.locator(".wrong")).to_contain_text("did you mean Asia/Kolkata?")
        for row in (("Short name", "Publishes to", "Time zone"), ("Same post", "Account must be", "Posts that must")):
            fields = [await form.get_by_label(each).bounding_box() for each in row]
            assert len({box and box["y"] for box in fields}) == 1, "an error moves no field out of its row"
        await form.get_by_label("Time zone").fill("Asia/Kolkata")
        await form.get_by_role("button", name="Add brand").click()
        await page.wait_for_url(re.compile(rf"/settings\?added={ref}$"))
        await expect(page.locator("#added")).to_be_focused()
        link = page.get_by_role("link", name=f"Connect an account for {ref.upper()}")
        await expect(link).to_have_attribute("href", f"/accounts?brandRef={ref}")
        await page.locator(f"#brand-{ref} > summary").click()
        form = page.get_by_role("form", name=ref.upper())
        await form.get_by_label("Name", exact=True).fill("Settings test")
        await form.get_by_text("Limits (empty: unlimited)").click()
        await form.get_by_label("Publications per month").fill("-1")
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_label("Publications per month")).to_have_attribute("aria-invalid", "true")
        await form.get_by_label("Publications per month").fill("50")
        await form.get_by_label("Same post within a day").select_option("Refuse")
        await form.get_by_role("group", name="All networks").get_by_role("combobox").select_option("Never")
        await form.get_by_label("One network").select_option("x")
        await form.get_by_role("button", name="Set its ages").press("Enter")
        ages = form.get_by_role("group", name="X").get_by_role("textbox", name="Ages")
        await expect(ages).to_be_focused()
        await expect(form.get_by_role("group", name="X")).to_contain_text("$0.005 for each post")
        for wrong, said in (("tomorrow", "Write ages such as"), ("1 h, 366 d", "from PT1S to P365D")):
            await ages.fill(wrong)
            await form.get_by_role("button", name="Save").click()
            await expect(form.locator(".wrong")).to_contain_text(said)
            await expect(ages).to_have_value(wrong)
        await ages.fill("90 min,7 d")
        await form.get_by_role("button", name="Save").click()
        await expect(page.locator(f"#brand-{ref} > summary")).to_contain_text("publications per month: 50")
    brand = (await api.get(f"/v1/brands/{ref}")).json()
    assert (brand["name"], brand["timezone"]) == ("Settings test", "Asia/Kolkata")
    assert (brand["limits"]["publicationsPerMonth"], brand["limits"]["accounts"]) == (50, None)
    assert brand["duplicates"] == "refuse"
    assert brand["looks"] == {"after": [], "channels": {"x": ["PT1H30M", "P7D"]}}


async def test_a_key_is_shown_once_and_revoked(stack: Stack, browser: Browser) -> None:
    name = f"key-{uuid4().hex[:8]}"
    async with signed_in(browser, stack, "/settings") as page:
        await page.get_by_text("Make a key").click()
        form = page.get_by_role("form", name="New key")
        await form.get_by_label("Name").fill(name)
        await form.get_by_role("button", name="Make key").click()
        shown = page.get_by_label("API key", exact=True)
        await expect(shown).to_have_value(re.compile("^mnd_"))
        key = await shown.input_value()
        async with stack.client(key) as client:
            assert (await client.get("/v1/contents")).status_code == 200
            assert (await client.get("/v1/accounts")).status_code == 403, "only the chosen scopes"
            await page.reload()
            assert key not in await page.content()
            row = page.locator(".row", has_text=name)
            await row.get_by_role("button", name="Revoke").click()
            await page.locator("#confirm").get_by_role("button", name="Revoke").click()
            await expect(row).to_contain_text("revoked")
            assert (await client.get("/v1/contents")).status_code == 401


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
async def test_the_page_is_accessible_and_names_the_installation(
    stack: Stack, browser: Browser, width: int, dark: bool
) -> None:
    name = f"settings-{width}{'-dark' if dark else ''}"
    async with signed_in(browser, stack, "/settings", width=width, dark=dark) as page:
        sandbox = page.get_by_role("link", name="Sandbox")
        await expect(sandbox).to_have_attribute("href", f"{stack.info['sandbox']}/")
        await expect(page.locator(".foot")).to_contain_text("Munadi 0.")
        brand, zone = [await page.locator(f".top > .{each}").bounding_box() for each in ("brand", "zone")]
        assert brand
        assert zone
        assert (zone["y"] >= brand["y"] + brand["height"]) == (width == 390), "a short zone leaves the brand its room"
        assert await judge(page, name) == []


async def test_the_way_to_the_first_brand_opens_its_form(stack: Stack, browser: Browser) -> None:
    async with signed_in(browser, stack) as page:
        await page.goto("/settings#add-brand")
        form = page.get_by_role("form", name="New brand")
        await expect(form.get_by_label("Name", exact=True)).to_be_focused()
        await page.get_by_text("Add a brand").click()
        await expect(form).to_be_hidden()


async def test_an_endpoints_secret_is_shown_once(browser: Browser, stack: Stack) -> None:
    async with signed_in(browser, stack, "/webhooks") as page:
        await page.get_by_label("URL").fill("https://10.0.0.1/hook")
        everywhere = page.get_by_role("checkbox", name="The events of all brands")
        if await everywhere.count():
            await everywhere.check()
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("URL").fill("http://127.0.0.1:9/hook")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
        await page.get_by_role("link", name="http://127.0.0.1:9/hook").click()
        await expect(page.get_by_label("Signing secret")).to_be_hidden()
        await page.get_by_role("button", name="Send test event").click()
        await expect(page.get_by_text("Test failed")).to_be_visible()
        await page.get_by_text("Change the URL, the events or the channels").click()
        await page.locator("#change-endpoint").get_by_label("URL").fill("http://127.0.0.1:9/another")
        await page.locator("#change-endpoint").get_by_text("Choose events").click()
        await page.locator("#change-endpoint").get_by_role("checkbox", name="content.accepted").check()
        await page.locator("#change-endpoint").get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("http://127.0.0.1:9/another")
        await expect(page.locator(".traits")).to_contain_text("content.accepted")
        await page.get_by_role("button", name="Disable").click()
        await expect(page.get_by_role("button", name="Enable")).to_be_visible()
        await page.get_by_role("button", name="Delete").click()
        await page.locator("#confirm").get_by_role("button", name="Delete").click()
        await page.wait_for_url(re.compile("/webhooks$"))
        await expect(page.get_by_role("link", name="http://127.0.0.1:9/another")).to_have_count(0)
