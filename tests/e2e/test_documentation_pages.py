"""The documentation in a real browser: readable in light and dark, on a phone, by keyboard and by a screen reader."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.visiting import SCREENS
from tests.harness.stack import Stack
from tests.support.axe import violations

PAGES = ("", "tutorial", "operating", "going-live/tiktok", "reference/settings", "decisions/")
PHONE, DESK = 390, 1280
LOOKS = {"light": (DESK, False), "dark": (DESK, True), "phone": (PHONE, False)}


async def opened(browser: Browser, url: str, width: int, dark: bool) -> tuple[Page, list[str]]:
    """The page, and what its policy or its network refused."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page, complaints = await context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(f"{request.url} failed"))
    await page.goto(url)
    return page, complaints


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_are_readable(stack: Stack, browser: Browser, look: str) -> None:
    width, dark = LOOKS[look]
    for name in PAGES:
        page, complaints = await opened(browser, f"{stack.info['api']}/docs/{name}", width, dark)
        file = f"docs-{name.strip('/').replace('/', '-') or 'index'}-{look}.png"
        await page.screenshot(path=SCREENS / file, full_page=True)
        assert complaints == [], name
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than {width}"
        assert await violations(page) == [], f"{name} {look}"
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
