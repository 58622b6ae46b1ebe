"""What the pages of posts show in each state, whom they show it to, and that they promise nothing untrue."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from api.dashboard import labels
from api.dashboard.remedies import REMEDIES
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import REASONS, failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.servers import picture
from tests.db.seeding import START

S = PublicationStatus
READ = (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


def expect_words(page: str, *words: str) -> None:
    """The page has all of these."""
    missing = [each for each in words if each not in page]
    assert not missing, missing


def test_every_value_has_a_label() -> None:
    assert set(labels.STATUSES) == set(ContentStatus)
    assert set(labels.STATUSES) >= {status.value for status in PublicationStatus}
    assert set(labels.STATUS_KEYS) == {*ContentStatus, *AccountStatus, "held", "dismissed"}
    assert set(labels.EVENTS) == set(EventType)
    assert set(labels.HOLDS) == set(HoldReason)
    assert set(labels.EFFECTS) == set(Effect)


def test_an_accepted_post_is_never_called_published() -> None:
    for status in ("accepted", "queued"):
        assert "Not published yet" in labels.STATUSES[status].sentence
        assert "publish" not in labels.STATUSES[status].label
    names = [each.label for each in labels.STATUSES.values()]
    assert len(set(names)) == len(names)
    assert "publish" not in labels.STATUS_KEYS["held"].label


async def test_the_list_shows_the_newest_posts_first_and_filters(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    first = await api.submit(text="Monsoon sale", clientRef="cms-1")
    second = await api.submit(text="Winter <sale>", clientRef="cms-2")
    await api.move(second["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    page = await dashboard.page("/")
    assert "Winter &lt;sale&gt;" in page
    assert page.index("Winter") < page.index("Monsoon sale")
    for query, shown in (("status=published&brandRef=&channel=&clientRef=", second), ("clientRef=cms-1", first)):
        found = await dashboard.page(f"/contents?{query}")
        assert [each for each in (first, second) if each["id"] in found] == [shown]
    assert "Three steps to the first post" in await dashboard.page("/contents?brandRef=rival")
    assert "No posts found" in await dashboard.page("/contents?brandRef=rival&q=nothing")


async def test_a_long_list_has_a_next_page(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = [(await api.submit(text=f"No {number}"))["id"] for number in range(30)]
    first = await dashboard.page("/contents?channel=bluesky")
    link = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "channel=bluesky" in link
    second = await dashboard.page(link)
    shown = [content_id for content_id in made if f'id="{content_id}"' in first]
    assert len(shown) == 25
    assert all((f'id="{each}"' in second) != (each in shown) for each in made)


async def test_a_waiting_post_offers_its_actions(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    made = await api.submit(text="Soon", timezone="America/New_York", scheduledAt="2026-12-24T08:00:00")
    page = await dashboard.page(f"/contents/{made['id']}")
    expect_words(
        page, "Not published yet", "Accepted: stored, not published yet", 'value="2026-12-24T18:30"',
        'value="Asia/Kolkata"', "/cancel", "/publish-now", "/reschedule", "data-if-match='\"1\"'",
    )  # fmt: skip
    assert "/retry" not in page


async def test_a_warning_names_its_network_once(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    file = await api.uploaded()
    made = await api.submit(text="Without words for it", media=[{"id": file["id"]}])
    page = re.sub(r"\s+", " ", await dashboard.page(f"/contents/{made['id']}"))
    assert "<li>Bluesky takes alt texts" in page
    assert "<strong>Bluesky:</strong> Bluesky" not in page


async def test_a_publication_shows_the_draft_of_its_network(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    text = {"channel": "bluesky", "text": "Another <b>text</b> here", "parts": ["And more of it"]}
    made = await api.submit(channels=[text])
    path = f"/publications/{made['publications'][0]['id']}"
    detail = await api.read(f"/v1{path}")
    assert (detail["draft"]["text"], detail["draft"]["parts"]) == (text["text"], text["parts"])
    counted = {(each["pointer"], each["unit"]): (each["actual"], each["maximum"]) for each in detail["lengths"]}
    assert counted["/parts/0", "graphemes"] == (14, 300)
    page = unescape(await dashboard.page(path)).replace("<code>", "").replace("</code>", "")
    expect_words(
        page,
        "Another <b>text</b> here",
        "And more of it",
        "Text: 24 of 300 characters",
        "Post 2 of the thread: 14 of 300",
    )
    assert (await api.edit(made["id"], {"text": "Edited"})).status_code == 200
    assert (await api.read(f"/v1{path}"))["draft"]["text"] == text["text"]


async def test_a_reader_is_offered_no_action(api: ApiHarness) -> None:
    made = await api.submit()
    async with api.dashboard(await api.key(*READ)) as reader:
        page = await reader.page(f"/contents/{made['id']}")
    assert "data-action" not in page
    assert "Monsoon sale" in page


async def test_a_published_post_shows_when_how_late_and_where(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    async with api.locked(made["id"]) as content:
        row = content.publications[0]
        row.published_at, row.lateness_ms = START, 2_300
        row.provider_post_id, row.provider_url = "at://1", "https://bsky.example/1"
        await content.move(row, S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
    page = await dashboard.page(f"/contents/{made['id']}")
    expect_words(
        page, "The network has published it", "2.3 s late", 'href="https://bsky.example/1"', "at://1",
        "Completed</strong>: published",
    )  # fmt: skip
    assert "/cancel" not in page
    assert "retried" not in page
    async with api.locked(made["id"]) as content:
        content.publications[0].due_at += timedelta(minutes=1)
    for path in (f"/contents/{made['id']}", f"/publications/{made['publications'][0]['id']}"):
        expect_words(await dashboard.page(path), "retried, then 2.3 s late")


async def test_a_failure_shows_its_remedy_and_the_networks_words(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    words = {"provider_code": "36/2207009", "provider_message": "<img src=x onerror=alert(1)>"}
    async with api.locked(made["id"]) as content:
        failure = failure_of(Reason.MEDIA_VALIDATION_FAILED).model_copy(update=words)
        await content.fail(content.publications[0], failure)
    for path in (f"/contents/{made['id']}", f"/publications/{made['publications'][0]['id']}"):
        remedy = REMEDIES[Reason.MEDIA_VALIDATION_FAILED]
        expect_words(await dashboard.page(path), remedy, "36/2207009", "&lt;img src=x onerror=alert(1)&gt;")
    retry = f'data-action="POST /v1/contents/{made["id"]}/retry"'
    assert retry in await dashboard.page(f"/contents/{made['id']}")


async def test_an_unconfirmed_post_asks_for_a_decision(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    page = await dashboard.page(f"/contents/{made['id']}")
    resolve = f"/v1/publications/{made['publications'][0]['id']}/resolve"
    expect_words(page, f'data-action="POST {resolve}"', "We don&#39;t know yet whether it was published")
    assert (await dashboard.act("POST", resolve, {"outcome": "not_published"})).status_code == 200
    page = await dashboard.page(f"/contents/{made['id']}")
    assert ("OUTCOME_UNKNOWN" in page, "/resolve" in page) == (True, False)


async def test_a_canceled_post_shows_no_publishing_step(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    assert (await dashboard.act("POST", f"/v1/contents/{made['id']}/cancel")).status_code == 200
    steps = (await dashboard.page(f"/contents/{made['id']}")).partition('class="steps"')[2].partition("</ol>")[0]
    assert ("canceled" in steps, "publishing" in steps) == (True, False)


async def test_a_workflow_is_linked_for_a_key_of_every_brand(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    path = f"/contents/{(await api.submit())['id']}"
    assert "/namespaces/" not in await dashboard.page(path)
    api.services.settings.temporal.ui_url = "http://127.0.0.1:8233/"
    workflow = path.replace("/contents/", "content%2F")
    link = f'href="http://127.0.0.1:8233/namespaces/default/workflows/{workflow}"'
    assert link in await dashboard.page(path)
    async with api.dashboard(await api.key(*READ, brand_ref="acme")) as acme:
        assert "/namespaces/" not in await acme.page(path)


async def test_media_are_shown_safely_to_their_own_brand(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    api.site.files["/c.jpg"] = picture(20, 10)
    made = await api.submit(media=[{"url": api.site.url("/c.jpg"), "alt": "A <b>umbrella</b>"}])
    preview = f"/previews/{made['media'][0]['id']}"
    expect_words(await dashboard.page(f"/contents/{made['id']}"), f'src="{preview}"', "A &lt;b&gt;umbrella&lt;/b&gt;")
    shown = await dashboard.get(preview)
    assert (shown.status_code, shown.headers["content-type"], shown.content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert shown.headers["cache-control"].startswith("private")
    assert "sandbox" in shown.headers["content-security-policy"]
    gone = preview[:-4] + "0000"
    assert (await dashboard.get(gone)).status_code == 404
    drawing = await dashboard.get(gone, headers={"Sec-Fetch-Dest": "image"})
    assert (drawing.status_code, drawing.headers["content-type"]) == (200, "image/svg+xml"), "a post outlives its files"


async def test_the_attention_page_has_every_post_and_account_that_needs_a_person(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    assert "You’re all caught up" in await dashboard.page("/attention")
    doubtful, held, failed, old, fine = [(await api.submit(text=f"No {n}"))["id"] for n in range(5)]
    await api.move(doubtful, S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    for content_id in (failed, old):
        await api.move(content_id, S.QUEUED, S.PUBLISHING, S.FAILED)
    await api.move(held, S.QUEUED)
    async with api.locked(held) as content:
        await content.hold(content.publications[0], HoldReason.OUTAGE, START + timedelta(minutes=5))
    async with api.locked(old) as content:
        content.content.scheduled_at = START - timedelta(days=9)
    await api.add_account(ChannelName.THREADS, handle="acme.threads", status=AccountStatus.REAUTH_REQUIRED.value)
    page = unescape(await dashboard.page("/attention"))
    expect_words(page, f"-{doubtful}", f"-{held}", f"-{failed}", "acme.threads", labels.HOLDS[HoldReason.OUTAGE])
    expect_words(page, REASONS[Reason.PROVIDER_OUTAGE].remedy)
    assert not [each for each in (old, fine) if each in page]
    async with api.dashboard(await api.key(*READ, brand_ref="rival")) as rival:
        assert "You’re all caught up" in await rival.page("/attention")


async def test_lists_are_filtered_by_holds_and_by_account_status(api: ApiHarness) -> None:
    held, free = await api.submit(), await api.submit()
    await api.move(held["id"], S.QUEUED)
    async with api.locked(held["id"]) as content:
        await content.hold(content.publications[0], HoldReason.OUTAGE, None)
    for asked, wanted in (("true", held["id"]), ("false", free["id"])):
        found = await api.read_list(f"/v1/contents?held={asked}")
        assert [content["id"] for content in found] == [wanted]
    expiring = await api.add_account(ChannelName.THREADS, status=AccountStatus.EXPIRING.value)
    found = await api.read_list("/v1/accounts?status=expiring&status=reauth_required")
    assert [account["id"] for account in found] == [expiring]


@pytest.mark.each_database
async def test_posts_are_found_by_their_text_and_client_reference(api: ApiHarness) -> None:
    sale, rain = await api.submit(text="Monsoon 100% सेल", clientRef="cms-7"), await api.submit(text="Rain, rain")
    for query, wanted in (
        ("monsoon", [sale]), ("सेल", [sale]), ("100%", [sale]), ("RAIN", [rain]), ("cms-7", [sale]), ("cms", []),
        ("%", [sale]), ("_", []), ('"', []), ("n", [rain, sale]),
    ):  # fmt: skip
        found = await api.read_list("/v1/contents", params={"q": query})
        assert [content["id"] for content in found] == [content["id"] for content in wanted], query
