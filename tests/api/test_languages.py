"""Pages in the reader's language: which one it is, who may choose it, and that nothing on them stays English."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from api.languages import formats
from api.languages.catalogue import Language, current
from api.languages.choice import COOKIE, language_of
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.owner import create_link, owner_of, path_of
from tests.api.test_dashboard_missing import lose
from tests.api.test_documents import stored
from tests.api.untranslated import untranslated
from tests.db.seeding import START
from tests.harness.documents import pdf

HINDI = {"Accept-Language": "hi-IN,hi;q=0.9,en;q=0.8"}
# What stays as it is in every language: names, codes and what people wrote.
DATA = {
    "Munadi", "API", "UTC", "URL", "ID", "English", "acme", "rival", "admin", "anyone", "tests",
    "Bluesky", "Instagram", "Facebook", "Threads", "LinkedIn", "Telegram", "Discord", "Nostr", "TikTok", "Pinterest",
    "YouTube", "Mastodon", "Google", "Business", "Profile", "Dev", "Page", "Diwali", "lamps", "Acme", "Stores",
    "example",
}  # fmt: skip
PAGES = (
    "/attention", "/calendar?brandRef=acme", "/calendar?brandRef=acme&view=week", "/calendar?view=day", "/contents",
    "/compose?brandRef=acme", "/accounts?brandRef=acme", "/webhooks", "/alerts", "/insights", "/usage?brandRef=acme",
    "/audit", "/settings", "/brands/acme", "/proposals", "/drafts", "/media", "/nowhere",
)  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", Language.ENGLISH),
        (None, "hi", Language.HINDI),
        (None, "hi-IN, en;q=0.5", Language.HINDI),
        (None, "en, hi;q=0.9", Language.ENGLISH),
        (None, "en;q=0.2, hi;q=0.9", Language.HINDI),
        (None, "fr, hi;q=0.1", Language.HINDI),
        (None, "fr, de", Language.ENGLISH),
        (None, "hi;q=0, en", Language.ENGLISH),
        (None, "*", Language.ENGLISH),
        (None, "hi;q=much", Language.ENGLISH),
        (None, ";;,,q=1,\0", Language.ENGLISH),
        (None, "x," * 100_000 + "hi", Language.ENGLISH),
        ("en", "hi", Language.ENGLISH),
        ("hi", "en", Language.HINDI),
        ("xx", "hi", Language.HINDI),
    ],
)
def test_the_choice_comes_first_then_what_the_browser_prefers(
    chosen: str | None, accepted: str, language: Language
) -> None:
    assert language_of(chosen, accepted) is language


async def test_a_page_says_which_language_it_has_and_that_it_depends_on_the_reader(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    for path in ("/contents", "/sign-in", path_of(await create_link(api))):
        for headers, tag in ((HINDI, "hi"), ({}, "en")):
            answer = await dashboard.get(path, headers=headers)
            assert f'<html lang="{tag}">' in answer.text
            assert answer.headers["content-language"] == tag
            assert answer.headers["vary"] == "Accept-Language, Cookie"
            assert answer.headers["cache-control"] == "no-store"


async def test_the_api_is_the_same_in_every_language(api: ApiHarness) -> None:
    english = await api.get("/v1/contents/cnt_nothing")
    hindi = await api.get("/v1/contents/cnt_nothing", headers=HINDI | {"Cookie": f"{COOKIE}=hi"})
    assert {**english.json(), "requestId": ""} == {**hindi.json(), "requestId": ""}
    assert "content-language" not in hindi.headers


async def test_a_choice_is_kept_and_leads_back(dashboard: DashboardBrowser) -> None:
    form = {"language": "hi", "next": "/contents?status=failed"}
    answer = await dashboard.client.post("/language", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/contents?status=failed")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert '<html lang="hi">' in await dashboard.page("/contents")
    await dashboard.client.post("/language", data={"language": "en"})
    assert '<html lang="en">' in (await dashboard.get("/contents", headers=HINDI)).text


async def test_another_site_chooses_nothing_and_leads_nowhere(dashboard: DashboardBrowser) -> None:
    form = {"language": "hi", "next": "//evil.example/"}
    foreign = await dashboard.client.post("/language", data=form, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, "set-cookie" in foreign.headers) == (403, False)
    answer = await dashboard.client.post("/language", data=form)
    assert answer.headers["location"] == "/contents"
    unknown = await dashboard.client.post("/language", data={"language": "xx"})
    assert (unknown.status_code, "set-cookie" in unknown.headers) == (422, False)


async def test_no_page_of_the_dashboard_has_english_left(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await _something_on_every_page(api)
    wrong = []
    for path in [*PAGES, *await _pages_of_details(api)]:
        answer = await dashboard.get(path, headers={**HINDI, "Accept": "text/html"})
        assert '<html lang="hi">' in answer.text, path
        wrong += [f"{path}: {each}" for each in [*untranslated(answer.text, DATA), *faults(answer.text)]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.fake_network
async def test_an_owner_connects_in_hindi(api: ApiHarness) -> None:
    link = await create_link(api)
    async with owner_of(api) as owner:
        owner.client.headers.update(HINDI)
        opened = await owner.client.get(path_of(link))
        ended = await owner.consent(link)
        again = await owner.client.get(path_of(link))
        foreign = await owner.client.post(path_of(link), data={"token": "0" * 64})
    for page, words in (
        (opened, "अनुमति माँग रहा है"),
        (ended, "पब्लिश कर सकता है"),
        (again, "लिंक इस्तेमाल हो चुका है"),
        (foreign, "यह फ़ॉर्म हमारा नहीं है"),
    ):
        assert words in page.text
        assert untranslated(page.text, DATA) == []


async def test_the_sign_in_explains_a_wrong_key_in_hindi(api: ApiHarness) -> None:
    async with api.dashboard() as browser:
        browser.client.headers.update(HINDI)
        refused = await browser.sign_in("mnd_wrong")
    assert (refused.status_code, "यह कुंजी यहाँ मान्य नहीं है" in refused.text) == (401, True)
    assert untranslated(refused.text, DATA) == []


async def test_a_text_of_the_api_without_translation_is_marked_as_english(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    made = await api.submit(text="Diwali lamps")
    async with api.locked(made["id"]) as content:
        for row in content.publications:
            await content.fail(row, failure_of(Reason.INVALID_FIELD, "Quite <new> trouble."))
    known = await api.submit(text="Diwali lamps")
    async with api.locked(known["id"]) as content:
        for row in content.publications:
            await content.fail(row, failure_of(Reason.MEDIA_UNREACHABLE, "Bluesky: The media could not be fetched."))
    assert "Bluesky: मीडिया नहीं लाया जा सका।" in (await dashboard.get(f"/contents/{known['id']}", headers=HINDI)).text
    page = (await dashboard.get(f"/contents/{made['id']}", headers=HINDI)).text
    assert '<span lang="en">Quite &lt;new&gt; trouble.</span>' in page
    assert "नेटवर्क के मैसेज में जो बताया गया है उसे नई पोस्ट में ठीक करें" in page, "its remedy is in the catalogue"


async def _something_on_every_page(api: ApiHarness) -> None:
    for reason in (Reason.TOKEN_REVOKED, Reason.PROVIDER_OUTAGE):
        made = await api.submit(text="Diwali lamps")
        async with api.locked(made["id"]) as content:
            for row in content.publications:
                await content.fail(row, failure_of(reason))
    held = await api.submit(text="Diwali lamps")
    async with api.locked(held["id"]) as content:
        for row in content.publications:
            await content.hold(row, HoldReason.OUTAGE, START + timedelta(hours=1))
    done = await api.submit(text="Diwali lamps")
    S = PublicationStatus
    await api.move(done["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    lost = await api.submit(text="Diwali lamps")
    await api.move(lost["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    await api.add_account(ChannelName.THREADS, handle="acme.threads", status=AccountStatus.REAUTH_REQUIRED.value)
    await api.create("/v1/webhooks/endpoints", {"url": "http://127.0.0.1:9/hook", "brandRef": "acme"})
    for paused in ({}, {"quietHours": {"since": "22:00", "until": "07:00"}, "types": ["failed"], "enabled": False}):
        await api.create("/v1/alerts", {"url": "jsons://acme.example", "brandRef": "acme", **paused})
    await api.create("/v1/drafts", {"brandRef": "acme", "text": "Diwali lamps"})
    for because in (Reason.MISSING_SCOPE, Reason.OUTCOME_UNKNOWN):
        await lose(api, because, text="Diwali lamps")
    await api.submit(text="Diwali lamps", media=[await api.uploaded()])
    await stored(api, pdf(4), "lamps.pdf")


async def _pages_of_details(api: ApiHarness) -> list[str]:
    posts = await api.read_list("/v1/contents?brandRef=acme")
    endpoints = await api.read_list("/v1/webhooks/endpoints")
    accounts = await api.read_list("/v1/accounts?brandRef=acme")
    publications = [each["id"] for post in posts for each in post["publications"]]
    return [
        *(f"/contents/{post['id']}" for post in posts),
        *(f"/compose?brandRef=acme&copy={post['id']}" for post in posts),
        *(f"/publications/{each}" for each in publications),
        *(f"/webhooks/{each['id']}" for each in endpoints),
        *(f"/accounts/{each['id']}" for each in accounts),
    ]


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    written = {}
    for language in Language:
        before = current.set(language)
        written[language] = (formats.number(1_234_567), formats.day(date(2027, 3, 5), "d MMMM y"))
        current.reset(before)
    assert written[Language.ENGLISH] == ("1,234,567", "5 March 2027")
    assert written[Language.HINDI] == ("12,34,567", "5 मार्च 2027")
    assert not re.search("[०-९]", "".join(written[Language.HINDI])), "digits are those of every other page"
