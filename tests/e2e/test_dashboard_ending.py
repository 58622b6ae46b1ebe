"""In a real browser: a person gives a live post a time to end, removes it, and withdraws the post at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, expect

from tests.e2e.visiting import SCREENS, judge, signed_in
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.networks import plant
from tests.harness.stack import Stack

NAMED = "It cannot be undone."


async def test_a_person_ends_a_live_post(shared_stack: Stack, browser: Browser) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with shared_stack.client() as api, shared_stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "ending", "bluesky", "instagram", "mastodon")
        stored = await brand.upload(picture())
        channels = ["bluesky", "instagram", "mastodon"]
        made = await brand.submit("20% off until Sunday", channels=channels, media=[stored])
        content = await brand.published(made["id"])
        path = f"/contents/{content['id']}"
        end = (datetime.now(UTC) + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
        async with signed_in(browser, shared_stack, path) as page:
            await page.get_by_text("Withdraw it at a time").click()
            await page.get_by_label("Withdraw it on").fill(end.strftime("%Y-%m-%dT%H:%M"))
            await page.screenshot(path=SCREENS / "ending-form.png", full_page=True)
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Will be withdrawn")).to_be_visible()
            shown = datetime.fromisoformat((await brand.content(content["id"]))["withdrawAt"])
            assert shown == end, "the brand's zone is UTC, though the browser is in Berlin"
            await page.screenshot(path=SCREENS / "ending-page.png", full_page=True)
            await page.get_by_role("button", name="Let it stay").click()
            await page.locator("dialog").get_by_role("button", name="Let it stay").click()
            await expect(page.get_by_text("Will be withdrawn")).to_have_count(0)
            assert (await brand.content(content["id"]))["withdrawAt"] is None
            profile = await brand.profile("mastodon")
            await plant(sandbox, "mastodon", "delete_status", "error", status=403, times=None, profile=profile)
            await page.get_by_role("button", name="Withdraw from every network").click()
            said = page.locator("dialog[open]")
            for words in ("Bluesky: all of it goes.", "Instagram: it stays.", "Mastodon: all of it goes.", NAMED):
                await expect(said).to_contain_text(words)
            await page.screenshot(path=SCREENS / "ending-dialog.png")
            await said.get_by_role("button", name="Withdraw").click()

            async def both_ended() -> bool:
                found = (await brand.content(content["id"]))["publications"]
                return sum((one["withdrawal"] or {}).get("endedAt") is not None for one in found) == 2

            await until(both_ended, within=60)
            await page.goto(path)
            # What needs nobody is folded.
            await page.locator("summary").filter(has_text="Bluesky").click()
            await expect(page.get_by_text("Withdrawn: it is not at the network any more.")).to_be_visible()
            assert await judge(page, "ending-after") == []
            await page.goto("/attention?brandRef=ending")
            await expect(page.get_by_role("heading", name="Not withdrawn")).to_be_visible()
            assert await judge(page, "ending-attention") == []
            await page.locator("section[aria-labelledby=kept]").get_by_role("button", name="Dismiss").first.click()
            await expect(page.get_by_role("heading", name="Not withdrawn")).to_have_count(0)
            await page.goto("/compose?brandRef=ending")
            await page.locator("#more-time summary").click()
            await page.screenshot(path=SCREENS / "ending-compose.png", full_page=True)
