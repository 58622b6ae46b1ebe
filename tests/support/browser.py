"""Debian's Chromium, driven by playwright: it sees what people see. Nothing is downloaded."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright, expect

# No sandbox: tests run as root too. The rest stops Chromium's own connections.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A busy machine takes longer than five seconds for a page that one at rest shows in a tenth of one.
expect.set_options(timeout=15_000)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """`async with chromium() as browser: page = await browser.new_page()`."""
    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("chromium is missing: make test-setup installs it, as root")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(browser: Browser, url: str, *, width: int = 1280, dark: bool = False) -> AsyncIterator[Page]:
    """The page once the network is quiet."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        page = await context.new_page()
        await page.goto(url, wait_until="networkidle")
        yield page
    finally:
        await context.close()
