"""The dashboard in a real browser where posts are in trouble: every page is accessible, and people resolve it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import fill_in, judge, signed_in
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.inbox import subscribe
from tests.harness.networks import plant
from tests.harness.stack import Stack
from tests.support.axe import Rules
from tests.support.browser import open_page

# Name, width, whether it is dark, and what axe examines.
LOOKS = [
    ("light", 1280, False, Rules.ALL),
    ("dark", 1280, True, Rules.COLORS),
    ("phone", 390, True, Rules.STRUCTURE),
]
DAY = datetime.now(UTC).date() + timedelta(days=2)
PLANNED = {
    9: "Breakfast for early birds",
    12: "Lunch, with a first line that is rather long and does not end soon",
    13: "Behind the scenes",
    15: "Tea",
    18: "Dinner",
}


@dataclass
class Scene:
    """Posts that are in trouble, one that waits, and the pages that show them and a busy brand."""

    doubtful: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def scene(shared_stack: Stack) -> Scene:
    return asyncio.run(_prepare(shared_stack))


async def _prepare(stack: Stack) -> Scene:
    async with stack.client() as api, stack.sandbox() as sandbox:
        acme = await Brand.create(api, sandbox, "acme", "bluesky", "instagram", "facebook")
        bazaar = await Brand.create(api, sandbox, "bazaar", "facebook", "threads")
        for brand, operation, mode, more in (
            (acme, "feed", "accept_then_reset", {"times": 1}),
            (acme, "published_posts", "error", {"status": 500, "times": None}),
            (bazaar, "feed", "error", {"error": {"code": 368}, "times": None}),
        ):
            await plant(sandbox, "facebook", operation, mode, profile=await brand.profile("facebook"), **more)
        await bazaar.end_token("revoke", "threads")
        doubtful = await acme.submit("Did this one arrive?", channels=["facebook"])
        refused = await bazaar.submit("Refused at the door", channels=["facebook"])
        held = await bazaar.submit("Waits for its owner", channels=["threads"])
        later = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT09:00:00")
        zoned = {"scheduledAt": later, "timezone": "Asia/Kolkata"}
        waiting = await acme.submit("Later, <b>perhaps</b>", clientRef="cms-42", **zoned)
        aside = await bazaar.submit("Refused, and sent by hand", channels=["facebook"])
        for one in (doubtful, refused, aside):
            await acme.ended(one["id"])
        dismissal = f"/v1/publications/{aside['publications'][0]['id']}/dismiss"
        await api.post(dismissal, json={"because": "sent_elsewhere"})
        lacking = await _without_its_comment(acme)
    return Scene(
        doubtful["id"],
        {
            "contents": "/contents",
            "attention": "/attention",
            "insights": "/insights",
            "unconfirmed": f"/contents/{doubtful['id']}",
            "refused": f"/contents/{refused['id']}",
            "held": f"/contents/{held['id']}",
            "waiting": f"/contents/{waiting['id']}",
            "publication": f"/publications/{refused['publications'][0]['id']}",
            "missing": "/contents/cnt_nothing",
            "aside": f"/contents/{aside['id']}",
            "lacking": f"/contents/{lacking}",
            "copy": f"/compose?brandRef=bazaar&copy={refused['id']}",
            "drafts": "/drafts?brandRef=",
            "files": "/media?brandRef=",
            **await _busy_brand(stack),
        },
    )


async def _without_its_comment(brand: Brand) -> str:
    """A post that is live without its first comment; its file and a draft are there, too."""
    media = [await brand.upload(picture(size=(800, 800)), alt="An umbrella")]
    await brand.api.post("/v1/drafts", json={"brandRef": brand.ref, "text": "Half an idea", "media": media})
    fault = {"error": {"code": 10}, "times": None, "profile": await brand.profile("instagram")}
    await plant(brand.sandbox, "instagram", "comments", "error", **fault)
    channel = {"channel": "instagram", "firstComment": "First!"}
    made = await brand.submit("Its comment is lost", media=media, channels=[channel])

    async def is_lost() -> bool:
        return bool((await brand.content(made["id"]))["publications"][0]["warnings"])

    await until(is_lost)
    return str(made["id"])


async def _busy_brand(stack: Stack) -> dict[str, str]:
    """The pages of a brand with planned posts, limits, and a webhook endpoint that never answers."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "busy")
        hook = await subscribe(api, "http://127.0.0.1:9/busy", brandRef="busy")
        for hour, text in PLANNED.items():
            await brand.submit(text, scheduledAt=f"{DAY}T{hour:02}:00:00Z")
        for fields in ({"quietHours": {"since": "22:00", "until": "07:00"}}, {"types": ["failed"], "enabled": False}):
            alert = {"url": "jsons://127.0.0.1:9/alert", "brandRef": "busy", **fields}
            assert (await api.post("/v1/alerts", json=alert)).status_code == 201
        deliveries = {"endpointId": hook["id"], "limit": 1}
        delivery = (await api.get("/v1/webhooks/deliveries", params=deliveries)).json()["data"][0]
        limits = {"accounts": 2, "publicationsPerMonth": 6, "apiCallsPerMonth": 100_000}
        await api.patch("/v1/brands/busy", json={"limits": limits})
    return {
        "calendar": f"/calendar?brandRef=busy&date={DAY}",
        "week": f"/calendar?brandRef=busy&view=week&date={DAY}",
        "day": f"/calendar?brandRef=busy&view=day&date={DAY}",
        "today": "/calendar?brandRef=busy&view=week",
        "brands": f"/calendar?brandRef=&view=day&date={DAY}&beside=busy&beside=acme",
        "accounts": "/accounts?brandRef=busy",
        "webhooks": "/webhooks",
        "alerts": "/alerts?brandRef=busy",
        "webhook": f"/webhooks/{hook['id']}",
        "delivery": f"/webhooks/deliveries/{delivery['id']}",
        "usage": "/usage?brandRef=busy",
        "compose": "/compose?brandRef=busy",
    }


