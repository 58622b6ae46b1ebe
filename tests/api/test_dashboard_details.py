"""What a browser gets beside the pages' own subjects: unknown addresses, icons, directions of text, true words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.publication import PublicationStatus
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nowhere", "/contents/a/b", "/v2/contents"])
async def test_an_unknown_address_is_a_page_for_a_browser_and_a_problem_for_a_program(
    api: ApiHarness, path: str
) -> None:
    async with api.dashboard() as stranger:
        answer = await stranger.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert faults(answer.text) == []
        expect_words(answer.text, "There is no such page", 'href="/contents"')
        expect_problem(await stranger.client.post(path, headers=BROWSER), 404)
    expect_problem(await api.get(path), 404)
    expect_problem(await api.get("/v1/nowhere", headers=BROWSER), 404)


async def test_the_pages_of_a_connection_have_an_icon(api: ApiHarness) -> None:
    page = (await api.get("/connect/nothing", key="")).text
    assert '<link rel="icon" href="/connect/assets/icon.svg">' in page
    icon = await api.get("/connect/assets/icon.svg", key="")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


async def test_show_all_leads_to_everything_that_the_section_counts(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.add_account(ChannelName.THREADS)
    failed, partly = await api.submit(text="Wholly"), await api.submit(text="Partly", channels=["bluesky", "threads"])
    await api.move(failed["id"], PublicationStatus.FAILED)
    async with api.locked(partly["id"]) as content:
        for row, status in zip(content.publications, ("published", "failed"), strict=True):
            row.status = status
    assert 'href="/contents?status=failed&amp;status=partially_published"' in await dashboard.page("/attention")
    expect_words(await dashboard.page("/contents?status=failed&status=partially_published"), "Wholly", "Partly")


async def test_an_account_without_access_does_not_say_when_its_access_ends(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    ends = {"token_expires_at": START + timedelta(days=58), "grant_expires_at": START + timedelta(days=58)}
    account_id = await api.add_account(ChannelName.THREADS, status=AccountStatus.REAUTH_REQUIRED.value, **ends)
    for path, words in (("/attention", "our access has ended"), (f"/accounts/{account_id}", "it has ended")):
        page = await dashboard.page(path)
        assert (words in page, "2027-01-28" in page) == (True, False), path


async def test_a_text_from_right_to_left_is_shown_so(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit(text="\u05e9\u05dc\u05d5\u05dd!")
    expect_words(await dashboard.page("/contents"), f'href="/contents/{made["id"]}" dir="auto"')
    expect_words(await dashboard.page(f"/contents/{made['id']}"), '<h1 dir="auto">', '<p class="text" dir="auto">')
