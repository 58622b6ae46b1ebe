"""People compose, plan, connect accounts and manage webhooks in a real browser, over one running stack."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.visiting import lose_the_first_answer, signed_in
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack
from tests.support.icalendar import read_calendar

NEXT_YEAR = f"{datetime.now(UTC).year + 1}-01-05"
SUBMIT = re.compile("^(Publish now|Schedule)( for .*)?$")
# Directly, or as the draft that was saved meanwhile.
SUBMITTED = re.compile("/v1/(contents|drafts/[^/]+/submit)$")


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    async with signed_in(browser, stack) as opened:
        yield opened


async def test_a_post_is_composed_fixed_accepted_and_published(page: Page, brand: Brand) -> None:
    await page.goto(f"/compose?brandRef={brand.ref}")
    verdict, text = page.locator("#verdict"), page.get_by_label("Text", exact=True)
    await page.get_by_role("checkbox", name="Bluesky").check()
    await page.get_by_role("checkbox", name="Instagram").check()
    await text.fill("Umbrellas " * 31)
    problems = page.locator("#text + .counters + .notes .is-problem")
    await expect(problems).to_contain_text("Bluesky takes at most 300 graphemes; this text has 310")
    await expect(text).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#text-counters .over")).to_contain_text("Bluesky 310 / 300 · 10 too many")
    await expect(page.locator("[data-at='/media'] > .notes")).to_have_text(
        "To do: Add a picture or video for Instagram."
    )
    await expect(verdict).to_contain_text("1 problem, 1 thing to do")
    await page.locator("#files").set_input_files(
        {"name": "umbrella.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(800, 800))}
    )
    await expect(page.locator("#media")).to_contain_text("800 × 800")
    await page.locator("#files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"only words"})
    await expect(page.get_by_text("Not uploaded:")).to_be_visible()
    await page.get_by_role("button", name="Remove: a.txt").click()
    await page.get_by_label("Alternative text").fill("A teal umbrella")
    await text.fill("Umbrellas for everybody")
    await expect(verdict).to_have_text("No problems.")
    await expect(problems).to_have_count(0)
    await expect(text).not_to_have_attribute("aria-invalid", "true")
    await expect(page.locator(".preview")).to_have_count(2)
    await expect(page.locator(".preview").first).to_contain_text("Umbrellas for everybody")
    await page.route(SUBMITTED, lose_the_first_answer())
    await page.get_by_role("button", name=SUBMIT).click()
    await page.wait_for_url(re.compile("/contents/cnt_"))
    content_id = page.url.rpartition("/")[2]
    await expect(page.get_by_text("Accepted: stored, not published yet")).to_be_visible()
    content = await brand.ended(content_id)
    assert content["status"] == "published"
    assert content["media"][0]["alt"] == "A teal umbrella"
    await expect(page.get_by_text("The network has published it.").first).to_be_visible(timeout=15_000)
    assert len(await brand.posts("Umbrellas for everybody")) == 1
    listed = (await brand.api.get("/v1/contents", params={"brandRef": brand.ref})).json()["data"]
    assert [each["id"] for each in listed] == [content_id], "an answer was lost on the way, and it was accepted once"


async def test_a_channel_has_its_own_text_thread_and_options(page: Page, brand: Brand) -> None:
    await page.goto(f"/compose?brandRef={brand.ref}&date={NEXT_YEAR}")
    for channel in ("Bluesky", "Instagram"):
        await page.get_by_role("checkbox", name=channel).check()
    await page.get_by_label("Text", exact=True).fill("For all")
    tab = page.get_by_role("tab", name="Bluesky")
    await tab.click()
    panel = page.get_by_role("tabpanel", name="Bluesky")
    await expect(panel.get_by_label("Text for this account")).to_have_value("For all")
    await panel.get_by_label("Text for this account").fill("For Bluesky")
    await panel.get_by_text("More Bluesky options").click()
    await panel.get_by_label("Langs").fill("en\nmuch too long for a language")
    await expect(panel.locator("[data-option='langs'] .is-problem")).to_contain_text("pattern")
    await panel.get_by_label("Langs").fill("en")
    await expect(panel.locator("[data-option='langs'] .is-problem")).to_have_count(0)
    await panel.get_by_role("button", name="Add a post to the thread").click()
    await panel.get_by_label("Post 2").fill("And more")
    await expect(tab).to_contain_text("has its own content")
    preview = page.locator(".preview", has_text="Bluesky")
    for words in ("For Bluesky", "And more"):
        await expect(preview).to_contain_text(words)
    await page.get_by_role("checkbox", name="Instagram").uncheck()
    await page.get_by_label("Time zone").fill("Nowhere/Else")
    await expect(page.get_by_text("'Nowhere/Else' is not an IANA time zone")).to_be_visible()
    await page.get_by_label("Time zone").fill("Asia/Kolkata")
    await page.get_by_role("button", name=SUBMIT).click()
    await page.wait_for_url(re.compile("/contents/cnt_"))
    made = (await brand.api.get(f"/v1/contents/{page.url.rpartition('/')[2]}")).json()
    assert (made["scheduledAt"], made["timezone"]) == (f"{NEXT_YEAR}T03:30:00Z", "Asia/Kolkata")
    assert [publication["channel"] for publication in made["publications"]] == ["bluesky"]


async def test_a_typed_text_survives_the_end_of_a_session(page: Page, stack: Stack, brand: Brand) -> None:
    await page.goto(f"/compose?brandRef={brand.ref}")
    await page.get_by_role("checkbox", name="Bluesky").check()
    await page.context.clear_cookies()
    await page.get_by_label("Text", exact=True).fill("Typed for a long time")
    await page.wait_for_url(re.compile("/sign-in"))
    await page.get_by_label("API key").fill(stack.info["apiKey"])
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(re.compile("/compose"))
    await expect(page.get_by_label("Text", exact=True)).to_have_value("Typed for a long time")
    await expect(page.get_by_role("button", name="Publish now")).to_be_visible()


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
    await expect(page.locator(f"[data-at='{monday + timedelta(days=2)}T09:00']")).to_have_class(re.compile("over"))
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
    await expect(page.locator("#move")).to_contain_text("the time has passed")
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


async def test_connecting_checking_and_disconnecting_an_account(page: Page, brand: Brand, stack: Stack) -> None:
    async with stack.sandbox() as sandbox:
        await sandbox.post("/control/profiles", json={"channel": "threads", "name": f"{brand.ref}-owner"})
    await page.goto(f"/accounts?brandRef={brand.ref}")
    form = page.locator("#connect")
    await form.get_by_label("Channel").select_option("instagram")
    await expect(form.get_by_label("Log in with")).to_be_visible()
    await form.get_by_label("Channel").select_option("threads")
    await expect(form.get_by_label("Log in with")).to_be_hidden()
    await form.get_by_role("button", name="Continue to the network").click()
    await page.get_by_role("button", name="Continue to Threads").click()
    await page.get_by_role("radio").last.check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("Threads is connected.")).to_be_visible()
    card = page.locator(".account", has_text="Threads")
    await card.get_by_role("button", name="Check now").click()
    await expect(card.get_by_text("It works")).to_be_visible()
    await card.get_by_role("button", name="Get a link for the owner").click()
    await expect(card.get_by_label("For the owner")).to_have_value(re.compile("/connect/"))
    await card.get_by_role("button", name="Disconnect").click()
    await page.locator("#confirm").get_by_role("button", name="Disconnect").click()
    await expect(page.locator(".account", has_text="Threads")).to_have_count(0)


async def test_a_webhook_made_here_fails_and_is_redelivered(page: Page, brand: Brand, api: httpx.AsyncClient) -> None:
    inbox = Inbox(answers=lambda _event: 500)
    async with inbox.listening(api, brandRef=brand.ref, types=["content.accepted"]):
        content = await brand.submit("Reported twice", seconds=3600)
        await page.goto("/webhooks")
        await page.get_by_role("link", name=inbox.url).click()
        delivery = page.locator("details.delivery", has_text="content.accepted")
        await expect(delivery).to_contain_text("1 try", timeout=15_000)
        await delivery.locator("summary").first.click()
        await expect(delivery).to_contain_text("HTTP 500")
        assert inbox.events == []
        inbox.answers = lambda _event: 204
        await delivery.get_by_role("button", name="Redeliver").click()
        await expect(delivery).to_contain_text("delivered", timeout=15_000)
        assert inbox.of(content["id"]) == ["content.accepted"]
        await page.get_by_text("Replay events").click()
        await page.get_by_label("From").fill("2026-01-01T00:00")
        await page.get_by_role("button", name="Replay").click()
        await expect(page.locator("[data-replayed]")).to_contain_text("1 event queued")


async def test_missed_events_are_recovered_and_a_delivery_shows_both_sides(
    page: Page, brand: Brand, api: httpx.AsyncClient
) -> None:
    before = await brand.submit("Nobody listened yet", seconds=3600)
    inbox = Inbox()
    async with inbox.listening(api, brandRef=brand.ref, types=["content.accepted"]):
        await page.goto("/webhooks")
        await page.get_by_role("link", name=inbox.url).click()
        await page.get_by_text("Recover events").click()
        await page.get_by_label("Since").fill("2026-01-01T00:00")
        await page.get_by_role("button", name="Recover").click()
        await expect(page.locator("[data-recovered]")).to_have_text("1 of 1 arrived.", timeout=30_000)
        assert inbox.of(before["id"]) == ["content.accepted"]
        await expect(page.locator(".recent")).to_contain_text("Last 1: 1 delivered", timeout=15_000)
        await page.locator("details.delivery summary").first.click()
        await page.get_by_role("link", name="Request and response").click()
        await expect(page.get_by_role("region", name="Body of the request")).to_contain_text("Nobody listened yet")
        await expect(page.locator(".attempt")).to_contain_text("HTTP 204")
        await expect(page.locator(".headers")).to_contain_text("webhook-signature")
        request = await page.get_by_role("heading", name="Request").bounding_box()
        response = await page.get_by_role("heading", name="Response").bounding_box()
        assert request is not None
        assert response is not None
        assert abs(request["y"] - response["y"]) < 2, "request and response stand side by side"
    assert inbox.failures == []


async def test_an_endpoints_secret_is_shown_once(page: Page) -> None:
    await page.goto("/webhooks")
    await page.get_by_label("URL").fill("https://10.0.0.1/hook")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("URL").fill("http://127.0.0.1:9/hook")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_label("Signing secret")).to_have_value(re.compile("^whsec_"))
    await page.get_by_role("link", name="http://127.0.0.1:9/hook").click()
    await expect(page.get_by_label("Signing secret")).to_be_hidden()
    await page.get_by_role("button", name="Send test event").click()
    await expect(page.get_by_text("Test failed")).to_be_visible()
    await page.get_by_role("button", name="Disable").click()
    await expect(page.get_by_role("button", name="Enable")).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    await page.locator("#confirm").get_by_role("button", name="Delete").click()
    await page.wait_for_url(re.compile("/webhooks$"))
    await expect(page.get_by_role("link", name="http://127.0.0.1:9/hook")).to_have_count(0)
