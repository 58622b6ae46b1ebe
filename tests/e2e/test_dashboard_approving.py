"""In a real browser: a person reads what an agent proposed, declines it in words, and approves it as it is shown."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.async_api import Browser, expect

from munadi.domain.key import Scope
from tests.e2e.visiting import SCREENS, judge, photograph, signed_in
from tests.harness.brand import Brand
from tests.harness.stack import Stack


async def test_a_person_declines_and_approves_what_an_agent_proposed(shared_stack: Stack, browser: Browser) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    async with shared_stack.client() as api, shared_stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "approving", "bluesky", "instagram")
        agent = {"Authorization": f"Bearer {await _key_of_agent(api, brand)}"}
        first = {"brandRef": brand.ref, "text": "Sale starts Fryday 🎉", "channels": ["bluesky"]}
        proposed = (await api.post("/v1/contents", json=first, headers=agent)).json()
        path = f"/contents/{proposed['id']}"
        async with signed_in(browser, shared_stack, "/proposals") as page:
            assert await judge(page, "proposals") == []
            await page.get_by_role("link", name="Read and decide").click()
            await page.wait_for_url(f"**{path}#approval")
            card = page.locator("section[aria-labelledby=approval]")
            shown = page.locator("details[data-key=shows]")
            await expect(shown.get_by_text("Sale starts Fryday")).to_be_visible()
            await card.locator("summary", has_text="Decline").click()
            await photograph(page, "approval-form")
            await card.get_by_label("Why").fill("It is spelled Friday.")
            await card.get_by_role("button", name="Decline").click()
            await expect(card.get_by_text("“It is spelled Friday.”")).to_be_visible()
            assert (await brand.content(proposed["id"]))["approval"]["note"] == "It is spelled Friday."
            # The agent edits it while the person reads: what they approve was not what they read.
            edit = await api.patch(f"/v1{path}", json={"text": "Sale ends today"}, headers=agent | {"If-Match": '"1"'})
            assert edit.status_code == 200
            await card.get_by_role("button", name="Approve").click()
            await expect(card.locator(".problem", has_text="Read it again, then decide.").first).to_be_visible()
            await expect(shown.get_by_text("Sale ends today")).to_be_visible()
            assert (await brand.content(proposed["id"]))["approval"]["status"] == "requested"
            await expect(page.get_by_role("heading", level=1)).to_have_text("Sale ends today")
            assert await judge(page, "approval-waits") == []
            await page.set_viewport_size({"width": 390, "height": 844})
            assert await judge(page, "approval-waits-390") == []
            await card.get_by_role("button", name="Approve").click()
            await expect(card.get_by_text("as it is.")).to_be_visible()
            published = await brand.published(proposed["id"])
            assert (published["approval"]["version"], published["text"]) == (2, "Sale ends today")
            await page.goto("/proposals")
            assert await judge(page, "proposals-390") == []


async def _key_of_agent(api: httpx.AsyncClient, brand: Brand) -> str:
    scopes = [Scope.CONTENTS_PROPOSE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ]
    made: dict[str, Any] = (
        await api.post("/v1/keys", json={"name": "agent", "scopes": scopes, "brandRef": brand.ref})
    ).json()
    return str(made["key"])
