"""Debian's Chromium without windows, driven by playwright: it sees what people see. Nothing is downloaded."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.ports import LOOPBACK, free_port

# The same pages for two thirds of the processor time: it has no window, extensions or profile of a person.
PROGRAM = "chromium-headless-shell"
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
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """`async with chromium() as browser: page = await browser.new_page()`."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise RuntimeError(f"{PROGRAM} is missing: make test-setup installs it, as root")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            await browser.close()


@contextmanager
def shared_chromium() -> Iterator[str]:
    """The address of a Chromium that tests with loops of their own use by `connected`: it lives in a thread here."""
    port, found = free_port(), Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def run() -> None:
        async with chromium(f"--remote-debugging-port={port}"):
            ended = asyncio.Event()
            found.set_result((asyncio.get_running_loop(), ended))
            await ended.wait()

    def live() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            if found.done():
                raise
            found.set_exception(error)

    thread = threading.Thread(target=live, name="chromium")
    thread.start()
    try:
        loop, ended = found.result(timeout=120)
        yield f"http://{LOOPBACK}:{port}"
        loop.call_soon_threadsafe(ended.set)
    finally:
        thread.join(timeout=30)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Browser]:
    """The Chromium at an address. At the end it forgets what was opened here."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(address)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(browser: Browser, url: str, *, width: int = 1280, dark: bool = False) -> AsyncIterator[Page]:
    """The page once it is loaded."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        page = await context.new_page()
        await page.goto(url)
        yield page
    finally:
        await context.close()
