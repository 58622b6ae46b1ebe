"""Editing a scheduled post in a real browser: the form has all of it, and stores only what changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, expect

from tests.e2e.visiting import judge, signed_in
from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.stack import Stack


async def test_a_scheduled_post_is_edited_with_all_that_it_has(stack: Stack, brand: Brand, browser: Browser) -> None:
    own = {"channel": "bluesky", "text": "For Bluesky alone", "parts": ["And more"], "options": {"langs": ["en"]}}
    gram = {"channel": "instagram", "firstComment": "Look closely"}
    media = [await brand.upload(picture(size=(800, 800)), alt="An umbrella")]
    made = await brand.submit("In a week", seconds=7 * 86_400, media=media, channels=[own, gram], clientRef="cms-1")
    async with signed_in(browser, stack) as page:
        await page.goto(f"/contents/{made['id']}/edit")
        await expect(page.get_by_label("Text", exact=True)).to_have_value("In a week")
        await expect(page.locator("#first-comment")).to_have_value("Look closely")
        await expect(page.get_by_role("checkbox", name="Bluesky")).to_be_disabled()
        await expect(page.locator("#verdict")).to_have_text("No problems.")
        await page.get_by_role("button", name="Save").click()  # what nobody changed is not sent
        await page.wait_for_url(f"**/contents/{made['id']}")
        assert (await brand.content(made["id"]))["version"] == made["version"]
        await page.get_by_role("link", name="Edit", exact=True).click()
        await page.get_by_label("Alternative text").fill("A red umbrella")
        await page.locator("#at").fill((datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT12:30"))
        await page.get_by_role("tab", name="Bluesky").click()
        panel = page.get_by_role("tabpanel", name="Bluesky")
        await expect(panel.get_by_label("Post 2")).to_have_value("And more")
        await panel.get_by_label("Text for this account").fill("Too long. " * 40)
        await page.get_by_role("tab", name="All accounts").click()
        await page.get_by_role("button", name="1 problem", exact=False).click()  # it leads there
        await expect(panel.get_by_label("Text for this account")).to_be_focused()
        await panel.get_by_label("Text for this account").fill("For Bluesky, corrected")
        await page.get_by_role("tab", name="All accounts").click()
        await page.get_by_label("Text", exact=True).fill("")
        await page.get_by_label("Text", exact=True).fill("In three days")
        assert await judge(page, "compose-edit") == []
        await page.get_by_role("button", name="Save").click()
        await page.wait_for_url(f"**/contents/{made['id']}")
    content = await brand.content(made["id"])
    assert (content["text"], content["scheduledAt"][11:16], content["clientRef"]) == ("In three days", "12:30", "cms-1")
    assert [each["alt"] for each in content["media"]] == ["A red umbrella"]
    drafts = [(await brand.api.get(f"/v1/publications/{one['id']}")).json()["draft"] for one in content["publications"]]
    assert [each["text"] for each in drafts] == ["For Bluesky, corrected", "In three days"]
    assert (drafts[0]["parts"], drafts[0]["options"]["langs"], drafts[1]["firstComment"]) == (
        ["And more"],
        ["en"],
        "Look closely",
    )


async def test_a_board_is_chosen_by_its_name_and_stays_chosen(stack: Stack, brand: Brand, browser: Browser) -> None:
    for channel in ("pinterest", "youtube"):
        await brand.connect(channel)
    async with signed_in(browser, stack, f"/compose?brandRef={brand.ref}") as page:
        await page.get_by_role("checkbox", name="Pinterest").check()
        await page.get_by_label("Text", exact=True).fill("A pin")
        board = page.locator("[data-option='boardId']")
        await expect(board.locator(".notes")).to_contain_text("Choose the board on Pinterest")
        await page.get_by_role("button", name="to do").click()
        await page.get_by_role("tab", name="Pinterest").click()
        names = await board.get_by_label("Board").locator("option").all_text_contents()
        await board.get_by_label("Board").select_option(label=names[1])
        chosen = await board.get_by_label("Board").input_value()
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        await page.get_by_role("checkbox", name="YouTube").check()
        await page.get_by_role("tab", name="YouTube").click()
        more = page.get_by_role("tabpanel", name="YouTube")
        await more.get_by_text("More YouTube options").click()
        await more.get_by_label("Category ID").focus()  # the network is asked when a person comes to it
        await more.get_by_label("Category", exact=True).select_option(label="Music")
        await page.get_by_role("checkbox", name="YouTube").uncheck()
        await page.reload()
        await expect(board.get_by_label("Board")).to_have_value(chosen)
    account = f"/v1/accounts/{(await brand.account('youtube'))['id']}/choices"
    listed = (await brand.api.get(account, params={"option": "categoryId"})).json()["data"]
    assert {"value": "10", "name": "Music"} in listed
    assert "Short Movies" not in str(listed), "no video may have it"
    refused = await brand.api.get(account, params={"option": "boardId"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "OPTION_NOT_LISTED")
    drafts = (await brand.api.get("/v1/drafts", params={"brandRef": brand.ref})).json()["data"]
    assert drafts[0]["content"]["channels"][0]["options"] == {"boardId": chosen}
