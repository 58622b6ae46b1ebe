"""The brand is one choice for all pages. It is in the header, and no page guesses among several brands."""

from __future__ import annotations

import re

import pytest

from api.dashboard.brand_choice import COOKIE
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.dashboard import DashboardBrowser
from tests.api.endpoints import create_endpoint
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words

ABOUT_ONE = ("/compose", "/accounts", "/usage")
ABOUT_ALL = ("/contents", "/attention")


def chosen(page: str) -> str:
    """The brand that the header shows as chosen."""
    header = page.partition("</header>")[0]
    found = re.search(r'<option value="([^"]+)" selected>', header)
    return found[1] if found else ""


async def test_a_choice_is_kept_on_every_page(dashboard: DashboardBrowser) -> None:
    page = await dashboard.page("/calendar?brandRef=rival&view=week")
    assert faults(page) == []
    assert chosen(page) == "rival"
    assert '<input type="hidden" name="view" value="week">' in page, "a switch stays in the week"
    for path in (*ABOUT_ONE, *ABOUT_ALL, "/calendar", "/webhooks", "/audit"):
        page = await dashboard.page(path)
        assert chosen(page) == "rival", path
        assert f'href="{path}?brandRef=rival"' in page, "two tabs may show two brands"
    expect_words(await dashboard.page("/compose"), 'data-brand="rival"', "for</span> rival")
    assert chosen(await dashboard.page("/contents?brandRef=")) == ""
    assert chosen(await dashboard.page("/contents")) == "", "all brands are a choice, too"


@pytest.mark.parametrize("path", ABOUT_ONE)
async def test_a_page_about_one_brand_asks_which(dashboard: DashboardBrowser, path: str) -> None:
    page = await dashboard.page(path)
    assert faults(page) == []
    expect_words(page, "Which brand?", f'href="{path}?brandRef=acme"', f'href="{path}?brandRef=rival"')
    assert 'id="compose"' not in page


async def test_lists_show_the_chosen_brand_or_all(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    for brand_ref in ("acme", "rival"):
        made = await api.submit(text=f"A post of {brand_ref}", brandRef=brand_ref)
        await api.move(made["id"], PublicationStatus.FAILED)
    for path in ABOUT_ALL:
        expect_words(await dashboard.page(f"{path}?brandRef="), "A post of acme", "A post of rival")
        page = await dashboard.page(f"{path}?brandRef=rival")
        assert ("A post of rival" in page, "A post of acme" in page) == (True, False)
        page = await dashboard.page(path)
        assert ("A post of rival" in page, "A post of acme" in page) == (True, False), "it is kept"


async def test_a_new_webhook_endpoint_is_of_the_chosen_brand(dashboard: DashboardBrowser) -> None:
    form = '<form class="stack" id="create"'
    page = (await dashboard.page("/webhooks?brandRef=rival")).partition(form)[2]
    assert '<input type="hidden" name="brandRef" value="rival">' in page
    assert '<input type="checkbox" name="everywhere">' in page, "for all brands only when asked"
    page = (await dashboard.page("/webhooks?brandRef=")).partition(form)[2]
    assert '<input type="checkbox" name="everywhere" required>' in page
    assert 'name="brandRef"' not in page


async def test_the_list_follows_the_brand_and_marks_what_is_for_all(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    hooks = {ref: (await create_endpoint(api, brandRef=ref))["id"] for ref in ("acme", "rival", None)}
    for query, shown in (("?brandRef=acme", ("acme", None)), ("", ("acme", None)), ("?brandRef=", tuple(hooks))):
        page = await dashboard.page(f"/webhooks{query}")
        assert {ref for ref, made in hooks.items() if made in page} == set(shown), query
    assert 'class="everywhere">all brands' in page.partition(f'id="{hooks[None]}"')[2].partition("</li>")[0]
    key = await api.key(Scope.WEBHOOKS_READ, brand_ref="rival")
    for query in ("", "?brandRef=rival"):
        found = await api.read_list(f"/v1/webhooks/endpoints{query}", key=key)
        assert [each["brandRef"] for each in found] == ["rival"], query
    assert (await api.get("/v1/webhooks/endpoints?brandRef=acme", key=key)).status_code == 404


async def test_an_unknown_brand_is_reported_and_not_kept(dashboard: DashboardBrowser) -> None:
    await dashboard.page("/calendar?brandRef=acme")
    answer = await dashboard.get("/contents?brandRef=%3Cb%3Eno")
    assert answer.status_code == 404
    expect_words(answer.text, "There is no brand")
    assert chosen(await dashboard.page("/contents")) == "acme"


async def test_a_brand_that_is_kept_and_gone_is_forgotten(dashboard: DashboardBrowser) -> None:
    dashboard.client.cookies.set(COOKIE, "deleted", domain="munadi.test", path="/")
    page = await dashboard.page("/compose")
    expect_words(page, "Which brand?")
    assert "There is no brand" not in page


async def test_a_key_of_one_brand_has_nothing_to_choose(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, brand_ref="rival")) as rival:
        page = await rival.page("/calendar?brandRef=acme")
        expect_words(page, "There is no brand “acme”; showing rival.", "Brand: </span>rival</p>")
        assert "data-brand-picker" not in page
        assert "acme" not in await rival.page("/contents")


async def test_a_brand_beyond_the_first_hundred_is_named_by_its_ref(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    for number in range(101):
        await api.create("/v1/brands", {"ref": f"brand-{number:03}", "name": f"Brand {number}"})
    page = await dashboard.page("/compose?brandRef=rival")
    expect_words(page, 'list="brand-list"', 'value="rival"', 'data-brand="rival"')
