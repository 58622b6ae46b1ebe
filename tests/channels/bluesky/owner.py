"""An owner of an account on the real PDS, who decides at its own consent page, in a browser."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Browser

from tests.channels.consent import asking
from tests.support.pds import PDSAccount

# Nothing listens there: what the browser asks for has the answer. An IP address, as the OAuth profile requires.
BACK = "http://127.0.0.1:9/v1/oauth/bluesky/callback"
AT_ONCE = 15_000.0


async def decide_at_page(browser: Browser, url: str, who: PDSAccount, button: str = "Authorize") -> dict[str, str]:
    """Sign in with the account's password and press `button`; the query that the browser comes back with."""
    context = await browser.new_context()
    try:
        context.set_default_timeout(AT_ONCE)
        page = await context.new_page()
        await page.goto(url)
        await page.locator("input[type=password]").fill(who.password)
        await page.get_by_role("button", name="Sign in").click()
        async with page.expect_request(lambda request: request.url.startswith(BACK)) as back:
            await page.get_by_role("button", name=button).click()
        return dict(parse_qsl(urlsplit((await back.value).url).query))
    finally:
        await context.close()


asking_real = asking(redirect_uri=BACK, hint="alice.test")
