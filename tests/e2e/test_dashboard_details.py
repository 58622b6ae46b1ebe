"""Small things that a person notices: where the focus goes, what is asked first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Browser, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.inbox import subscribe
from tests.harness.stack import Stack


async def test_focus_stays_on_the_page_and_begins_where_a_person_acts(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    content = await brand.submit("To be canceled", seconds=7 * 86_400)
    due = content["scheduledAt"][:10]
    async with signed_in(browser, stack) as page:
        await page.goto(f"/calendar?brandRef={brand.ref}&view=day&date={due}")
        await page.get_by_role("button", name="To be canceled").click()
        await expect(page.get_by_label("New time")).to_be_focused()
        await page.locator("#move").get_by_role("button", name="Cancel").click()
        await page.goto(f"/contents/{content['id']}")
        await page.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Cancel the post").click()
        await expect(page.locator(".head .badge").first).to_have_text("canceled")
        await expect(page.locator("#live")).to_be_focused()


async def test_a_phone_has_every_page_behind_a_menu_button(stack: Stack, browser: Browser) -> None:
    async with signed_in(browser, stack, width=390) as page:
        menu, pages = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Pages", exact=True)
        await expect(menu).to_have_attribute("aria-expanded", "false")
        await expect(pages).to_be_hidden()
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(menu).to_have_attribute("aria-expanded", "true")
        links = await pages.get_by_role("link").all()
        assert len(links) == 12
        for link in links:
            await expect(link).to_be_in_viewport(ratio=1)
        await page.keyboard.press("Tab")
        await expect(links[0]).to_be_focused()
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(pages).to_be_hidden()
        await expect(menu).to_be_focused()
        await menu.click()
        await page.locator("h1").click()
        await expect(pages).to_be_hidden()
        await menu.click()
        await pages.get_by_role("link", name="Webhooks").click()
        await page.wait_for_url("**/webhooks*")
        await page.set_viewport_size({"width": 1280, "height": 900})
        await expect(menu).to_be_hidden()
        await expect(pages).to_be_visible()


async def test_lists_and_the_form_of_a_post_use_the_width_there_is(
    stack: Stack, brand: Brand, browser: Browser, api: httpx.AsyncClient
) -> None:
    file = await api.post(
        "/v1/media", files={"file": ("umbrella.jpg", picture(), "image/jpeg")}, data={"brandRef": brand.ref}
    )
    content = await brand.submit("With a picture", seconds=7 * 86_400, media=[{"id": file.json()["id"], "alt": "One"}])
    async with signed_in(browser, stack, f"/contents?brandRef={brand.ref}") as page:
        row = page.locator(f"#{content['id']}")
        shown, words = [await row.locator(each).bounding_box() for each in (".thumbnail", ".what > a")]
        assert shown
        assert words
        assert 0 < words["x"] - shown["x"] - shown["width"] < 24, "the picture stands just before the words"
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.goto(f"/compose?brandRef={brand.ref}")
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        preview, buttons = [await page.locator(each).bounding_box() for each in (".previews", ".submit")]
        assert preview
        assert buttons
        assert preview["y"] + preview["height"] <= buttons["y"], "on a phone the buttons come last"


async def test_times_are_in_the_brands_zone_and_the_readers_own_is_a_tooltip(
    stack: Stack, brand: Brand, browser: Browser, api: httpx.AsyncClient
) -> None:
    assert (await api.patch(f"/v1/brands/{brand.ref}", json={"timezone": "Asia/Kolkata"})).status_code == 200
    day = datetime.now(UTC).date() + timedelta(days=30)
    content = await brand.submit("At noon there", scheduledAt=f"{day}T12:00", timezone="Asia/Kolkata")
    own = datetime.fromisoformat(content["scheduledAt"]).astimezone(ZoneInfo("Europe/Berlin"))
    async with signed_in(browser, stack, f"/contents/{content['id']}") as page:
        # The only brand of an installation is not named; other tests may have made more.
        zone = re.compile(rf"Times are in ({brand.ref}: )?Asia/Kolkata \(UTC\+05:30\)")
        await expect(page.locator(".zone")).to_have_text(zone)
        time = page.locator("aside .facts time").first
        await expect(time).to_have_text(re.compile(rf"^{day.day} {day:%b %Y}, 12:00 \(in \d+ days\)$"))
        # The browser writes British dates: Sept, where other months have three letters.
        title = re.compile(rf"^{own.day} {own:%b}t? {own:%Y, %H:%M} in Europe/Berlin, where you are$")
        await expect(time).to_have_attribute("title", title)
        hook = await subscribe(api, "http://127.0.0.1:9/zones", brandRef=brand.ref)
        await page.goto(f"/webhooks/{hook['id']}")
        await page.get_by_text("Replay events").click()
        await page.get_by_label("From", exact=True).fill("2026-01-01T05:30")
        async with page.expect_request("**/replay") as asked:
            await page.get_by_role("button", name="Replay").click()
        assert '"since":"2026-01-01T00:00:00.000Z"' in str((await asked.value).post_data)


async def test_rotating_a_secret_asks_first_and_a_fixed_form_loses_its_problem(
    stack: Stack, brand: Brand, browser: Browser, api: httpx.AsyncClient
) -> None:
    hook = await subscribe(api, "http://127.0.0.1:9/details", brandRef=brand.ref)
    async with signed_in(browser, stack, f"/webhooks/{hook['id']}") as page:
        await page.get_by_role("button", name="Rotate secret").click()
        await page.locator("#confirm").get_by_role("button", name="Go back").click()
        await expect(page.get_by_label("Signing secret")).to_be_hidden()
        await page.get_by_role("button", name="Rotate secret").click()
        await page.locator("#confirm").get_by_role("button", name="Rotate secret").click()
        await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
        await page.goto(f"/webhooks?brandRef={brand.ref}")
        await page.get_by_label("URL").fill("https://10.0.0.1/hook")
        await page.get_by_role("button", name="Add").click()
        await expect(page.locator(".wrong")).to_be_visible()
        await page.get_by_label("URL").fill("http://127.0.0.1:9/details-2")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
        await expect(page.locator(".wrong")).to_have_count(0)
        await expect(page.get_by_label("URL")).not_to_have_attribute("aria-invalid", "true")
    for each in (await api.get("/v1/webhooks/endpoints", params={"limit": 100})).json()["data"]:
        if each["url"].endswith("/details-2"):
            assert (await api.delete(f"/v1/webhooks/endpoints/{each['id']}")).is_success
