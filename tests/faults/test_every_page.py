"""Every page of the dashboard, and the sandbox's, as an installation in use has them: fifty accounts and many posts.

In three widths, light and dark, in English and Hindi: axe finds nothing of any weight, no page is wider than its
window, and no script fails. `PICTURES=1` stores a picture of each in `.cache/screens`.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import SCREENS, photograph
from tests.faults.evidence import two_sizes
from tests.harness.brand import CLIENTS, Brand
from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.support.axe import EVERY, violations

NETWORKS = ("bluesky", "instagram", "threads", "mastodon", "telegram", "linkedin", "facebook")
ON = ("bluesky", "threads", "mastodon", "telegram", "linkedin")
ACCOUNTS = 50
TEXTS = (
    "Monsoon sale starts today",
    "मानसून सेल शुरू हो गई है",
    "Ten years of umbrellas: what we learned on the way from one shop to thirty, told by those who were there",
)


@dataclass(frozen=True)
class Look:
    """A browser as a person has it."""

    width: int
    dark: bool
    language: str

    @property
    def name(self) -> str:
        return f"{self.width}-{'dark' if self.dark else 'light'}-{self.language}"


LOOKS = (Look(1440, False, "en"), Look(1024, True, "en"), Look(390, True, "hi"), Look(390, False, "en"))


@two_sizes(900)
async def test_axe_finds_nothing_on_any_page_of_an_installation_in_use(
    tmp_path: Path, browser: Browser, large: bool
) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with Stack(tmp_path) as stack:
        async with stack.client() as api, stack.sandbox() as sandbox:
            brand = await Brand.create(api, sandbox, "umbrellas", *(NETWORKS[n % 7] for n in range(ACCOUNTS)))
            paths = await _fill(brand, 1_000 if large else 150)
        found = [each for look in LOOKS for each in await _walk(browser, stack, look, paths)]
    assert found == []


async def _fill(brand: Brand, count: int) -> list[str]:
    """Posts of every kind, a queue, a series, an endpoint, an alert; returns the pages that show them."""
    api, ref = brand.api, brand.ref
    await api.patch(f"/v1/brands/{ref}", json={"name": "Umbrellas & Co", "timezone": "Asia/Kolkata"})
    accounts = (await api.get("/v1/accounts", params={"brandRef": ref, "limit": 100})).json()["data"]
    first = {each["channel"]: {"channel": each["channel"], "accountId": each["id"]} for each in reversed(accounts)}
    file = {"file": ("a.png", picture(size=(800, 500)), "image/png")}
    media = [{"id": (await api.post("/v1/media", files=file, data={"brandRef": ref})).json()["id"], "alt": "Umbrellas"}]
    slots = [{"weekday": day, "time": time} for day in ("monday", "friday") for time in ("09:00", "18:00")]
    await api.put(f"/v1/brands/{ref}/slots", json={"slots": slots})
    numbers = iter(range(count))
    now, choose = datetime.now(UTC), random.Random(1)

    async def client() -> None:
        for number in numbers:
            at = now + timedelta(minutes=choose.randrange(120, 50_000))
            when: dict[str, Any] = {"scheduledAt": at.isoformat()}
            if number % 25 == 0:
                when = {}
            elif number % 30 == 1:
                when = {"slot": "next"}
            files: dict[str, Any] = {"media": media} if number % 4 == 0 else {}
            channels = [first[name] for name in choose.sample(ON, 1 + number % 3)]
            await brand.submit(f"{TEXTS[number % 3]} {number}", channels=channels, **when, **files)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    await api.post("/v1/drafts", json={"brandRef": ref, "text": "Half written", "scheduledAt": now.isoformat()})
    content = {"text": "Umbrella of the week", "channels": [first["bluesky"]]}
    rule = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TH", "start": f"{now + timedelta(days=1):%Y-%m-%dT09:00}"}
    series = await api.post(
        "/v1/series", json={"brandRef": ref, **rule, "timezone": "Asia/Kolkata", "content": content}
    )
    hook = await api.post("/v1/webhooks/endpoints", json={"url": "http://127.0.0.1:9/hook", "brandRef": ref})
    await api.post("/v1/alerts", json={"url": "ntfys://umbrella-posts", "brandRef": ref})
    post = (await api.get("/v1/contents", params={"brandRef": ref, "limit": 1})).json()["data"][0]["id"]
    series_id, hook_id = series.json()["id"], hook.json()["id"]
    own = [f"/series/{series_id}", f"/series/{series_id}/edit", f"/webhooks/{hook_id}", f"/brands/{ref}"]
    return [*PAGES, f"/accounts/{accounts[0]['id']}", f"/contents/{post}", f"/contents/{post}/edit", *own]


PAGES = (
    "/attention",
    "/calendar",
    "/calendar?view=week",
    "/calendar?view=day",
    "/queue",
    "/series",
    "/imports",
    "/contents",
    "/proposals",
    "/drafts",
    "/media",
    "/compose",
    "/compose?repeat=true",
    "/accounts",
    "/webhooks",
    "/alerts",
    "/insights",
    "/usage",
    "/audit",
    "/settings",
)


async def _walk(browser: Browser, stack: Stack, look: Look, paths: list[str]) -> list[str]:
    """What is wrong with the pages, as this person has them."""
    context = await browser.new_context(
        base_url=stack.info["api"],
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.dark else "light",
        locale="hi-IN" if look.language == "hi" else "en-GB",
        reduced_motion="reduce",
    )
    page, found = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: found.append(f"{look.name} {page.url}: {error}"))
    try:
        await page.goto("/sign-in?next=/usage")
        await page.locator("input[name=key]").fill(stack.info["apiKey"])
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "sign-in" not in url)
        for path in paths:
            await page.goto(path)
            await expect(page.locator("main h1, main h2").first).to_be_visible()
            found += await _judge(page, look, path)
        await page.goto(f"{stack.info['sandbox']}/")
        found += await _judge(page, look, "sandbox")
    finally:
        await context.close()
    return found


async def _judge(page: Page, look: Look, path: str) -> list[str]:
    too_wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    wrong = ["wider than its window"] if too_wide else []
    wrong += await violations(page, impacts=EVERY)
    name = "-".join(part for part in path.replace("?", "/").split("/") if part and "_" not in part)
    await photograph(page, f"every-{name}-{look.name}", wrong=bool(wrong))
    return [f"{look.name} {path}: {each}" for each in wrong]
