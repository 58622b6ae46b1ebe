"""Tenants of a platform, each with an app, a name, a logo and a colour of its own, who connect side by side."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Browser, Page, expect

from tests.e2e.visiting import photograph
from tests.harness.networks import create_profile
from tests.support.browser import open_page


@dataclass(frozen=True)
class Tenant:
    """A brand, and what its pages show. Everything of it begins with its `mark`."""

    ref: str
    mark: str
    colour: str
    shown: str  # the colour of its buttons, as a browser writes it

    @property
    def name(self) -> str:
        """What its pages call it."""
        return f"{self.mark} Stores"

    def logo(self) -> bytes:
        """A picture of its colour, whose bytes have the mark."""
        out, about = BytesIO(), PngInfo()
        about.add_text("Comment", f"{self.mark}-logo", zip=False)
        Image.new("RGB", (240, 80), self.colour).save(out, "PNG", pnginfo=about)
        return out.getvalue()


async def dress(api: httpx.AsyncClient, tenant: Tenant) -> None:
    """Give a tenant its app, its name, its logo, its colour and its support address."""
    app = {"clientId": f"{tenant.mark}-client", "clientSecret": f"{tenant.mark}-secret", "review": "approved"}
    assert (await api.put(f"/v1/brands/{tenant.ref}/apps/youtube", json=app)).status_code == 200
    file = {"file": (f"{tenant.mark}.png", tenant.logo(), "image/png")}
    media = await api.post("/v1/media", files=file, data={"brandRef": tenant.ref})
    assert media.status_code == 201, media.text
    look = {"name": tenant.name, "logoMediaId": media.json()["id"], "colour": tenant.colour}
    look["supportUrl"] = f"mailto:{tenant.mark}@help.example"
    answer = await api.put(f"/v1/brands/{tenant.ref}/branding", json=look)
    assert answer.status_code == 200, answer.text


async def connect_side_by_side(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, browser: Browser, one: Tenant, other: Tenant
) -> None:
    """Connect an account of each tenant, in two pages of a browser that are open at once."""
    links = []
    for tenant in (one, other):
        await create_profile(sandbox, "youtube", tenant.ref)
        await dress(api, tenant)
        asked = {"channel": "youtube"}
        links.append((await api.post(f"/v1/brands/{tenant.ref}/accounts/connect", json=asked)).json()["connectUrl"])
    async with open_page(browser, links[0]) as first, open_page(browser, links[1]) as second:
        both = ((one, first), (other, second))
        for tenant, page in both:
            await _is_of(page, tenant)
            await photograph(page, f"connect-{tenant.ref}")
        for place, (tenant, page) in enumerate(both):
            await page.get_by_role("button", name="Continue to").click()
            await page.get_by_role("radio").nth(place - 2).check()
            assert parse_qs(urlsplit(page.url).query)["client_id"] == [f"{tenant.mark}-client"]
        for tenant, page in both:
            await page.get_by_role("button", name="Allow").click()
            await expect(page.get_by_role("heading", name="Connected")).to_be_visible()
            await _has_mark(page, tenant)
    for tenant in (one, other):
        shown = (await api.get(f"/v1/brands/{tenant.ref}/apps/youtube")).json()
        assert (shown["clientId"], shown["accounts"]) == (f"{tenant.mark}-client", 1)


async def _is_of(page: Page, tenant: Tenant) -> None:
    """The page shows this tenant's look, and its button has the tenant's colour."""
    await _has_mark(page, tenant)
    button = page.get_by_role("button", name="Continue to")
    await expect(button).to_have_css("background-color", tenant.shown)
    await expect(page.get_by_role("link", name=f"{tenant.mark}@help.example")).to_be_visible()
    await expect(page.locator("footer")).to_contain_text("This link works until")


async def _has_mark(page: Page, tenant: Tenant) -> None:
    await expect(page.locator(".mark")).to_have_text(tenant.name)
    logo = page.locator(".mark img")
    await expect(logo).to_have_js_property("naturalWidth", 240)
    assert await (await page.request.get(str(await logo.evaluate("each => each.src")))).body() == tenant.logo()
