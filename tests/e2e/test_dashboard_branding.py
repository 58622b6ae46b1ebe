"""A brand's page in a real browser: its look with a preview, and its apps, whose secrets are never shown."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.visiting import judge, signed_in
from tests.harness.files import picture
from tests.harness.stack import Stack

SECRET = "CANARY-of-the-dashboard"


@pytest.mark.parametrize(("width", "dark"), [(1024, False), (390, True)])
async def test_a_look_and_an_app_are_set_and_removed(
    stack: Stack, browser: Browser, api: httpx.AsyncClient, width: int, dark: bool
) -> None:
    ref = f"look-{uuid4().hex[:10]}"
    assert (await api.post("/v1/brands", json={"ref": ref, "name": "Acme Stores"})).status_code == 201
    async with signed_in(browser, stack, f"/brands/{ref}", width=width, dark=dark) as page:
        form = page.get_by_role("form", name="Pages for owners and reviewers")
        save, colour = form.get_by_role("button", name="Save"), form.get_by_label("Colour", exact=True)
        await colour.fill("yellow")
        await save.click()
        await expect(form.locator(".wrong")).to_contain_text("A colour is # and six digits")
        await form.get_by_label("Pick a colour").fill("#ffd400")
        await expect(colour).to_have_value("#ffd400")
        await form.get_by_label("Logo").set_input_files(
            {"name": "small.png", "mimeType": "image/png", "buffer": picture(size=(12, 12))}
        )
        await save.click()
        await expect(form.locator(".wrong")).to_contain_text("16 to 2048")
        await form.get_by_label("Logo").set_input_files(
            {"name": "logo.png", "mimeType": "image/png", "buffer": picture(size=(300, 100))}
        )
        await form.get_by_label("Name").fill("Acme Social Desk")
        await form.get_by_label("Support address").fill("mailto:help@acme.example")
        await save.click()
        preview = page.get_by_role("img", name="Preview on a light screen")
        await expect(preview.locator(".mark")).to_have_text("Acme Social Desk")
        await expect(preview.locator("img")).to_have_js_property("naturalWidth", 300)
        await expect(preview.locator(".button")).to_have_css("background-color", "rgb(255, 212, 0)")
        await expect(preview.locator(".button")).to_have_css("color", "rgb(0, 0, 0)")
        await expect(save).not_to_have_css("background-color", "rgb(255, 212, 0)")
        await page.get_by_text("Set an app").first.click()
        form = page.get_by_role("form", name="Set an app")
        await form.locator("[name=network]").select_option("LinkedIn (page)")
        await form.get_by_label("Client id").fill("li-app")
        await form.get_by_label("Client secret").fill(SECRET)
        await form.get_by_label("Review by the network").select_option("approved")
        await form.get_by_role("button", name="Save the app").click()
        row = page.locator("#app-linkedin")
        await expect(row).to_contain_text("LinkedIn (page) li-app")
        await expect(row).to_contain_text("approved")
        assert SECRET not in await page.content()
        await expect(form.get_by_label("Client secret")).to_have_value("")
        assert await judge(page, f"brand-{width}") == []
        await row.get_by_role("button", name="Remove the app at LinkedIn").click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(row).to_have_count(0)
        await page.get_by_role("button", name="Remove the look").click()
        await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(preview.locator(".mark")).to_have_text("Munadi")
    assert (await api.get(f"/v1/brands/{ref}/branding")).status_code == 404
    assert (await api.get(f"/v1/brands/{ref}/apps")).json()["data"] == []
