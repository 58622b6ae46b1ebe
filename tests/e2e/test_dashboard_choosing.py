"""People open an entry of the calendar, take a move back, and do something with several posts at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import judge, signed_in
from tests.harness.brand import Brand
from tests.harness.stack import Stack


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    async with signed_in(browser, stack) as opened:
        yield opened


async def test_an_entry_opens_by_keyboard_with_its_state_and_a_move_is_undone(page: Page, brand: Brand) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    made = await brand.submit("Umbrellas for everybody", scheduledAt=f"{day}T10:00:00Z")
    await page.goto(f"/calendar?brandRef={brand.ref}&view=week&date={day}")
    entry = page.get_by_role("button", name="Umbrellas for everybody")
    await entry.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Umbrellas for everybody")
    await expect(dialog.get_by_role("link", name="Edit")).to_be_visible()
    await expect(dialog).to_contain_text("Bluesky")
    await expect(dialog.locator("[data-fold]")).to_be_hidden()
    assert await judge(page, "calendar-entry") == []
    await dialog.get_by_label("New time").fill(f"{day}T12:00")
    await dialog.get_by_role("button", name="Move", exact=True).click()
    await expect(page.locator(f"[data-at='{day}T12:00']")).to_contain_text("Umbrellas for everybody")
    await page.locator("#toast").get_by_role("button", name="Undo").click()
    await expect(page.locator(f"[data-at='{day}T10:00']")).to_contain_text("Umbrellas for everybody")
    assert (await brand.content(made["id"]))["scheduledAt"] == f"{day}T10:00:00Z"
    await entry.click()
    await dialog.get_by_role("button", name="Cancel the post").click()
    await page.locator("#confirm").get_by_role("button", name="Cancel the post").click()
    await expect(dialog).to_be_hidden()
    assert (await brand.content(made["id"]))["status"] == "canceled"
    await page.get_by_role("navigation", name="What the calendar shows").get_by_role("link", name="canceled").click()
    await expect(entry).to_be_visible()
    await page.get_by_role("navigation", name="What the calendar shows").get_by_role("link", name="Show").click()
    await page.wait_for_url(lambda url: "state=" not in url)


async def test_the_question_about_a_doubled_hour_is_asked_only_then(page: Page, brand: Brand) -> None:
    await brand.api.patch(f"/v1/brands/{brand.ref}", json={"timezone": "Europe/Berlin"})
    doubled = _doubled_hour()
    await page.goto(f"/compose?brandRef={brand.ref}")
    await page.get_by_role("checkbox", name="Bluesky").check()
    await page.get_by_label("Text", exact=True).fill("Twice")
    await page.get_by_role("radio", name="Later").check()
    question = page.get_by_label("The clock shows that hour twice. Which one?")
    await expect(question).to_be_hidden()
    await page.get_by_label("Date and time").fill(f"{doubled:%Y-%m-%d}T02:30")
    await question.select_option(label="The second time")
    await page.get_by_role("button", name="Schedule").click()
    await page.wait_for_url("**/contents/cnt_*")
    made = await brand.content(page.url.rpartition("/")[2])
    assert made["scheduledAt"] == f"{doubled:%Y-%m-%d}T01:30:00Z", "half past two in winter time"


def _doubled_hour() -> datetime:
    """The next day on which clocks in Berlin are put back."""
    day, zone = datetime.now(UTC), ZoneInfo("Europe/Berlin")
    while True:
        day += timedelta(days=1)
        noon = day.replace(hour=12)
        before = noon - timedelta(days=1)
        if noon.astimezone(zone).utcoffset() < before.astimezone(zone).utcoffset():  # type: ignore[operator]
            return noon


async def test_several_posts_are_moved_copied_and_canceled_each_with_a_result(page: Page, brand: Brand) -> None:
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    made = [await brand.submit(f"Post {n}", scheduledAt=f"{day}T1{n}:00:00Z") for n in range(3)]
    await brand.api.post(f"/v1/contents/{made[2]['id']}/cancel")
    await page.goto(f"/contents?brandRef={brand.ref}")
    bar, results = page.get_by_role("region", name="The chosen posts"), page.locator("#results")
    await expect(bar).to_be_hidden()
    await page.get_by_role("checkbox", name="Choose all on this page").check()
    await expect(bar).to_contain_text("3 posts chosen")
    assert await judge(page, "chosen-posts") == []
    await bar.get_by_label("How many, negative for earlier").fill("2")
    await bar.get_by_role("button", name="Move them").click()
    await expect(results).to_contain_text("2 of 3 done.")
    await expect(results.locator(".is-done")).to_have_count(2)
    await expect(results.locator(".is-refused")).to_contain_text("Post 2")
    await expect(bar).to_be_hidden()
    assert (await brand.content(made[0]["id"]))["scheduledAt"] == f"{day + timedelta(days=2)}T10:00:00Z"
    await page.get_by_role("checkbox", name="Choose: Post 0").check()
    await bar.get_by_role("button", name="Copy to drafts").click()
    await expect(results).to_contain_text("1 of 1 done.")
    drafts = (await brand.api.get("/v1/drafts", params={"brandRef": brand.ref})).json()["data"]
    assert [each["content"]["text"] for each in drafts] == ["Post 0"]
    await page.get_by_role("checkbox", name="Choose: Post 0").check()
    await page.get_by_role("checkbox", name="Choose: Post 1").check()
    await bar.get_by_role("button", name="Cancel the posts").click()
    await page.locator("#confirm").get_by_role("button", name="Cancel the posts").click()
    await expect(results).to_contain_text("2 of 2 done.")
    assert {(await brand.content(each["id"]))["status"] for each in made} == {"canceled"}
