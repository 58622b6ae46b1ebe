"""The pages say when a published post was last seen, and list what is gone or hidden until a person dismisses it."""

from __future__ import annotations

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.liveness import Watch
from munadi.domain.withdrawal import Verdict
from munadi.publishing.watching import stored
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.api.test_withdrawing import live
from tests.db.seeding import START


async def seen(api: ApiHarness, content_id: str, verdict: Verdict, word: str = "") -> None:
    """Let looks have shown this of a post."""
    async with api.locked(content_id) as post:
        row = post.publications[0]
        row.watch = stored(Watch(verdict=verdict, word=word, since=START, looked_at=START))
        row.hidden_since = None if verdict is Verdict.LIVE else START


async def test_the_page_of_a_post_says_when_it_was_last_seen(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content = await live(api)
    assert "Last seen" not in await dashboard.page(f"/contents/{content['id']}")
    await seen(api, content["id"], Verdict.LIVE)
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, "Last seen there")


@pytest.mark.parametrize(
    ("verdict", "words", "label"),
    [
        (Verdict.GONE, "It is not at the network any more.", "gone from there</span>"),
        (Verdict.LIMITED, "Not everybody sees all of it.", "not seen by all</span>"),
        (Verdict.REJECTED, "The network has rejected it.", "rejected</span>"),
        (Verdict.UNSEEN, "The network does not show it any more.", "not seen by all</span>"),
    ],
)
async def test_what_is_gone_or_hidden_needs_a_person_until_it_is_dismissed(
    api: ApiHarness, dashboard: DashboardBrowser, verdict: Verdict, words: str, label: str
) -> None:
    content = await live(api)
    assert "all caught up" in await dashboard.page("/attention")
    await seen(api, content["id"], verdict, "its own word")
    page = await dashboard.page("/attention")
    assert faults(page) == []
    expect_words(page, "Gone or hidden after publishing", words, "its own word", "Open on Bluesky", "Dismiss")
    assert (f"/compose?copy={content['id']}" in page) is (verdict is Verdict.GONE), "only what is gone can be copied"
    own = await dashboard.page(f"/contents/{content['id']}")
    assert faults(own) == []
    expect_words(own, words, "its own word", label)
    offers = ["Edit at the network", "Withdraw from the network", "It cannot be edited from here."]
    assert any(each in own for each in offers) is (verdict is not Verdict.GONE), "what is gone has nothing to change"
    path = f"/v1/publications/{content['publications'][0]['id']}"
    assert (await api.post(f"{path}/dismiss")).status_code == 200
    assert "Gone or hidden" not in await dashboard.page("/attention")
    async with api.locked(content["id"]) as post:
        assert post.publications[0].hidden_since is not None, "it stays gone"


async def test_a_withdrawal_ends_what_was_hidden(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content = await live(api)
    await seen(api, content["id"], Verdict.LIMITED)
    assert (await api.post(f"/v1/publications/{content['publications'][0]['id']}/withdraw")).status_code == 202
    assert "Gone or hidden" not in await dashboard.page("/attention")


async def test_the_page_of_accounts_says_that_none_of_its_posts_is_seen(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    account_id = await api.add_account(ChannelName.BLUESKY)
    assert "none of its published posts" not in await dashboard.page("/accounts?brandRef=acme")
    await api.update_account(account_id, unshown_since=START)
    page = await dashboard.page("/accounts?brandRef=acme")
    assert faults(page) == []
    expect_words(page, "We see none of its published posts")
