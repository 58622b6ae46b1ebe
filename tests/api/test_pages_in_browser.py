"""The pages for people without an account, and the consent page, as Chromium shows them in the look of a brand.

Each is judged by axe, also its contrasts: a light colour on a light screen, and a dark one on a dark screen.
`PICTURES=1` stores a picture of every one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from munadi.domain.key import Scope
from tests.api.fake_network import CONSENT
from tests.api.harness import ApiHarness, later
from tests.api.owner import CALLBACK, create_link
from tests.api.program import Program
from tests.api.servers import picture
from tests.api.test_approvals import propose
from tests.api.test_review_links import make_link
from tests.e2e.visiting import judge
from tests.support.browser import open_page

pytestmark = [
    pytest.mark.parametrize(
        ("width", "dark", "colour"), [(1024, False, "#ffd400"), (390, True, "#001a66")], ids=["light", "dark"]
    ),
]


@dataclass
class Visits:
    """Pages of a served API in one browser, and what is wrong with them."""

    api: ApiHarness
    page: Page
    address: str
    which: str
    wrong: list[str]

    def at(self, url: str) -> str:
        """An address of ours on the server of the test."""
        return self.address + urlsplit(url).path

    async def see(self, heading: str, name: str) -> None:
        """Judge the page with this heading, which is the brand's."""
        await expect(self.page.get_by_role("heading", name=heading)).to_be_visible()
        await expect(self.page.locator(".mark")).to_have_text("Acme Social Desk")
        await expect(self.page.get_by_role("link", name="help.acme.example/social")).to_be_visible()
        await expect(self.page.locator(".mark img")).to_have_js_property("naturalWidth", 300)
        self.wrong += await judge(self.page, f"{name}-{self.which}")


async def visits(api: ApiHarness, page: Page, address: str, colour: str, which: str) -> Visits:
    logo = (await api.upload(picture(300, 100, "PNG"))).json()["id"]
    look = {"name": "Acme Social Desk", "logoMediaId": logo, "colour": colour}
    look["supportUrl"] = "https://help.acme.example/social"
    assert (await api.request("PUT", "/v1/brands/acme/branding", look)).status_code == 200
    api.services.settings.operator_name = "Ops GmbH"
    return Visits(api, page, address, which, [])


@pytest.mark.fake_network
async def test_an_owner_connects_chooses_and_comes_too_late(
    api: ApiHarness, browser: Browser, width: int, dark: bool, colour: str
) -> None:
    api.authorizer.profiles = ("did:plc:1", "did:plc:2")
    link = (await create_link(api))["connectUrl"]
    async with api.served() as address, open_page(browser, address + "/healthz", width=width, dark=dark) as page:
        visit = await visits(api, page, address, colour, f"{width}-{dark}")
        await page.goto(visit.at(link))
        await visit.see("Connect Bluesky", "connect")
        await page.get_by_role("button", name="हिन्दी").click()
        await visit.see("कनेक्ट", "connect-hindi")
        await page.get_by_role("button", name="English").click()

        async def approve(route: Route) -> None:
            """In place of the network's consent page, to which the form leads: a page that leads back."""
            left = await route.fetch(max_redirects=0)
            assert left.headers["location"].startswith(CONSENT)
            back = api.authorizer.approve(dict(parse_qsl(urlsplit(left.headers["location"]).query)))
            location = f"{address}{CALLBACK}?{urlencode(back)}"
            await route.fulfill(status=200, content_type="text/html", body=f'<a href="{location}">Back</a>')

        await page.route("**/connect/*", approve, times=1)
        api.services.settings.public_url = address
        await page.get_by_role("button", name="Continue to").click()
        await page.get_by_role("link", name="Back").click()
        await visit.see("Which profiles?", "choose")
        await page.get_by_role("button", name="Connect").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose at least one")
        await visit.see("Which profiles?", "choose-none")
        await page.get_by_role("checkbox").first.check()
        await page.get_by_role("button", name="Connect").click()
        await visit.see("Connected", "connected")
        late = (await create_link(api))["connectUrl"]
        api.clock.ahead = timedelta(hours=2)
        await page.goto(visit.at(late))
        await visit.see("This link does not work", "connect-expired")
    assert visit.wrong == []


async def test_a_reviewer_reads_declines_approves_and_comes_too_late(
    api: ApiHarness, browser: Browser, width: int, dark: bool, colour: str
) -> None:
    media = [await api.uploaded(picture(1200, 800))]
    text = "Monsoon sale! Two for one on all umbrellas until Sunday.\n\nhttps://acme.example/" + "sale-" * 20
    post = await propose(api, text=text, media=media, scheduledAt=later(hours=30))
    one, two, late = [(await make_link(api, post))["url"] for _ in range(3)]
    async with api.served() as address, open_page(browser, address + "/healthz", width=width, dark=dark) as page:
        visit = await visits(api, page, address, colour, f"{width}-{dark}")
        await page.goto(visit.at(one))
        await visit.see("Review a post", "review")
        await expect(page.locator("figure img")).to_have_js_property("naturalWidth", 1200)
        await page.get_by_role("button", name="Decline").click()
        await expect(page.get_by_role("alert")).to_contain_text("Say why")
        await visit.see("Review a post", "review-no-words")
        await page.get_by_role("textbox").fill("The price is wrong.")
        await page.get_by_role("button", name="Decline").click()
        await visit.see("Declined", "review-declined")
        await page.goto(visit.at(one))
        await expect(page.locator("main")).to_contain_text("the post was declined")
        await page.goto(visit.at(two))
        await expect(page.locator(".notice")).to_contain_text("The price is wrong.")
        await page.get_by_role("button", name="Approve").click()
        await visit.see("Approved", "review-approved")
        await page.goto(visit.at(late))
        await expect(page.locator(".notice")).to_contain_text("There is nothing to decide")
        await visit.see("Review a post", "review-decided")
        api.clock.ahead = timedelta(days=4)
        await page.goto(visit.at(late))
        await visit.see("This link does not work", "review-expired")
    assert visit.wrong == []


async def test_a_person_is_asked_about_a_program(
    api: ApiHarness, browser: Browser, width: int, dark: bool, colour: str
) -> None:
    key = await api.key(Scope.KEYS_WRITE, Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, brand_ref="acme")
    async with (
        api.served() as address,
        httpx.AsyncClient(base_url=address) as http,
        open_page(browser, address + "/sign-in", width=width, dark=dark) as page,
    ):
        visit = await visits(api, page, address, colour, f"{width}-{dark}")
        await page.get_by_label("API key").fill(key)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/contents*")
        program = await Program.register(http)
        await page.goto(f"{address}/oauth/authorize?{urlencode(program.request())}")
        await visit.see("Allow a program", "consent")
        await expect(page.locator("main")).to_contain_text("which Ops GmbH operates")
    assert visit.wrong == []
