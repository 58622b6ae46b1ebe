"""A person at the dashboard in a real browser: signs in, loses an answer, and examines pages."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, Route, expect

from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.support.axe import Rules, violations

SCREENS = Path(__file__).parents[2] / ".cache" / "screens"
# One after the other: what is opened may contain another. What is in a tab that is not chosen stays closed.
OPEN_ALL = """document.querySelectorAll('summary').forEach(
  each => each.checkVisibility({visibilityProperty: true}) && each.click())"""


@asynccontextmanager
async def signed_in(
    browser: Browser, stack: Stack, path: str = "/contents", *, width: int = 1280, dark: bool = False
) -> AsyncIterator[Page]:
    """A page of the dashboard after the sign-in. No script may fail, and the content policy may refuse nothing."""
    context = await browser.new_context(
        base_url=stack.info["api"],
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    try:
        await page.goto(f"/sign-in?{urlencode({'next': path})}")
        await page.get_by_label("API key").fill(stack.info["apiKey"])
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(f"**{path}")
        yield page
    finally:
        await context.close()
    assert not errors, errors


def lose_the_first_answer() -> Callable[[Route], Awaitable[None]]:
    """The first request arrives, and its answer is lost."""
    lost: list[str] = []

    async def handle(route: Route) -> None:
        if lost:
            await route.continue_()
            return
        lost.append(route.request.url)
        await route.fetch()
        await route.abort()

    return handle


async def photograph(page: Page, name: str, *, wrong: bool = False) -> None:
    """A picture of the whole page in `SCREENS`, if something is wrong or `PICTURES=1`: it takes as long as axe does."""
    if wrong or os.environ.get("PICTURES"):
        await page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


async def open_all(page: Page) -> None:
    """Open everything on the page that opens. What stays in view may lie over it."""
    await page.evaluate(OPEN_ALL)


async def open_rows(page: Page) -> None:
    """Open the row of each publication of a post."""
    await expect(page.locator("details.publication").first).to_be_attached()
    await page.evaluate("document.querySelectorAll('details.publication').forEach(each => (each.open = true))")


async def judge(page: Page, name: str, *, rules: Rules = Rules.ALL) -> list[str]:
    """What is wrong with the page when everything on it is opened: too wide for its window, or what axe finds."""
    if not await page.locator("dialog[open]").count():
        await open_all(page)
    await page.evaluate("scrollTo(0, 0)")
    too_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found = ["wider than its window"] if too_wide else []
    found += await violations(page, rules=rules)
    await photograph(page, name, wrong=bool(found))
    return [f"{name}: {each}" for each in found]


async def fill_in(page: Page) -> None:
    """A post with problems, notes and a file."""
    for channel in ("Bluesky", "Instagram"):
        await page.get_by_role("checkbox", name=channel).check()
    await page.get_by_label("Text", exact=True).fill("Umbrellas for everybody. " * 13)
    await page.locator("#files").set_input_files(
        {"name": "umbrella.png", "mimeType": "image/jpeg", "buffer": picture(size=(800, 500))}
    )
    await expect(page.locator("#verdict")).to_contain_text("1 problem")
    await expect(page.locator("#media")).to_contain_text("800 × 500")
