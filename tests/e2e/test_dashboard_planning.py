"""People plan in a real browser: a queue by hand and by keyboard, a series by a rule in words, and a file of posts."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand
from tests.harness.stack import Stack


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    async with signed_in(browser, stack) as opened:
        yield opened


async def order(brand: Brand) -> list[str]:
    found = (await brand.api.get("/v1/contents", params={"brandRef": brand.ref})).json()["data"]
    return [post["text"] for post in sorted(found, key=lambda post: post["scheduledAt"])]


async def test_a_queue_is_filled_and_reordered_by_hand_and_by_keyboard_and_each_is_undone(
    page: Page, brand: Brand
) -> None:
    await page.goto(f"/queue?brandRef={brand.ref}")
    await page.get_by_label("Time, in UTC").fill("09:30")
    for day in ("Sat", "Sun"):
        await page.get_by_role("checkbox", name=day).check()
    await page.locator("#add-times").get_by_role("button", name="Add").click()
    await expect(page.locator(".chip")).to_have_count(7)
    for text in ("A", "B", "C"):
        await brand.submit(text, slot="next")
    rows = page.locator(".queue [data-post]")
    await expect(rows).to_have_count(3)
    await rows.nth(2).drag_to(rows.nth(0))
    await expect(rows.locator(".what a")).to_have_text(["C", "A", "B"])
    assert await order(brand) == ["C", "A", "B"]
    await expect(page.locator("#toast")).to_contain_text("Moved to 09:30")
    await page.locator("#toast").get_by_role("button", name="Undo").click()
    await expect(rows.locator(".what a")).to_have_text(["A", "B", "C"])
    assert await order(brand) == ["A", "B", "C"]

    await page.get_by_role("link", name="A", exact=True).focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(rows.locator(".what a")).to_have_text(["B", "A", "C"])
    await expect(page.get_by_role("link", name="A", exact=True)).to_be_focused()
    await expect(page.locator("#said")).to_contain_text("Press Ctrl and Z to undo it.")
    await page.keyboard.press("Control+z")
    await expect(rows.locator(".what a")).to_have_text(["A", "B", "C"])
    await page.get_by_role("button", name="Later: B").click()
    await expect(rows.locator(".what a")).to_have_text(["A", "C", "B"])

    await page.get_by_role("button", name="Pause").click()
    await page.locator("#confirm").get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("posts in these times wait")).to_be_visible()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("posts in these times wait")).to_be_hidden()
    await page.get_by_role("button", name="Remove Monday 09:30").click()
    await expect(page.locator(".chip")).to_have_count(6)
    await page.locator("#toast").get_by_role("button", name="Undo").click()
    await expect(page.locator(".chip")).to_have_count(7)


async def test_a_series_is_made_with_its_next_dates_in_sight_edited_and_ended(page: Page, brand: Brand) -> None:
    await page.goto(f"/series?brandRef={brand.ref}")
    await page.get_by_role("link", name="New series").click()
    await page.get_by_role("checkbox", name="Bluesky").check()
    await page.get_by_label("Text", exact=True).fill("Umbrella of the week")
    monday = (datetime.now(UTC) + timedelta(days=8)).date()
    monday -= timedelta(days=monday.weekday()) - timedelta(days=7)
    await page.get_by_label("First date, and the time of day").fill(f"{monday}T09:00")
    for day in ("Mon", "Thu"):
        await page.get_by_role("checkbox", name=day, exact=True).check()
    for day in ("Tue", "Wed", "Fri", "Sat", "Sun"):
        await page.get_by_role("checkbox", name=day, exact=True).uncheck()
    await page.get_by_label("Ends").select_option(label="after a number of posts")
    await page.get_by_label("How many posts").fill("4")
    await expect(page.locator("#rule-words")).to_have_text("Every week on Monday and Thursday at 09:00, 4 times")
    await expect(page.locator("#rule-dates li")).to_have_count(4)
    await page.get_by_text("Other texts, in turn").click()
    for text in ("One", "Two"):
        await page.get_by_role("button", name="Add a text").click()
        await page.locator("#variants textarea").last.fill(text)
    await page.get_by_role("button", name="Create the series").click()
    await page.wait_for_url(re.compile("/series/ser_"))
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Every week on Monday and Thursday at 09:00, 4 times"
    )
    series_id = page.url.rpartition("/")[2]
    made: dict[str, Any] = (await brand.api.get(f"/v1/series/{series_id}")).json()
    assert (made["rrule"], made["variants"]) == ("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4", ["One", "Two"])
    drafts = (await brand.api.get("/v1/drafts", params={"brandRef": brand.ref})).json()["data"]
    assert drafts == [], "the draft of the form became the series"

    await page.get_by_role("link", name="Edit all").click()
    await expect(page.locator("#rule-dates li")).to_have_count(4)
    await expect(page.get_by_role("checkbox", name="Bluesky")).to_be_checked()
    await expect(page.locator("#variants textarea")).to_have_count(2)
    await page.get_by_label("Unit").select_option(label="by another rule")
    await page.get_by_label("Rule, as in RFC 5545").fill("FREQ=NEVER")
    await expect(page.locator("#rule-words")).to_contain_text("FREQ is one of DAILY")
    await page.get_by_role("button", name="Save the series").click()
    await expect(page.locator("#verdict")).to_contain_text("Not accepted: 1 problem.")
    await page.get_by_label("Rule, as in RFC 5545").fill("FREQ=MONTHLY;BYDAY=-1FR")
    await page.get_by_role("button", name="Save the series").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Every month on the last Friday at 09:00")
    await page.get_by_role("button", name="End", exact=True).click()
    await page.locator("#confirm").get_by_role("button", name="End the series").click()
    await expect(page.get_by_text("Ended", exact=False).first).to_be_visible()


async def test_a_file_is_checked_row_by_row_then_accepted(page: Page, brand: Brand) -> None:
    at = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    good = [{"rowKey": f"r{n}", "text": f"Row {n}", "channels": ["bluesky"], "scheduledAt": at} for n in range(3)]
    lines = [*good, {"rowKey": "bad", "text": "x" * 400, "channels": ["bluesky"], "scheduledAt": at}]
    file = {"name": "posts.ndjson", "mimeType": "", "buffer": "\n".join(map(json.dumps, lines)).encode()}
    await page.goto(f"/imports?brandRef={brand.ref}")
    await page.get_by_label("CSV, NDJSON or ZIP").set_input_files(
        {"name": "posts.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.locator("#import .problem")).to_contain_text("Choose a file that ends with .csv")
    await page.get_by_label("CSV, NDJSON or ZIP").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Check the file").click()
    await expect(page.locator("#import-result")).to_contain_text("Bluesky takes at most 300 characters")
    assert (await brand.api.get("/v1/contents", params={"brandRef": brand.ref})).json()["data"] == []
    await page.get_by_role("button", name="Accept 3 rows, and leave the refused ones out").click()
    await page.wait_for_url(re.compile("/imports/imp_"))
    await expect(page.get_by_text("with refusals")).to_be_visible()
    found = (await brand.api.get("/v1/contents", params={"brandRef": brand.ref})).json()["data"]
    assert sorted(post["text"] for post in found) == ["Row 0", "Row 1", "Row 2"]
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Problems as CSV").click()
    path = await (await download.value).path()
    assert "TEXT_TOO_LONG" in path.read_text("utf-8-sig")
