"""The page of a post in a real browser: a person lets things happen to it, by mouse and keyboard, in any theme."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.sandbox.conftest import Sandbox
from tests.support.axe import violations

THEMES = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def post(sandbox: Sandbox) -> str:
    token = {"access_token": "EAAsandboxMunadiPageToken"}
    made = sandbox.http.post("/facebook/graph/v26.0/100000000000001/feed", params=token, data={"message": "Umbrellas"})
    return str(made.json()["id"])


@pytest.mark.parametrize(("width", "scheme"), THEMES)
async def test_a_person_hides_a_post_and_restores_it(
    sandbox: Sandbox, post: str, browser: Browser, width: int, scheme: str
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    await page.goto(f"{sandbox.url}/?channel=facebook")
    assert (await violations(page), await page.evaluate(TOO_WIDE)) == ([], False)
    await page.get_by_role("link", name="Change what happens to it").click()
    hide = page.get_by_role("button", name="Hide it from the timeline")
    await hide.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Hidden:")).to_be_visible()
    await expect(hide).to_be_disabled()
    assert (await violations(page), await page.evaluate(TOO_WIDE)) == ([], False)
    assert sandbox.posts("facebook")[0]["state"]["way"] == "hidden"
    await page.get_by_role("button", name="Restore it").click()
    await expect(page.get_by_text("Hidden:")).to_have_count(0)
    assert sandbox.posts("facebook")[0]["state"] is None
    await page.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_text("It was deleted, and nothing undoes that.")).to_be_visible()
    assert (sandbox.posts("facebook"), await violations(page), said) == ([], [], [])
    await context.close()
