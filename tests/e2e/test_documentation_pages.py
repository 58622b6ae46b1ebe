"""The documentation in a real browser: readable in light and dark, on a phone, by keyboard and by a screen reader."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import judge
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.support.axe import Rules

PAGES = ("", "tutorial", "operating", "going-live/tiktok", "reference/settings", "decisions/")
API_PAGES = (
    "api",
    "api/contents.list",
    "api/contents.create",
    "api/media.create",
    "api/usage.get",
    "api/health.checkReady",
)
PHONE, DESK = 390, 1280
LOOKS = {
    "light": (DESK, False, Rules.ALL),
    "dark": (DESK, True, Rules.COLORS),
    "phone": (PHONE, False, Rules.ALL),
}

# What a reader would have to scroll sideways for. Code may, and the wide tables of the documentation.
CUT_OFF = """[...document.querySelectorAll('article *')]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .filter(each => !each.closest('pre') && !(each.closest('.wide') && !document.querySelector('article.api')))
  .filter(each => !each.closest('.unseen'))
  .map(each => each.outerHTML.slice(0, 80))"""


async def opened(browser: Browser, url: str, width: int, dark: bool) -> tuple[Page, list[str]]:
    """The page, and what its policy or its network refused."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page, complaints = await context.new_page(), list[str]()
    # Not a browser's advice to developers, which it gives when it finds the time.
    page.on("console", lambda message: None if message.text.startswith("[DOM]") else complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(f"{request.url} failed"))
    await page.goto(url)
    return page, complaints


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_are_readable(stack: Stack, browser: Browser, look: str) -> None:
    width, dark, rules = LOOKS[look]
    for name in PAGES + API_PAGES:
        page, complaints = await opened(browser, f"{stack.info['api']}/docs/{name}", width, dark)
        assert complaints == [], name
        assert await judge(page, f"docs-{name.strip('/').replace('/', '-') or 'index'}-{look}", rules=rules) == []
        assert await page.evaluate(CUT_OFF) == [], f"{name}: cut off at {width}"
        await page.context.close()


async def test_the_keyboard_reaches_the_page_and_the_map(stack: Stack, browser: Browser) -> None:
    page, _ = await opened(browser, f"{stack.info['api']}/docs/webhooks", DESK, dark=False)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Idempotency").click()
    assert page.url.endswith("/docs/guides/idempotency")
    await page.get_by_role("link", name="When to repeat").click()
    assert page.url.endswith("#when-to-repeat")
    await page.context.close()


async def test_words_are_searched_and_an_example_is_copied(stack: Stack, browser: Browser) -> None:
    for look, (width, dark, rules) in LOOKS.items():
        page, complaints = await opened(browser, f"{stack.info['api']}/docs/api/contents.list", width, dark)
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("searchbox", name="Search the documentation").fill("withdraw before")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("“withdraw before”")
        assert await judge(page, f"docs-search-{look}", rules=rules) == []
        assert await page.evaluate(CUT_OFF) == []
        await page.get_by_role("article").get_by_role("link", name="Withdrawing a live post").first.click()
        example = page.locator(".example").first
        await example.hover()
        await example.get_by_role("button", name="Copy").click()
        await expect(example.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await example.locator("code").text_content()
        assert complaints == []
        await page.context.close()


async def test_an_operation_is_found_and_tried_with_a_key(stack: Stack, brand: Brand, browser: Browser) -> None:
    page, complaints = await opened(browser, f"{stack.info['api']}/docs/api", DESK, dark=False)
    found = page.get_by_role("article").get_by_role("link", name="Create content")
    await page.get_by_label("Find an operation").fill("batch create")
    await expect(page.get_by_role("status")).to_have_text("1 operation")
    await expect(found).to_be_hidden()
    await page.get_by_label("Find an operation").fill("content create")
    await expect(page.get_by_role("status")).to_have_text("3 operations")
    await found.click()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text("Fill in API key.")
    await expect(page.get_by_label("API key")).to_be_focused()
    await page.get_by_label("API key").fill(stack.info["apiKey"])
    await page.locator("#body").fill('{"brandRef": "nowhere", "channels": ["bluesky"], "text": "it\'s tried"}')
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#answer h3")).to_contain_text("422")
    await expect(page.locator("#answer-body")).to_contain_text("nowhere")
    body = page.locator("#body")
    await body.fill((await body.input_value()).replace("nowhere", brand.ref))
    await page.get_by_label("Idempotency-Key").fill("from-a-page")
    await page.get_by_text("As a command").click()
    await expect(page.locator("#command")).to_contain_text("it'\\''s tried")
    assert stack.info["apiKey"] not in await page.locator("#command").inner_text()
    for _ in range(2):
        # The page may still show the answer before.
        async with page.expect_response("**/v1/contents") as answered:
            await page.get_by_role("button", name="Send").click()
        await (await answered.value).finished()
        await expect(page.locator("#answer h3")).to_contain_text("202")
    (content,) = await brand.contents()
    assert content["text"] == "it's tried"
    await page.goto(f"{stack.info['api']}/docs/api/contents.get")
    await page.get_by_label("content_id").fill(content["id"])
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#answer-body")).to_contain_text(f'"id": "{content["id"]}"')
    await page.get_by_role("link", name="Dashboard").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.context.close()
    # The browser logs each refusal, and one is what this test asks for.
    assert [each for each in complaints if "status of 422" not in each] == []


async def test_a_file_is_sent_from_the_page_of_its_operation(stack: Stack, brand: Brand, browser: Browser) -> None:
    page, complaints = await opened(browser, f"{stack.info['api']}/docs/api/media.create", PHONE, dark=True)
    await page.get_by_label("API key").fill(stack.info["apiKey"])
    await page.get_by_label("brandRef form").fill(brand.ref)
    await page.get_by_label("file form").set_input_files(
        {"name": "umbrella.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(64, 48))}
    )
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#answer h3")).to_contain_text("201")
    await expect(page.locator("#answer-body")).to_contain_text('"width": 64')
    await page.context.close()
    assert complaints == []
