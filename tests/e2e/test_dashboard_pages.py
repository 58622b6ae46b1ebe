"""People compose, plan, connect accounts and manage webhooks in a real browser, over one running stack."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import lose_the_first_answer, signed_in
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.inbox import Inbox
from tests.harness.networks import create_profile
from tests.harness.stack import Stack
from tests.harness.web import Call, serving

# The horizon is 366 days.
IN_HALF_A_YEAR = f"{datetime.now(UTC) + timedelta(days=180):%Y-%m-%d}"
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
    await expect(problems).to_contain_text("Bluesky takes at most 300 characters; this text has 310")
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
    named = "input => [...input.files].map(file => file.name)"
    assert await page.locator("#files").evaluate(named) == ["umbrella.jpg", "a.txt"], "not: No file chosen"
    await page.get_by_role("button", name="Remove: a.txt").click()
    assert await page.locator("#files").evaluate(named) == ["umbrella.jpg"]
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
    await page.goto(f"/compose?brandRef={brand.ref}&date={IN_HALF_A_YEAR}")
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
    await expect(page.get_by_text("'Nowhere/Else' is not the name of a time zone")).to_be_visible()
    await page.get_by_label("Time zone").fill("Asia/Kolkata")
    await page.get_by_role("button", name=SUBMIT).click()
    await page.wait_for_url(re.compile("/contents/cnt_"))
    made = (await brand.api.get(f"/v1/contents/{page.url.rpartition('/')[2]}")).json()
    assert (made["scheduledAt"], made["timezone"]) == (f"{IN_HALF_A_YEAR}T03:30:00Z", "Asia/Kolkata")
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


async def test_connecting_checking_and_disconnecting_an_account(page: Page, brand: Brand, stack: Stack) -> None:
    async with stack.sandbox() as sandbox:
        await sandbox.post("/control/profiles", json={"channel": "threads", "name": f"{brand.ref}-owner"})
    await page.goto(f"/accounts?brandRef={brand.ref}")
    form = page.locator("#connect")
    await form.get_by_text("Instagram", exact=True).click()
    await expect(form.get_by_label("Log in with")).to_be_visible()
    server = form.locator("[data-for=browser]").get_by_label("Server of the account")
    await expect(server).to_be_hidden()
    await form.get_by_text("Mastodon", exact=True).click()
    await expect(server).to_have_value(re.compile("^http://.+/mastodon/server$"))
    await form.get_by_text("Threads", exact=True).click()
    await expect(server).to_be_hidden()
    await expect(form.get_by_label("Log in with")).to_be_hidden()
    await form.get_by_label("The link works for").select_option("seven days")
    await form.get_by_role("button", name="Create a link for the owner").click()
    week = (datetime.now(UTC) + timedelta(days=7, minutes=-1)).strftime("%-d %b")
    await expect(form.get_by_text(f"Valid until {week}")).to_be_visible()
    await form.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Continue to Threads").click()
    await page.get_by_role("radio").last.check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("Threads is connected.")).to_be_visible()
    card = page.locator(".account", has_text="Threads")
    await card.get_by_role("button", name="Check now").click()
    await expect(card.get_by_text("It works")).to_be_visible()
    await card.get_by_role("button", name="Create a link for the owner").click()
    await expect(card.get_by_label("For the owner")).to_have_value(re.compile("/connect/"))
    disconnected = await card.get_attribute("id")
    await card.get_by_role("button", name="Disconnect").click()
    await page.locator("#confirm").get_by_role("button", name="Disconnect").click()
    await expect(page.locator(".account", has_text="Threads")).to_have_count(0)
    gone = page.locator(f"#gone-{disconnected}")
    await expect(gone).to_be_hidden()
    await page.locator("#disconnected > summary").click()
    await gone.get_by_role("button", name="Connect again").click()
    await page.get_by_role("button", name="Continue to Threads").click()
    await page.get_by_role("radio").last.check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text("Threads is connected.")).to_be_visible()
    back = page.locator(".account", has_text="Threads")
    await expect(back.locator(".badge").first).to_have_text("Account: connected")
    assert await back.get_attribute("id") != disconnected, "it is another account now"
    await expect(page.locator("#disconnected")).to_have_count(0)


async def test_a_bot_is_connected_by_its_token_and_its_chat(page: Page, brand: Brand, stack: Stack) -> None:
    async with stack.sandbox() as sandbox:
        bot = await create_profile(sandbox, "telegram", brand.ref)
    await page.goto(f"/accounts?brandRef={brand.ref}")
    form = page.locator("#connect")
    await form.get_by_text("Telegram", exact=True).click()
    await expect(form.get_by_role("button", name="Continue")).to_be_hidden()
    await form.get_by_label("The bot’s token").fill(bot["accessToken"])
    await form.get_by_role("button", name="Connect").click()
    await expect(form.get_by_label("Channel or group")).to_have_attribute("aria-invalid", "true")
    await form.get_by_label("Channel or group").fill(bot["externalId"])
    await form.get_by_role("button", name="Connect").click()
    await expect(form.locator("[data-pasted]")).to_contain_text("is connected.")
    await expect(form.get_by_label("The bot’s token")).to_have_value("")
    await expect(page.locator(".account", has_text="Telegram")).to_have_count(1)
    await form.get_by_role("link", name="Write a post").click()
    await expect(page.get_by_role("checkbox", name="Telegram")).to_be_visible()


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
        await page.get_by_label("From", exact=True).fill("2026-01-01T00:00")
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


async def test_an_alert_is_added_tested_changed_paused_and_deleted(page: Page, brand: Brand) -> None:
    status, heard = 403, list[str]()

    async def answer(call: Call) -> None:
        heard.append(call.body.decode())
        await call.answer(b"{}", status=status)

    async with serving(answer) as address:
        await page.goto(f"/alerts?brandRef={brand.ref}")
        await page.get_by_label("Address", exact=True).fill("nonsense")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_label("Address", exact=True)).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("Address", exact=True).fill(address.replace("http", "json", 1) + "/hook")
        await page.locator("#create").get_by_role("checkbox", name="failures").check()
        await page.locator("#create").get_by_label("Quiet from").fill("22:00")
        await page.get_by_role("button", name="Add").click()
        await expect(page.locator("#create").get_by_label("Quiet until")).to_have_attribute("aria-invalid", "true")
        await page.locator("#create").get_by_label("Quiet until").fill("07:00")
        await page.get_by_role("button", name="Add").click()
        card = page.get_by_role("article")
        await expect(card).to_contain_text("failures · soon after it happened · quiet from 22:00 to 07:00")
        await expect(page.get_by_label("Address", exact=True)).to_have_value("")
        await card.get_by_role("button", name="Send a test").click()
        await expect(card.locator("[data-result]")).to_contain_text("Not sent:", timeout=20_000)
        status = 200
        await card.get_by_role("button", name="Send a test").click()
        await expect(card.locator("[data-result]")).to_contain_text("took the test message", timeout=20_000)
        assert len(heard) == 2
        await card.get_by_text("Change", exact=True).click()
        await card.get_by_label("Messages").select_option("daily")
        await card.get_by_label("Quiet from").fill("")
        await card.get_by_label("Quiet until").fill("")
        await card.get_by_role("button", name="Save").click()
        await expect(card).to_contain_text("failures · one a day, at nine")
        await expect(card).not_to_contain_text("quiet from")
        await card.get_by_role("button", name="Pause").click()
        await expect(card.locator(".badge")).to_contain_text("paused")
        await card.get_by_role("button", name="Continue").click()
        await expect(card.locator(".badge")).to_contain_text("active")
        [made] = (await brand.api.get("/v1/alerts", params={"brandRef": brand.ref})).json()["data"]
        assert (made["types"], made["quietHours"], made["digest"], made["enabled"]) == (["failed"], None, "daily", True)
        await card.get_by_role("button", name="Delete").click()
        await page.locator("#confirm").get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No alerts yet")).to_be_visible()
