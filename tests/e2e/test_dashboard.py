"""The dashboard in a real browser over a running stack: people see changes at once, and act on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import photograph, signed_in
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.networks import plant
from tests.harness.stack import Stack
from tests.support.browser import open_page

# Instagram's own code for an account that may not post.
RESTRICTED = {"code": 25, "subcode": 2207050}
FAR = 7 * 86_400.0


async def status(page: Page) -> str:
    return await page.locator(".head .badge").first.inner_text()


async def test_a_person_signs_in_and_out(stack: Stack, browser: Browser) -> None:
    async with open_page(browser, f"{stack.info['dashboard']}/contents") as page:
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await page.get_by_label("API key").fill("mnd_admin_wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("not valid")
        await page.get_by_label("API key").fill(stack.info["apiKey"])
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Posts")).to_be_visible()
        assert stack.info["apiKey"] not in await page.content()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await page.go_back()
        await page.reload()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_page_shows_how_a_post_becomes_published(stack: Stack, brand: Brand, browser: Browser) -> None:
    content = await brand.submit("Watch me go out", seconds=4)
    async with signed_in(browser, stack, f"/contents/{content['id']}") as page:
        await page.evaluate("window.stayed = true")
        assert await status(page) in ("accepted", "scheduled")
        await expect(page.locator(".lede")).to_contain_text("Not published yet")
        await expect(page.locator(".head .badge").first).to_have_text("published", timeout=15_000)
        await expect(page.locator(".timeline")).to_contain_text("Completed: published")
        await expect(page.locator("#said")).to_contain_text("1 of 1 published")
        assert await page.evaluate("window.stayed"), "the page was reloaded"
        (post,) = await brand.posts("Watch me go out")
        await expect(page.locator(".publication")).to_contain_text(str(post["id"]))
        await page.get_by_text("What it shows").click()
        await expect(page.locator(".publication .loaded").first).to_contain_text("15 of 300 characters")
        await page.get_by_text("1 attempt, with the network’s responses").click()
        await expect(page.locator(".attempts")).to_contain_text("accepted by the network")
        async with page.expect_navigation():
            await page.get_by_role("link", name=f"content/{content['id']}").click()
        await expect(page.get_by_text("PublishContent").first).to_be_visible(timeout=20_000)


async def test_a_failed_channel_is_retried(stack: Stack, brand: Brand, browser: Browser) -> None:
    planted = await plant(brand.sandbox, "instagram", "media_publish", "error", error=RESTRICTED, times=None)
    media = await brand.upload(picture(), alt="An umbrella")
    content = await brand.submit("Umbrellas", media=[media], channels=["bluesky", "instagram"])
    await brand.ended(content["id"])
    async with signed_in(browser, stack, f"/contents/{content['id']}") as page:
        await expect(page.locator(".head .badge").first).to_have_text("partially published")
        await expect(page.locator(".failure")).to_contain_text("ACCOUNT_RESTRICTED")
        await expect(page.locator(".failure")).to_contain_text("What to do")
        await expect(page.locator(".media img")).to_have_js_property("complete", True)
        await photograph(page, "content-partly")
        await brand.sandbox.delete(f"/control/faults/{planted['id']}")
        await page.get_by_role("button", name="Retry failed publications").click()
        await expect(page.locator(".head .badge").first).to_have_text("published", timeout=15_000)
    assert len(await brand.posts("Umbrellas", "bluesky")) == len(await brand.posts("Umbrellas", "instagram")) == 1


async def test_a_post_is_moved_edited_and_canceled(stack: Stack, brand: Brand, browser: Browser) -> None:
    content = await brand.submit("Next week", seconds=FAR)
    due = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT12:30")
    path = f"/v1/contents/{content['id']}"
    async with signed_in(browser, stack, f"/contents/{content['id']}") as page:
        await page.locator("summary", has_text="Reschedule").click()
        await page.get_by_label("New time").fill("2020-01-01T00:00")
        await page.get_by_role("button", name="Reschedule").click()
        await expect(page.locator(".wrong")).to_contain_text("the time has passed")
        await expect(page.get_by_label("New time")).to_be_focused()
        await page.get_by_label("New time").fill(due)
        await page.get_by_label("Time zone").fill("Asia/Kolkata")
        await page.get_by_role("button", name="Reschedule").click()
        await expect(page.locator(".timeline")).to_contain_text("Rescheduled")
        moved = (await brand.api.get(path)).json()
        assert moved["scheduledAt"][:16] == due[:11] + "07:00"
        await _edit_while_another_person_does(page, brand, path)
        await page.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Go back").click()
        assert (await brand.api.get(path)).json()["status"] == "queued"
        await page.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Cancel the post").click()
        await expect(page.locator(".head .badge").first).to_have_text("canceled")
        await expect(page.locator("[data-action]")).to_have_count(0)


async def _edit_while_another_person_does(page: Page, brand: Brand, path: str) -> None:
    """A text that is being typed stays in the editor, and does not overwrite another person's change unseen."""
    await page.get_by_role("link", name="Edit", exact=True).click()
    text = page.get_by_label("Text", exact=True)
    await text.fill("Next week, surely")
    version = (await brand.api.get(path)).json()["version"]
    other = await brand.api.patch(path, json={"text": "By another"}, headers={"If-Match": f'"{version}"'})
    assert other.status_code == 200, other.text
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#unplaced")).to_contain_text("Someone else changed this post")
    await expect(text).to_have_value("Next week, surely")
    assert (await brand.api.get(path)).json()["text"] == "By another"
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("h1")).to_have_text("Next week, surely")