async def act(page: Page, name: str) -> None:
    """What a person does on the page before it is examined."""
    if name == "week":
        await page.get_by_role("button", name="Tea").click()
    if name == "webhook":
        await expect(page.locator("details.delivery").first).to_be_visible()
    if name == "delivery":
        await expect(page.get_by_role("heading", name="Response")).to_be_visible()
    if name == "attention":
        await expect(page.get_by_role("heading", name="Published, but something is missing")).to_be_visible()
    if name == "files":
        await expect(page.get_by_role("link", name="Its comment is lost")).to_be_visible()
    if name == "compose":
        await fill_in(page)


@pytest.mark.parametrize(("look", "width", "dark", "rules"), LOOKS, ids=[look[0] for look in LOOKS])
async def test_every_page_is_accessible_and_fits(
    stack: Stack, scene: Scene, browser: Browser, look: str, width: int, dark: bool, rules: Rules
) -> None:
    wrong: list[str] = []
    async with signed_in(browser, stack, width=width, dark=dark) as page:
        for name, path in scene.pages.items():
            await page.goto(path)
            await act(page, name)
            wrong += await judge(page, f"{name}-{look}", rules=rules)
        await page.goto(scene.pages["waiting"])
        await page.get_by_role("button", name="Publish now").click()
        wrong += await judge(page, f"confirm-{look}", rules=rules)
    async with open_page(browser, f"{stack.info['dashboard']}/sign-in", width=width, dark=dark) as page:
        wrong += await judge(page, f"sign-in-{look}", rules=rules)
    assert wrong == []


async def test_a_person_resolves_an_unconfirmed_post(
    stack: Stack, scene: Scene, browser: Browser, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = Brand(api, sandbox, "acme")
    async with signed_in(browser, stack, "/attention") as page:
        await expect(page.get_by_role("heading", name="Unconfirmed")).to_be_visible()
        await page.get_by_role("link", name="Did this one arrive?").click()
        await expect(page.locator(".head .badge").first).to_have_text("unconfirmed")
        (post,) = await brand.posts("Did this one arrive?", "facebook")
        await page.get_by_label("Post ID").fill(str(post["id"]))
        await page.get_by_label("Post URL").fill("not an address")
        await page.get_by_role("button", name="Yes, it is published").click()
        await expect(page.locator(".wrong")).to_be_visible()
        await page.get_by_label("Post URL").fill(f"https://facebook.example/{post['id']}")
        await page.get_by_role("button", name="Yes, it is published").click()
        await expect(page.locator(".head .badge").first).to_have_text("published")
    publication = (await brand.content(scene.doubtful))["publications"][0]
    assert (publication["status"], publication["providerPostId"]) == ("published", str(post["id"]))
