"""Submitting a post in a real browser, while the form saves drafts by itself."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Route

from tests.e2e.test_dashboard_compose import SUBMIT, drafts_of, write
from tests.e2e.visiting import signed_in
from tests.harness.brand import Brand
from tests.harness.stack import Stack


async def test_a_post_that_is_being_submitted_leaves_no_draft_of_itself(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    async def slowly(route: Route) -> None:
        await asyncio.sleep(3)  # longer than the pause after which a draft is saved
        await route.continue_()

    async with signed_in(browser, stack) as page:
        await page.route("**/v1/contents", slowly)
        await write(page, brand, "Submitted at once", "Bluesky")
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
    assert await drafts_of(brand) == []
