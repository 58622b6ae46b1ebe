"""A post as a new one: all that it says is filled in, and what is out already is not chosen again."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.metadata import MAX_METADATA
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.servers import picture
from tests.api.test_dashboard_causes import refuse
from tests.api.test_dashboard_compose import WRITE
from tests.api.test_dashboard_posts import expect_words

S = PublicationStatus


def form_of(page: str) -> dict[str, Any]:
    """What the form fills itself in with, and the accounts that it does not choose."""
    found = re.search(r'data-copy="([^"]+)"', page)
    assert found is not None, page
    copied: dict[str, Any] = json.loads(unescape(found[1]))
    return copied


async def account_of(api: ApiHarness, channel: str) -> str:
    found = await api.read_list("/v1/accounts?brandRef=acme")
    return str(next(each["id"] for each in found if each["channel"] == channel))


async def split(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    """A post that is on Bluesky, and failed on Threads."""
    await api.add_account(ChannelName.THREADS, handle="acme.threads")
    made = await api.submit(channels=["bluesky", "threads"], **fields)
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    async with api.locked(made["id"]) as content:
        await content.move(content.publications[0], S.PUBLISHED, None)
        await content.fail(content.publications[1], failure_of(Reason.TEXT_TOO_LONG))
    return await api.read_content(made["id"])


async def test_a_copy_has_all_that_the_post_says_and_no_time(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    shared, own = await api.uploaded(), await api.uploaded(picture(30, 30))
    await api.add_account(ChannelName.THREADS)
    bluesky = {"channel": "bluesky", "text": "Shorter", "parts": ["And more"], "options": {"langs": ["en"]}}
    threads = {"channel": "threads", "media": [own], "firstComment": "First!", "link": ""}
    made = await api.submit(
        text="For <all>", link="https://acme.example/sale", media=[shared], channels=[bluesky, threads],
        metadata={"campaign": "diwali"}, clientRef="cms-1",
    )  # fmt: skip
    page = await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}")
    assert faults(page) == []
    copied = form_of(page)
    assert copied["off"] == []
    assert copied["content"] == {
        "text": "For <all>", "link": "https://acme.example/sale", "media": [shared],
        "metadata": {"campaign": "diwali", "copyOf": made["id"]},
        "channels": [
            {**bluesky, "accountId": await account_of(api, "bluesky")},
            {**threads, "accountId": await account_of(api, "threads")},
        ],
    }  # fmt: skip
    expect_words(page, f'href="/contents/{made["id"]}"', "<code>campaign</code> diwali", 'value="now" checked')


async def test_a_copy_of_a_failed_post_chooses_only_what_failed(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await split(api)
    page = await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}")
    copied = form_of(page)
    assert copied["off"] == [await account_of(api, "bluesky")]
    assert len(copied["content"]["channels"]) == 2, "what was written for the other account is kept"
    expect_words(
        page, "Bluesky acme.example is not chosen, because the post is there already", "dismiss the failed one"
    )


async def test_a_copy_says_what_is_no_longer_there(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    file = await api.uploaded()
    made = await api.submit(media=[file])
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    assert (await api.delete(f"/v1/media/{file['id']}")).status_code == 204
    old = await account_of(api, "bluesky")
    assert (await api.delete(f"/v1/accounts/{old}")).status_code == 204
    new = await api.add_account(ChannelName.BLUESKY)
    page = await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}")
    copied = form_of(page)
    assert copied["content"]["media"] == []
    assert [each["accountId"] for each in copied["content"]["channels"]] == [new]
    assert copied["off"] == [new], "nobody said that it is the same profile"
    expect_words(
        page, "The Bluesky account of that post is no longer connected", "1 file of that post was deleted since"
    )


async def test_a_copy_opens_for_its_own_brand_only(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    redirected = await dashboard.get(f"/compose?brandRef=rival&copy={made['id']}")
    wanted = f"/compose?brandRef=acme&copy={made['id']}"
    assert (redirected.status_code, redirected.headers["location"]) == (303, wanted)
    assert (await dashboard.get("/compose?copy=cnt_unknown")).status_code == 404
    async with api.dashboard(await api.key(*WRITE, brand_ref="rival")) as rival:
        answer = await rival.get(wanted)
    assert (answer.status_code, "Monsoon" in answer.text) == (404, False)


async def test_attention_offers_a_new_post_where_a_retry_cannot_help(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    [long], lost = await refuse(api, Reason.TEXT_TOO_LONG, 1), await refuse(api, Reason.PROVIDER_OUTAGE, 1)
    many = await refuse(api, Reason.CONTENT_POLICY, 2)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    cards = dict(re.findall(r'<article class="card cause" id="failed-[^"]+-([a-z_]+)">(.*?)</article>', page, re.S))
    expect_words(cards["text_too_long"], f'class="button strong" href="/compose?copy={long}"', "Copy to a new post")
    assert "/retry" not in cards["text_too_long"], "the same text is too long again"
    assert "/retry" in cards["provider_outage"]
    assert "Copy to a new post" not in cards["provider_outage"]
    assert all(f"/compose?copy={each}" in cards["content_policy"] for each in many), "one for each post"
    assert lost[0] not in cards["text_too_long"]


async def test_a_failed_post_knows_its_copy_and_what_became_of_it(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    [failed] = await refuse(api, Reason.TEXT_TOO_LONG, 1)
    assert "A copy was made" not in await dashboard.page(f"/contents/{failed}")
    content = form_of(await dashboard.page(f"/compose?brandRef=acme&copy={failed}"))["content"]
    copy = await api.submit(**{**content, "text": "Shorter", "scheduledAt": "2026-12-20T09:00:00Z", "timezone": ...})
    for path in (f"/contents/{failed}", "/attention", f"/compose?brandRef=acme&copy={failed}"):
        page = await dashboard.page(path)
        assert faults(page) == []
        made = page.partition("A copy was made")[2]
        expect_words(made, f'href="/contents/{copy["id"]}"', "Shorter", "planned for", "20 Dec 2026")
    page = await dashboard.page(f"/contents/{failed}")
    expect_words(page, "A retry publishes the same again", 'class="button quiet" href="/compose?copy=')
    assert f"/compose?copy={failed}" not in await dashboard.page("/attention"), "a copy was made already"
    assert (await api.post(f"/v1/contents/{copy['id']}/cancel")).status_code == 200
    page = await dashboard.page(f"/contents/{failed}")
    expect_words(page, "and then canceled: nothing was published", 'class="button strong" href="/compose?copy=')
    assert "A retry publishes the same again" not in page
    assert f"/compose?copy={failed}" in await dashboard.page("/attention")


@pytest.mark.parametrize(
    ("moves", "words"),
    [((S.PUBLISHING,), "being published now"), ((S.PUBLISHING, S.PUBLISHED), "published "), ((), "planned for")],
)
async def test_a_copy_is_described_as_it_is(
    api: ApiHarness, dashboard: DashboardBrowser, moves: tuple[S, ...], words: str
) -> None:
    [failed] = await refuse(api, Reason.CONTENT_POLICY, 1)
    copy = await api.submit(text="Mended", metadata={"copyOf": failed})
    await api.move(copy["id"], S.QUEUED, *moves)
    page = await dashboard.page(f"/contents/{failed}")
    expect_words(page.partition("A copy was made")[2].partition("</p>")[0], "Mended", words)


async def test_a_copy_of_what_failed_before_its_time_keeps_the_time(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    zoned = {"scheduledAt": "2026-12-01T17:00:00", "timezone": "Asia/Kolkata"}
    made = await api.submit(**zoned)
    path = f"/compose?brandRef=acme&copy={made['id']}"
    assert "scheduledAt" not in form_of(await dashboard.page(path))["content"], "that post is still to be published"
    await api.move(made["id"], S.FAILED)
    page = await dashboard.page(path)
    content = form_of(page)["content"]
    assert (content["scheduledAt"], content["timezone"]) == ("2026-12-01T17:00", "Asia/Kolkata")
    expect_words(page, "for the same time")
    api.clock.ahead = timedelta(hours=3)
    page = await dashboard.page(path)
    assert ("scheduledAt" in form_of(page)["content"], "without its time" in page) == (False, True), "it has passed"


async def test_only_posts_of_the_same_brand_are_copies(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    [failed] = await refuse(api, Reason.CONTENT_POLICY, 1)
    await api.submit(brandRef="rival", text="Not yours", metadata={"copyOf": failed})
    assert "Not yours" not in await dashboard.page(f"/contents/{failed}")


async def test_a_post_with_all_metadata_is_copied_without_one_more(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    full = {f"n{number}": "x" for number in range(MAX_METADATA)}
    made = await api.submit(metadata=full)
    assert form_of(await dashboard.page(f"/compose?brandRef=acme&copy={made['id']}"))["content"]["metadata"] == full


async def test_a_posts_page_offers_what_helps_first(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    fine = await api.submit()
    await api.move(fine["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    page = await dashboard.page(f"/contents/{fine['id']}")
    expect_words(page, f'class="button quiet" href="/compose?copy={fine["id"]}">Copy to a new post')
    [long], [lost] = await refuse(api, Reason.TEXT_TOO_LONG, 1), await refuse(api, Reason.PROVIDER_OUTAGE, 1)
    page = await dashboard.page(f"/contents/{long}")
    expect_words(page, f'class="button strong" href="/compose?copy={long}">Copy to a new post', "<button data-action")
    page = await dashboard.page(f"/contents/{lost}")
    expect_words(page, '<button class="strong" data-action', "Copy to a new post")
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)) as reader:
        assert "/compose?copy=" not in await reader.page(f"/contents/{fine['id']}")


async def test_a_dismissed_post_is_brought_back_and_its_retry_is_not_first(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    [content_id] = await refuse(api, Reason.PROVIDER_OUTAGE, 1)
    path = f"/v1/publications/{(await api.read_content(content_id))['publications'][0]['id']}"
    await api.create(f"{path}/dismiss", {"because": "sent_elsewhere"})
    page = await dashboard.page(f"/contents/{content_id}")
    assert faults(page) == []
    expect_words(
        page, "was dismissed", "Dismissed: sent elsewhere", "Bring back to Needs attention", "Retry failed publications"
    )
    assert 'class="strong" data-action' not in page
    calls = json.loads(unescape(re.search(r"data-actions='([^']+)'", page)[1]))  # type: ignore[index]
    assert calls == [{"path": f"{path}/undismiss"}]
    assert (await dashboard.act("POST", calls[0]["path"])).status_code == 200
    page = await dashboard.page(f"/contents/{content_id}")
    assert ("was dismissed" in page, 'class="strong" data-action' in page) == (False, True)
