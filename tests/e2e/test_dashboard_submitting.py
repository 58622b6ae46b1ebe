"""What the form saves by itself in a real browser: while a post is submitted, and when a text is cleared."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Route, expect

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


async def test_a_stored_field_that_the_form_has_can_be_cleared(stack: Stack, brand: Brand, browser: Browser) -> None:
    """The page lists the reference, which the form has, among the fields that are only stored."""

    async def with_reference(route: Route) -> None:
        answer = await route.fetch()
        page = (await answer.text()).replace('data-stored="', 'data-stored="clientRef ')
        await route.fulfill(response=answer, body=page)

    post = {"brandRef": brand.ref, "text": "Umbrellas", "clientRef": "cms-42", "metadata": {"campaign": "monsoon"}}
    made = (await brand.api.post("/v1/drafts", json=post)).json()
    async with signed_in(browser, stack, f"/compose?brandRef={brand.ref}&draft={made['id']}") as page:
        await page.route("**/compose?*", with_reference)
        await page.reload()
        await page.locator("#more-time summary").click()
        reference = page.get_by_label("Your reference")
        await expect(reference).to_have_value("cms-42")
        async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
            await reference.fill("")
        await page.reload()
        await expect(reference).to_have_value("")
    [draft] = await drafts_of(brand)
    assert {"clientRef", "metadata"} & draft["content"].keys() == {"metadata"}
