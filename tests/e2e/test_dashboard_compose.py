"""Writing a post in a real browser: what is to do, what each account shows, and drafts that outlive the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import judge, signed_in
from tests.harness.brand import Brand, until
from tests.harness.documents import pdf
from tests.harness.files import picture
from tests.harness.networks import plant
from tests.harness.stack import Stack

SUBMIT = re.compile("^(Publish now|Schedule)( for .*)?$")


# Instagram's own code for an account that may not post.
RESTRICTED = {"code": 25, "subcode": 2207050}
LINK = "https://acme.example/sale"


async def drafts_of(brand: Brand) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await brand.api.get("/v1/drafts", params={"brandRef": brand.ref})).json()["data"]
    return found


async def write(page: Page, brand: Brand, text: str, *channels: str) -> None:
    await page.goto(f"/compose?brandRef={brand.ref}")
    for channel in channels:
        await page.get_by_role("checkbox", name=channel).check()
    await page.get_by_label("Text", exact=True).fill(text)


async def test_what_is_missing_is_asked_for_and_becomes_a_problem_on_submitting(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    await brand.connect("tiktok")
    async with signed_in(browser, stack, f"/compose?brandRef={brand.ref}") as page:
        for channel in ("Bluesky", "Instagram", "TikTok"):
            await page.get_by_role("checkbox", name=channel).check()
        media = page.locator("#for-all [data-at='/media'] > .notes")
        await expect(media).to_contain_text("Add a picture or video for Instagram")
        await expect(page.locator("[aria-invalid]")).to_have_count(0)
        await expect(page.locator(".is-problem")).to_have_count(0)
        await page.get_by_label("Text", exact=True).fill("Umbrellas")
        tab = page.get_by_role("tab", name="TikTok")
        await expect(tab).to_contain_text("is not finished")
        await expect(tab.locator(".count")).to_contain_text("9 / ")
        asked = page.locator("[data-option='privacyLevel'] > .notes")
        await page.locator("#files").set_input_files(
            {"name": "umbrella.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(800, 800))}
        )
        await expect(media).to_be_hidden()
        await expect(asked).to_have_text("To do: Choose who can see this on TikTok.")
        await expect(page.get_by_role("tabpanel", name="All accounts")).to_be_visible()
        await page.get_by_role("button", name=SUBMIT).click()
        await expect(page.locator("#verdict")).to_have_text("Not accepted: 1 problem.")
        await expect(page.get_by_role("tabpanel", name="TikTok")).to_be_visible()
        await expect(page.get_by_role("tabpanel", name="TikTok").locator("select:focus")).to_have_count(1)
        await expect(tab.locator(".count")).to_contain_text("9 / ")  # a refusal keeps the counters
        await expect(asked).to_contain_text("Problem: ")


async def test_each_account_shows_its_own_text_and_files(stack: Stack, brand: Brand, browser: Browser) -> None:
    async with signed_in(browser, stack) as page:
        await write(page, brand, "For all", "Bluesky", "Instagram")
        await page.locator("#files").set_input_files(
            [
                {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(size, size))}
                for name, size in (("one", 700), ("two", 800))
            ]
        )
        await expect(page.locator("#media .file")).to_have_count(2)
        await page.get_by_label("Link", exact=True).fill(LINK)
        notes = page.locator("[data-at='/link'] > .notes .is-warning")
        await expect(notes.first).to_contain_text("The same goes for Instagram")
        await expect(page.locator("[data-facts]:text-matches('kB')")).to_have_count(2)
        await page.get_by_role("tab", name="Bluesky").click()
        panel = page.get_by_role("tabpanel", name="Bluesky")
        await panel.get_by_label("Text for this account").fill("For Bluesky")
        await panel.get_by_role("button", name="Choose other files").click()
        await panel.get_by_role("button", name="Remove: one.jpg").click()
        await expect(page.locator(".preview:visible")).to_have_count(1)
        await expect(page.locator(".preview:visible")).to_contain_text("For Bluesky")
        await page.get_by_role("tab", name="Bluesky").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Instagram")).to_be_focused()
        await expect(page.get_by_role("tabpanel", name="Instagram")).to_be_visible()
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
    await brand.ended(page.url.rpartition("/")[2])
    for text, channel, count in (("For Bluesky", "bluesky", 1), ("For all", "instagram", 2)):
        assert [len(post["media"]) for post in await brand.posts(f"{text}\n\n{LINK}", channel)] == [count]


async def test_a_document_is_uploaded_judged_previewed_and_published(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    for channel in ("linkedin", "telegram"):
        await brand.connect(channel)
    text = f"The report of {brand.ref}"
    async with signed_in(browser, stack) as page:
        await write(page, brand, text, "LinkedIn", "Telegram", "Bluesky")
        await page.locator("#files").set_input_files(
            {"name": "Q3 report.pdf", "mimeType": "application/pdf", "buffer": pdf(3)}
        )
        file = page.locator("#media .file")
        await expect(file.locator("[data-facts]")).to_contain_text("3 pages")
        await expect(file.locator(".sheet")).to_have_text("PDF")
        await expect(file.locator("[data-alt]")).to_be_hidden()
        await expect(page.locator("#verdict")).to_contain_text("1 problem")
        await expect(page.locator("[data-at='/media'] .is-problem").first).to_contain_text("Bluesky")
        await page.get_by_role("checkbox", name="Bluesky").uncheck()
        await expect(page.locator("#verdict")).to_have_text("No problems.")
        for channel in ("LinkedIn", "Telegram"):
            preview = page.locator(".preview", has_text=channel)
            await expect(preview).to_contain_text("Q3 report")
            await expect(preview).to_contain_text("3 pages")
        assert await judge(page, "compose-document") == []
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
        await brand.published(page.url.rpartition("/")[2])
        await expect(page.locator(".media")).to_contain_text("Q3 report.pdf")
        assert await judge(page, "content-document") == []
    for channel in ("linkedin", "telegram"):
        (post,) = await brand.posts(text, channel)
        assert len(post["media"]) == 1, channel


async def test_the_same_post_again_is_noted_with_a_link_to_the_other(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    made = await brand.submit("Said twice", channels=["bluesky"])
    async with signed_in(browser, stack) as page:
        await write(page, brand, "Said twice", "Bluesky")
        noted = page.locator(".notes .is-warning", has_text="the same text, media and link")
        link = noted.get_by_role("link", name="Open that post")
        await expect(link).to_have_attribute("href", f"/contents/{made['id']}")
        assert (await brand.api.patch(f"/v1/brands/{brand.ref}", json={"duplicates": "refuse"})).is_success
        await page.get_by_role("button", name=SUBMIT).click()
        refused = page.locator(".notes .is-problem", has_text="the brand refuses duplicates")
        await expect(refused.get_by_role("link", name="Open that post")).to_be_visible()
        assert await judge(page, "compose-duplicate") == []
    assert [post["id"] for post in await brand.contents()] == [made["id"]]


async def test_a_draft_is_saved_while_one_writes_and_continues_after_the_page_is_closed(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    async def has_its_own() -> bool:
        return "Its own" in str(await drafts_of(brand))

    async with signed_in(browser, stack) as page:
        await write(page, brand, "Half a sentence", "Bluesky")
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        assert [one["content"]["text"] for one in await drafts_of(brand)] == ["Half a sentence"]
        await page.get_by_role("tab", name="Bluesky").click()
        await page.get_by_role("tabpanel").get_by_label("Text for this account").fill("Its own")
        await page.goto("/contents")  # before the next save: leaving the page saves
        await until(has_its_own)
    async with signed_in(browser, stack, f"/compose?brandRef={brand.ref}") as page:
        await page.locator("#drafts summary").click()
        await page.get_by_role("link", name="Half a sentence").click()
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Half a sentence")
        await expect(page.get_by_role("checkbox", name="Bluesky")).to_be_checked()
        await expect(page.get_by_role("tab", name="Bluesky")).to_contain_text("has its own content")
        await expect(page.get_by_role("link", name="Half a sentence")).to_have_count(0)
        await page.get_by_label("Text", exact=True).fill("A whole sentence")
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
        assert (await brand.content(page.url.rpartition("/")[2]))["text"] == "A whole sentence"
    assert await drafts_of(brand) == []


async def test_a_failed_post_is_edited_in_a_new_one_and_what_is_out_stays_out_once(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    fault = {"error": RESTRICTED, "times": None, "profile": await brand.profile("instagram")}
    planted = await plant(brand.sandbox, "instagram", "media_publish", "error", **fault)
    own = {"channel": "bluesky", "text": "For Bluesky alone", "parts": ["And more"]}
    gram = {"channel": "instagram", "firstComment": "Second try"}
    media = [await brand.upload(picture(size=(800, 800)), alt="An umbrella")]
    made = await brand.submit("Refused once", media=media, channels=[own, gram], metadata={"campaign": "rain"})
    assert (await brand.ended(made["id"]))["status"] == "partially_published"
    await brand.sandbox.delete(f"/control/faults/{planted['id']}")
    async with signed_in(browser, stack, f"/contents/{made['id']}") as page:
        await page.get_by_role("link", name="Copy to a new post").click()
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Refused once")
        await expect(page.locator("#copied")).to_contain_text("is not chosen, because the post is there already")
        bluesky = page.get_by_role("checkbox", name="Bluesky")
        await expect(page.get_by_role("checkbox", name="Instagram")).to_be_checked()
        await expect(bluesky).not_to_be_checked()
        await expect(page.get_by_label("Alternative text")).to_have_value("An umbrella")
        await expect(page.locator("#first-comment")).to_have_value("Second try")
        await bluesky.check()
        await page.get_by_role("tab", name="Bluesky").click()
        panel = page.get_by_role("tabpanel", name="Bluesky")
        await expect(panel.get_by_label("Text for this account")).to_have_value("For Bluesky alone")
        await expect(panel.get_by_label("Post 2")).to_have_value("And more")
        await bluesky.uncheck()
        await page.get_by_label("Text", exact=True).fill("Accepted at last")
        await expect(page.locator("#verdict")).to_contain_text("No problems")
        await page.get_by_role("button", name=SUBMIT).click()
        await page.wait_for_url(re.compile("/contents/cnt_"))
        content = await brand.ended(page.url.rpartition("/")[2])
        assert (content["status"], content["metadata"]) == ("published", {"campaign": "rain", "copyOf": made["id"]})
        await page.goto(f"/contents/{made['id']}")
        await expect(page.locator(".copies")).to_contain_text("A copy was made: Accepted at last, published")
    assert [each["channel"] for each in content["publications"]] == ["instagram"]
    assert len(await brand.posts("Accepted at last", "instagram")) == 1
    assert len(await brand.posts("For Bluesky alone", "bluesky")) == 1


async def test_a_copy_that_nobody_changes_leaves_no_draft(stack: Stack, brand: Brand, browser: Browser) -> None:
    made = await brand.submit("Once more", seconds=7 * 86_400)
    async with signed_in(browser, stack) as page:
        await page.goto(f"/compose?copy={made['id']}")
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Once more")
        await page.goto("/drafts")
        assert await drafts_of(brand) == []
        await page.goto(f"/compose?copy={made['id']}")
        await page.get_by_role("button", name="Save draft").click()
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        await expect(page).to_have_url(re.compile("draft=drf_"))
        assert "copy=" not in page.url, "loading the page again continues the draft"
        await page.goto(f"/drafts?brandRef={brand.ref}")
        await page.get_by_role("button", name=re.compile("Copy.*Once more")).click()
        await page.wait_for_url(re.compile("/compose.*draft=drf_"))
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Once more")
        assert len(await drafts_of(brand)) == 2
        await page.goto(f"/drafts?brandRef={brand.ref}")
        await page.get_by_role("button", name=re.compile("Delete.*Once more")).first.click()
        await page.locator("#confirm").get_by_role("button", name="Delete").click()
        await expect(page.locator(".row")).to_have_count(1)
    assert len(await drafts_of(brand)) == 1


async def test_a_file_that_is_needed_says_by_what_and_goes_when_it_is_not(
    stack: Stack, brand: Brand, browser: Browser
) -> None:
    media = await brand.upload(picture(size=(800, 800)), alt="An umbrella")
    made = await brand.submit("Needs its file", seconds=7 * 86_400, media=[media])
    async with signed_in(browser, stack, f"/media?brandRef={brand.ref}") as page:
        row = page.locator(".row")
        await expect(row.get_by_role("link", name="Needs its file")).to_be_visible()
        await row.locator("summary", has_text="Delete").click()
        needed = row.locator(".needed")
        await expect(needed).to_contain_text("It can’t be deleted yet")
        await expect(needed.get_by_role("link", name="Needs its file")).to_be_visible()
        await expect(page.locator("#confirm")).to_be_hidden()
        assert (await brand.api.post(f"/v1/contents/{made['id']}/cancel")).status_code == 200
        await row.get_by_role("button", name="Delete").click()
        await page.locator("#confirm").get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No files")).to_be_visible()


async def test_two_people_at_one_draft_lose_nothing(stack: Stack, brand: Brand, browser: Browser) -> None:
    made = (await brand.api.post("/v1/drafts", json={"brandRef": brand.ref, "text": "Begun"})).json()
    path = f"/v1/drafts/{made['id']}"
    async with signed_in(browser, stack) as page:
        await page.goto(f"/compose?brandRef={brand.ref}&draft={made['id']}")
        await expect(page.get_by_label("Text", exact=True)).to_have_value("Begun")
        other = await brand.api.patch(path, json={"text": "By another"}, headers={"If-Match": '"1"'})
        assert other.status_code == 200, other.text
        await page.get_by_label("Text", exact=True).fill("By me")
        await page.get_by_role("button", name="Save draft").click()
        await expect(page.locator("#saved")).to_contain_text("Draft saved")
        assert {draft["content"]["text"] for draft in await drafts_of(brand)} == {"By another", "By me"}
        await page.goto(f"/compose?brandRef={brand.ref}")
        await page.locator("#drafts summary").click()
        await page.get_by_role("button", name="Delete draft: By another").click()
        await page.locator("#confirm").get_by_role("button", name="Delete").click()
        await expect(page.get_by_role("link", name="By another")).to_have_count(0)
    assert [draft["content"]["text"] for draft in await drafts_of(brand)] == ["By me"]


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
async def test_an_accounts_tab_is_accessible(
    stack: Stack, brand: Brand, browser: Browser, width: int, dark: bool
) -> None:
    name = f"compose-tab-{width}{'-dark' if dark else ''}"
    await brand.api.patch(f"/v1/brands/{brand.ref}", json={"name": "Red Shop for the whole family"})
    async with signed_in(browser, stack, "/contents", width=width, dark=dark) as page:
        await write(page, brand, "Umbrellas for everybody. " * 20, "Bluesky", "Instagram")
        await expect(page.locator("#verdict")).to_contain_text("1 thing to do")
        said = await page.locator("#verdict").bounding_box()
        assert said is not None
        assert said["width"] > 120, "a long name on the button leaves room for the verdict"
        await page.get_by_role("tab", name="Instagram").focus()
        await page.keyboard.press("Enter")
        await page.evaluate("scrollTo(0, document.querySelector('.editor').offsetTop + 120)")
        header, tabs = [await page.locator(each).bounding_box() for each in ("header.top", "#tabs")]
        assert header is not None
        assert tabs is not None
        assert abs(tabs["y"] - header["y"] - header["height"]) < 2, "the counters stay in view below the header"
        assert await judge(page, name) == []
