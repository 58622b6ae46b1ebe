"""The consent page: who sees it, what it offers, and that no other site and no program can agree for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.db.tables import OAuthCodeRow
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.program import BACK, Program, query_of


@pytest.fixture
async def program(api: ApiHarness) -> AsyncIterator[Program]:
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=api.services.settings.base_url) as http:
        yield await Program.register(http)


async def test_a_person_signs_in_first_and_comes_back_to_the_question(api: ApiHarness, program: Program) -> None:
    async with api.dashboard() as browser:
        asked = await program.ask(browser)
        away = await browser.get(asked.headers["location"])
        assert (away.status_code, away.headers["location"][:14]) == (303, "/sign-in?next=")
        form = await browser.page(away.headers["location"])
        assert "/oauth/consent?request=" in form
        back = await browser.sign_in(api.admin_key, next=asked.headers["location"])
        assert "Draft helper" in await browser.page(back.headers["location"])


async def test_the_page_names_program_place_brands_and_levels(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    page = await program.page(dashboard)
    for words in (
        "Draft helper",
        "127.0.0.1:33418",
        "Munadi does not know who made it",
        "Prepare drafts",
        "For how long",
    ):
        assert words in page
    assert 'value="draft" required checked' in page, "no more than drafts unless the person says so"
    assert 'name="withdraw" value="yes">' in page
    assert "you need it to change anything" not in page, "the form works without JavaScript"
    only_reading = await program.page(dashboard, scope="contents:read accounts:read")
    assert 'value="read" required checked' in only_reading
    assert 'value="publish"' not in only_reading


async def test_no_frame_and_no_other_site_gets_the_page_to_agree(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    location = (await program.ask(dashboard)).headers["location"]
    shown = await dashboard.get(location)
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert "form-action 'self' http://127.0.0.1:33418;" in policy or policy.endswith("http://127.0.0.1:33418")
    assert shown.headers["x-frame-options"] == "DENY"
    assert shown.headers["cache-control"] == "no-store"
    wrong: list[dict[str, Any]] = [{"csrf": ""}, {"csrf": "x" * 43}, {"csrf": None}]
    for form in wrong:
        refused = await program.answer(dashboard, shown.text, **form)
        assert (refused.status_code, "location" in refused.headers) == (403, False)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    form = {"csrf": await dashboard.csrf(), "request": location.partition("=")[2], "decision": "allow"}
    assert (await dashboard.client.post("/oauth/consent", data=form, headers=foreign)).status_code == 403
    assert await api.count(OAuthCodeRow) == 0


async def test_a_person_who_does_not_allow_it_says_so_to_the_program(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    refused = await program.answer(dashboard, await program.page(dashboard), decision="deny", level=None)
    assert refused.status_code == 303
    assert refused.headers["location"].startswith(f"{BACK}?")
    expected = {"error": "access_denied", "state": "st-1", "iss": api.services.settings.base_url}
    assert query_of(refused) == expected
    assert await api.count(OAuthCodeRow) == 0


async def test_the_answer_names_us_and_repeats_the_state(dashboard: DashboardBrowser, program: Program) -> None:
    back = await program.answer(dashboard, await program.page(dashboard, state="a&b=c"))
    found = query_of(back)
    assert (found["state"], found["iss"]) == ("a&b=c", program.http.base_url.__str__().rstrip("/"))
    assert back.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"brandRef": "nobody"}, "Choose a brand"),
        ({"brandRef": ""}, "Choose a brand"),
        ({"brandRef": "../keys"}, "Choose a brand"),
        ({"level": "admin"}, "Choose what it may do"),
        ({"level": None}, "Choose what it may do"),
        ({"level": "withdraw"}, "Choose what it may do"),
        ({"days": "0"}, "Choose until when"),
        ({"days": "9999999"}, "Choose until when"),
        ({"days": "٣"}, "Choose until when"),
        ({"days": "-1"}, "Choose until when"),
        ({"level": "publish", "postsPerDay": "0"}, "Give the posts a day as a whole number"),
        ({"level": "publish", "postsPerDay": "1e3"}, "Give the posts a day as a whole number"),
        ({"level": "propose", "postsPerDay": "٣"}, "Give the posts a day as a whole number"),
    ],
)
async def test_a_wrong_form_is_shown_again_with_what_is_wrong(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program, form: dict[str, Any], said: str
) -> None:
    shown = await program.answer(dashboard, await program.page(dashboard), **form)
    assert (shown.status_code, said in shown.text) == (422, True)
    assert 'role="alert"' in shown.text
    assert await api.count(OAuthCodeRow) == 0


async def test_nobody_gives_more_than_the_program_asked_for(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    page = await program.page(dashboard, scope="contents:read accounts:read drafts:write offline_access")
    for form in ({"level": "publish"}, {"level": "draft", "withdraw": "yes"}):
        assert (await program.answer(dashboard, page, **form)).status_code == 422
    assert (await program.answer(dashboard, page, level="draft")).status_code == 303


async def test_only_who_may_make_keys_may_agree_and_only_for_their_brand(api: ApiHarness, program: Program) -> None:
    writer = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, brand_ref="acme")
    async with api.dashboard(writer) as browser:
        page = await program.page(browser)
        assert "Only a person whose key may make keys" in page
        assert 'value="allow"' not in page
        assert (await program.answer(browser, page)).status_code == 422
    async with api.dashboard(await api.key(Scope.ADMIN, brand_ref="rival")) as browser:
        page = await program.page(browser)
        assert 'value="acme"' not in page
        assert (await program.answer(browser, page, brandRef="acme")).status_code == 422
        assert (await program.answer(browser, page, brandRef="rival")).status_code == 303


async def test_a_request_ends_after_a_quarter_of_an_hour_and_cannot_be_made_up(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    location = (await program.ask(dashboard)).headers["location"]
    page = await dashboard.page(location)
    for wrong in ("", "x", location.partition("=")[2][:-4] + "AAAA", "A" * 13_000):
        assert (await dashboard.get("/oauth/consent", params={"request": wrong})).status_code == 400
    api.clock.ahead += timedelta(minutes=16)
    assert (await dashboard.get(location)).status_code == 400
    late = await program.answer(dashboard, page)
    assert (late.status_code, "location" in late.headers) == (400, False)


async def test_what_a_program_calls_itself_is_text(
    api: ApiHarness, dashboard: DashboardBrowser, program: Program
) -> None:
    rude = await Program.register(program.http, client_name="<b>Munadi</b> & Söhne")
    page = await rude.page(dashboard)
    assert "&lt;b&gt;Munadi&lt;/b&gt; &amp; Söhne" in page
    nameless = await Program.register(program.http, client_name=None)
    assert "(it gives no name)" in await nameless.page(dashboard)
    assert await api.count(OAuthCodeRow) == 0


async def test_the_page_is_there_in_hindi(dashboard: DashboardBrowser, program: Program) -> None:
    location = (await program.ask(dashboard)).headers["location"]
    page = (await dashboard.get(location, headers={"Accept-Language": "hi"})).text
    assert '<html lang="hi">' in page
    assert "ड्राफ़्ट" in page
    assert "Prepare drafts" not in page


async def test_the_page_has_the_look_of_the_one_brand_that_can_be_chosen(api: ApiHarness, program: Program) -> None:
    look = {"name": "Acme Social", "colour": "#0b5fff", "supportUrl": "mailto:help@acme.example"}
    assert (await api.request("PUT", "/v1/brands/acme/branding", look)).status_code == 200
    key = await api.key(Scope.KEYS_WRITE, Scope.CONTENTS_READ, brand_ref="acme")
    for of, is_shown in ((key, True), (api.admin_key, False)):
        async with api.dashboard(of) as browser:
            page = await program.page(browser)
        assert ("help@acme.example" in page, "Acme Social</span>" in page, "/style.css" in page) == (is_shown,) * 3
        assert "This request works until 1 Dec 2026, 09:15 (UTC)." in page
        assert "This page is on 127.0.0.1:8080." in page
