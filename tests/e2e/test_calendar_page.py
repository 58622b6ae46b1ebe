"""People plan on the calendar in a real browser: by hours, by keyboard, for several brands, and in other programs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand, until
from tests.harness.stack import Stack
from tests.support.icalendar import read_calendar


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    async with signed_in(browser, stack) as opened:
        yield opened


async def test_rescheduling_on_the_calendar_by_drag_and_by_keyboard(page: Page, brand: Brand) -> None:
    await brand.api.patch(f"/v1/brands/{brand.ref}", json={"timezone": "Asia/Kolkata"})
    monday = (datetime.now(UTC) + timedelta(days=14)).date()
    monday -= timedelta(days=monday.weekday())
    local = {"scheduledAt": f"{monday}T09:00:00", "timezone": "Asia/Kolkata"}
    made = await brand.submit("Planned for Monday", **local)

    async def due_at(wanted: str) -> None:
        async def moved() -> bool:
            content = (await brand.api.get(f"/v1/contents/{made['id']}")).json()
            return bool(content["scheduledAt"] == wanted)

        await until(moved, 15)

    await page.goto(f"/calendar?brandRef={brand.ref}&view=week&date={monday}")
    entry = page.get_by_role("button", name="Planned for Monday")
    tuesday = monday + timedelta(days=1)
    await entry.drag_to(page.locator(f"[data-at='{tuesday}T11:00']"))
    await due_at(f"{tuesday}T05:30:00Z")
    await expect(page.locator(f"[data-at='{tuesday}T11:00']")).to_contain_text("Planned for Monday")
    await expect(page.locator("#said")).to_contain_text("Moved to")

    await entry.focus()
    for key in ("Alt+ArrowUp", "Alt+ArrowUp", "Alt+ArrowRight"):
        await page.keyboard.press(key)
    await expect(page.locator("#pending")).to_contain_text("09:00: press Enter to move it there")
    chosen = page.locator(f"[data-at='{monday + timedelta(days=2)}T09:00']")
    await expect(chosen).to_have_class(re.compile("over"))
    # Another post comes, and the page is read again: the chosen time stays.
    await brand.submit("Planned meanwhile", **local)
    await expect(page.get_by_role("button", name="Planned meanwhile")).to_be_visible()
    await expect(chosen).to_have_class(re.compile("over"))
    await expect(page.locator("#pending")).to_contain_text("09:00: press Enter to move it there")
    await page.keyboard.press("Escape")
    await expect(page.locator("#pending")).to_be_hidden()
    for _ in range(2):
        await page.keyboard.press("Alt+ArrowUp")
    await page.keyboard.press("Enter")
    await due_at(f"{tuesday}T03:30:00Z")
    await expect(page.locator(f"[data-at='{tuesday}T09:00']")).to_contain_text("Planned for Monday")
    await expect(entry).to_be_focused()

    await entry.focus()
    await page.keyboard.press("Enter")
    field = page.get_by_label("New time, in Asia/Kolkata")
    await expect(field).to_have_value(f"{monday + timedelta(days=1)}T09:00")
    await field.fill("2020-01-01T09:00")
    await field.press("Enter")
    await expect(page.locator("#move")).to_contain_text("the time has passed; choose a later one, or publish now")
    await field.fill(f"{monday + timedelta(days=3)}T18:45")
    await field.press("Enter")
    await expect(page.locator("#move")).to_be_hidden()
    await due_at(f"{monday + timedelta(days=3)}T13:15:00Z")
    await expect(page.locator(f"#day-{monday + timedelta(days=3)}")).to_contain_text("18:45")

    await entry.click()
    await brand.api.post(f"/v1/contents/{made['id']}/publish-now")
    assert (await brand.ended(made["id"]))["status"] == "published"
    await page.locator("#move").get_by_role("button", name="Move").click()
    await expect(page.locator("#move .problem")).to_contain_text("Someone else changed this post")
    await page.locator("#move").get_by_role("button", name="Move").click()
    await expect(page.locator("#move .problem")).to_contain_text("the time can no longer be changed")


async def test_the_days_of_a_week_are_one_below_the_other_on_a_phone(page: Page, brand: Brand) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    await brand.submit("On its own day", scheduledAt=f"{day}T10:00:00Z")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/calendar?brandRef={brand.ref}&view=week&date={day}")
    await expect(page.locator(f"#day-{day}").get_by_role("button", name="On its own day")).to_be_visible()
    boxes = [await each.bounding_box() for each in await page.locator(".day").all()]
    tops = [box["y"] for box in boxes if box]
    assert len(set(tops)) == 7
    assert tops == sorted(tops)
    assert {box["width"] > 300 for box in boxes if box} == {True}


async def test_a_month_on_a_phone_counts_the_posts_of_each_day_and_leads_to_them(page: Page, brand: Brand) -> None:
    first = (datetime.now(UTC).replace(day=28) + timedelta(days=7)).date().replace(day=1)
    days = [first + timedelta(days=number) for number in (3, 20)]
    for day, hours in zip(days, ((9, 10), (12,)), strict=True):
        for hour in hours:
            await brand.submit(f"At {hour} o'clock", scheduledAt=f"{day}T{hour:02}:00:00Z")
    await page.goto(f"/calendar?brandRef={brand.ref}&date={first}")
    month = page.get_by_role("navigation", name="Days of the month")
    await expect(month).to_be_hidden()
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.get_by_text("Tap a post to open it.")).to_be_visible()
    await expect(page.get_by_text("hold Alt")).to_be_hidden()
    counted = month.get_by_role("link", name="post")
    await expect(counted).to_have_text(
        [f"{days[0]:%-d}{days[0]:%-d %B}: 2 posts2", f"{days[1]:%-d}{days[1]:%-d %B}: 1 post1"]
    )
    boxes = [await each.bounding_box() for each in await month.locator(".glance-day").all()]
    assert all(box and box["width"] >= 40 and box["height"] >= 40 for box in boxes), "a finger meets each day"
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await counted.last.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#day-{days[1]}").get_by_role("button", name="At 12 o'clock")).to_be_in_viewport()
    await month.get_by_role("link", name=f"Compose for {days[0] + timedelta(days=1):%-d %B}").click()
    await page.wait_for_url(re.compile(f"/compose.+date={days[0] + timedelta(days=1)}"))


async def test_an_empty_hour_opens_compose_for_it(page: Page, brand: Brand) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    await page.goto(f"/calendar?brandRef={brand.ref}&view=week&date={day}")
    first = page.locator(f"#day-{day} .slot").first
    await first.focus()
    for _ in range(14):
        await page.keyboard.press("ArrowDown")
    await expect(page.locator(f"[data-at='{day}T14:00'] .slot")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(brand.ref)
    await expect(page.locator("#at")).to_have_value(f"{day}T14:00")
    await page.go_back()
    await page.locator(f"[data-at='{day}T15:00'] .slot").click()
    await expect(page.locator("#at")).to_have_value(f"{day}T15:00")


async def test_a_calendar_is_subscribed_to_by_a_secret_address(page: Page, brand: Brand) -> None:
    post = await brand.submit("In another calendar", seconds=7 * 86_400)
    await page.goto(f"/calendar?brandRef={brand.ref}")
    await page.get_by_text("Subscribe in your own calendar").click()
    await page.get_by_role("button", name="Create an address").click()
    address = page.get_by_label("Address, shown only now")
    await expect(address).to_have_value(re.compile(r"/feeds/[\w-]{43}\.ics$"))
    url = await address.input_value()
    async with httpx.AsyncClient() as program:
        calendar = read_calendar((await program.get(url)).raise_for_status().content)
        assert [event["UID"] for event in calendar.events] == [post["id"]]
        await page.get_by_role("button", name="Revoke").click()
        await page.locator("#confirm").get_by_role("button", name="Revoke").click()
        await expect(page.get_by_role("button", name="Revoke the address")).to_have_count(0)
        assert (await program.get(url)).status_code == 404
    await page.reload()
    await expect(page.get_by_label("Address, shown only now")).to_be_hidden()


async def test_brands_stand_side_by_side(
    page: Page, brand: Brand, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    other = await Brand.create(api, sandbox, f"c-{brand.ref}", "bluesky")
    at = (datetime.now(UTC) + timedelta(days=5)).replace(hour=10, minute=0, second=0, microsecond=0)
    posts = [await one.submit(f"Of {one.ref}", scheduledAt=at.isoformat()) for one in (brand, other)]
    await page.goto(f"/calendar?brandRef=&view=day&date={at.date()}&beside={brand.ref}&beside={other.ref}")
    boxes = [await page.locator(f"[data-entry='{post['id']}']").bounding_box() for post in posts]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] != boxes[1]["x"], "two columns"
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 2, "the same hour stands in one line"
    entry = page.locator(f"[data-entry='{posts[0]['id']}']")
    await entry.drag_to(page.locator(f"#day-{at.date()}-{other.ref} [data-at='{at.date()}T14:00']"))
    content = (await api.get(f"/v1/contents/{posts[0]['id']}")).json()
    assert datetime.fromisoformat(content["scheduledAt"]) == at, "it is not moved to another brand's column"


async def test_the_next_post_is_moved_while_the_page_is_still_loaded_again(page: Page, brand: Brand) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    made = [
        await brand.submit(f"Post {name}", scheduledAt=f"{tomorrow}T{hour}:00:00Z")
        for name, hour in (("A", 10), ("B", 12))
    ]

    async def slowly(route: Route) -> None:
        await asyncio.sleep(2)
        await route.continue_()

    await page.goto(f"/calendar?brandRef={brand.ref}&view=week&date={tomorrow}")
    field, dialog = page.get_by_label("New time"), page.locator("#move")
    await page.route("**/calendar?*", slowly)
    for name, hour in (("A", 15), ("B", 16)):
        await page.get_by_role("button", name=f"Post {name}").click()
        await expect(dialog.get_by_role("heading")).to_have_text(f"Post {name}")
        await field.fill(f"{tomorrow}T{hour}:00")
        if name == "B":
            await asyncio.sleep(3)  # the page was loaded again meanwhile
            await expect(field).to_have_value(f"{tomorrow}T{hour}:00")
        await dialog.get_by_role("button", name="Move").click()
        await expect(dialog).to_be_hidden()
    moved = [(await brand.api.get(f"/v1/contents/{each['id']}")).json()["scheduledAt"] for each in made]
    assert moved == [f"{tomorrow}T15:00:00Z", f"{tomorrow}T16:00:00Z"]
