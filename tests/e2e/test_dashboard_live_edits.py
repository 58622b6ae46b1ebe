"""In a real browser: a person edits a live post in a form that is filled in and counts, and sees what has changed."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from munadi.sandbox.pinterest.model import board_of
from tests.e2e.visiting import SCREENS, judge, open_rows, signed_in
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.networks import plant, posts_of
from tests.harness.stack import Stack

NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


async def test_a_person_edits_a_live_post(shared_stack: Stack, browser: Browser) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with shared_stack.client() as api, shared_stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "editing", "mastodon", "pinterest", "x")
        options = {"boardId": board_of(await brand.profile("pinterest")), "title": "Sale"}
        channels = ["mastodon", {"channel": "pinterest", "options": options}, "x"]
        made = await brand.submit("20% off until Sunday", channels=channels, media=[await brand.upload(picture())])
        content = await brand.published(made["id"])
        masto, pin, _ = [f"#{one['id']}" for one in content["publications"]]
        path = f"/contents/{content['id']}"
        async with signed_in(browser, shared_stack, path) as page:
            await page.set_viewport_size(WIDE)
            await open_rows(page)
            await expect(page.get_by_text("only Premium accounts edit posts")).to_be_visible()
            card = page.locator(pin)
            await card.get_by_text("Edit at the network").click()
            await expect(card.get_by_label("Title", exact=True)).to_have_value("Sale")
            words = card.get_by_label("Description")
            await expect(words).to_have_value("20% off until Sunday")
            await expect(card.locator(".counters")).to_contain_text(["20 / 800"])
            change = card.get_by_role("button", name="Change it at the network")
            await change.click()
            await expect(card.locator(".problem")).to_have_text("Nothing has changed yet.")
            await words.fill("x" * 801)
            await expect(card.locator(".counters .over")).to_contain_text("1 too many")
            await change.press("Enter")
            await expect(card.locator(".wrong")).to_contain_text("at most 800 characters; this text has 801")
            await expect(words).to_be_focused()
            await expect(words).to_have_value("x" * 801)
            await page.screenshot(path=SCREENS / "editing-form.png", full_page=True)
            await words.fill("20% off until Monday")
            await change.press("Enter")
            await expect(words).to_be_hidden()
            await expect(card.locator("summary").first).to_be_focused()

            async def edited() -> bool:
                found = (await brand.content(content["id"]))["publications"]
                (edits,) = [one["edits"] for one in found if pin[1:] == one["id"]]
                return bool(edits and edits[-1]["status"] == "edited")

            await until(edited, within=60)
            assert [one["text"] for one in await posts_of(sandbox, "pinterest") if "off until" in one["text"]] == [
                "20% off until Monday"
            ]
            await page.goto(path)
            await open_rows(page)
            await expect(card.locator("del")).to_contain_text("Sunday")
            await expect(card.locator("ins")).to_contain_text("Monday")
            profile = await brand.profile("mastodon")
            await plant(sandbox, "mastodon", "edit_status", "error", status=403, times=None, profile=profile)
            other = page.locator(masto)
            await other.get_by_text("Edit at the network").click()
            await other.get_by_label("The whole new text").fill("Sold out")
            await other.get_by_role("button", name="Change it at the network").click()
            await expect(other.get_by_text("not edited")).to_be_visible(timeout=30_000)
            for name, size in (("wide", WIDE), ("narrow", NARROW)):
                await page.set_viewport_size(size)
                await page.goto(path)
                await open_rows(page)
                await page.locator(pin).get_by_text("Edit at the network").click()
                assert await judge(page, f"editing-post-{name}") == []
                await page.screenshot(path=SCREENS / f"editing-post-{name}.png", full_page=True)
                await page.goto("/attention?brandRef=editing")
                await expect(page.get_by_role("heading", name="Not edited")).to_be_visible()
                assert await judge(page, f"editing-attention-{name}") == []
                await page.screenshot(path=SCREENS / f"editing-attention-{name}.png", full_page=True)
            await page.locator("section[aria-labelledby=unedited]").get_by_role("button", name="Dismiss").click()
            await expect(page.get_by_role("heading", name="Not edited")).to_have_count(0)
