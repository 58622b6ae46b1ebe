"""What the pages of contents show in each state, whom they show it to, and that they promise nothing untrue."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

from api.dashboard import labels
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import REASONS, failure_of
from tests.api.browsing import Visitor, visiting
from tests.api.changing import walk
from tests.api.desk import START, Desk, picture

S = PublicationStatus
READ = (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


def test_everything_there_is_has_words() -> None:
    assert set(labels.STATUSES) == set(ContentStatus)
    assert set(labels.STATUSES) >= {status.value for status in PublicationStatus}
    assert set(labels.STANDINGS) == {*ContentStatus, *AccountStatus, "held"}
    assert set(labels.EVENTS) == set(EventType)
    assert set(labels.HOLDS) == set(HoldReason)
    assert set(labels.EFFECTS) == set(Effect)


def test_what_is_accepted_is_never_called_published() -> None:
    for status in ("accepted", "queued"):
        assert "Not published yet" in labels.STATUSES[status].sentence
        assert "publish" not in labels.STATUSES[status].label
    names = [each.label for each in labels.STATUSES.values()]
    assert len(set(names)) == len(names)
    assert "publish" not in labels.STANDINGS["held"].label


async def test_the_list_shows_each_channel_and_filters(small_desk: Desk, visitor: Visitor) -> None:
    first = await small_desk.accept(text="Monsoon sale", clientRef="cms-1")
    second = await small_desk.accept(text="Winter <sale>", clientRef="cms-2")
    await walk(small_desk, second["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    page = await visitor.page("/")
    assert "Monsoon sale" in page
    assert "Winter &lt;sale&gt;" in page
    assert page.index("Winter") < page.index("Monsoon"), "newest first"
    found = await visitor.page("/contents?status=published&brandRef=&channel=&clientRef=")
    assert (second["id"] in found, first["id"] in found) == (True, False)
    found = await visitor.page("/contents?clientRef=cms-1")
    assert (second["id"] in found, first["id"] in found) == (False, True)
    assert "No posts found" in await visitor.page("/contents?brandRef=rival")


async def test_a_long_list_goes_on(small_desk: Desk, visitor: Visitor) -> None:
    made = [(await small_desk.accept(text=f"No {number}"))["id"] for number in range(30)]
    first = await visitor.page("/contents?channel=bluesky")
    link = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "channel=bluesky" in link
    second = await visitor.page(link)
    shown = [content_id for content_id in made if f'id="{content_id}"' in first]
    assert len(shown) == 25
    assert all((f'id="{each}"' in second) != (each in shown) for each in made)


async def test_a_content_that_waits_offers_what_can_be_done(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept(text="Soon", timezone="Asia/Kolkata", scheduledAt="2026-12-24T18:30:00")
    page = await visitor.page(f"/contents/{made['id']}")
    for words_ in ("Not published yet", "Accepted: stored, not published yet", 'value="2026-12-24T18:30"',
                   'value="Asia/Kolkata"',
                   "/cancel", "/publish-now", "/reschedule", "data-if-match='\"1\"'"):  # fmt: skip
        assert words_ in page, words_
    assert "/retry" not in page


async def test_a_publication_shows_what_its_network_will(small_desk: Desk, visitor: Visitor) -> None:
    text = {"channel": "bluesky", "text": "Another <b>text</b> here", "parts": ["And more of it"]}
    made = await small_desk.accept(channels=[text])
    publication_id = made["publications"][0]["id"]
    detail = (await small_desk.client.get(f"/v1/publications/{publication_id}")).json()
    assert (detail["draft"]["text"], detail["draft"]["parts"]) == (text["text"], text["parts"])
    counted = {(each["pointer"], each["unit"]): (each["actual"], each["maximum"]) for each in detail["lengths"]}
    assert counted["/parts/0", "graphemes"] == (14, 300)
    shown = unescape(await visitor.page(f"/publications/{publication_id}"))
    assert "Another <b>text</b> here" in shown
    assert "And more of it" in shown
    assert "/text 24 of 300 graphemes" in shown.replace("<code>", "").replace("</code>", "")
    changed = await small_desk.client.patch(
        f"/v1/contents/{made['id']}", json={"text": "Edited"}, headers={"If-Match": f'"{made["version"]}"'}
    )
    assert changed.status_code == 200, changed.text
    assert (await small_desk.client.get(f"/v1/publications/{publication_id}")).json()["draft"]["text"] == text["text"]


async def test_who_may_only_read_is_offered_nothing(small_desk: Desk) -> None:
    made = await small_desk.accept()
    async with visiting(small_desk.app, await small_desk.key_text(*READ)) as reader:
        page = await reader.page(f"/contents/{made['id']}")
    assert "data-action" not in page
    assert "Monsoon sale" in page


async def test_a_published_one_says_when_how_late_and_where(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    await walk(small_desk, made["id"], S.QUEUED, S.PUBLISHING)
    async with small_desk.story(made["id"]) as story:
        row = story.publications[0]
        row.published_at, row.lateness_ms = START, 2_300
        row.provider_post_id, row.provider_url = "at://1", "https://bsky.example/1"
        await story.move(row, S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
    page = await visitor.page(f"/contents/{made['id']}")
    for words_ in (
        "The network has published it",
        "2.3 s late",
        'href="https://bsky.example/1"',
        "at://1",
        "Completed</strong>: published",
    ):
        assert words_ in page, words_
    assert "/cancel" not in page


async def test_a_failure_says_what_to_do_in_the_networks_words_too(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    await walk(small_desk, made["id"], S.QUEUED, S.PUBLISHING)
    async with small_desk.story(made["id"]) as story:
        failure = failure_of(Reason.MEDIA_VALIDATION_FAILED).model_copy(
            update={"provider_code": "36/2207009", "provider_message": "<img src=x onerror=alert(1)>"}
        )
        await story.fail(story.publications[0], failure)
    for path in (f"/contents/{made['id']}", f"/publications/{made['publications'][0]['id']}"):
        page = await visitor.page(path)
        assert REASONS[Reason.MEDIA_VALIDATION_FAILED].remedy in page
        assert "36/2207009" in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert f'data-action="POST /v1/contents/{made["id"]}/retry"' in await visitor.page(f"/contents/{made['id']}")


async def test_an_unconfirmed_one_asks_for_a_persons_word(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    await walk(small_desk, made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    page = await visitor.page(f"/contents/{made['id']}")
    publication_id = made["publications"][0]["id"]
    assert f'data-action="POST /v1/publications/{publication_id}/resolve"' in page
    assert "We don&#39;t know yet whether it was published" in page
    answer = await visitor.act("POST", f"/v1/publications/{publication_id}/resolve", json={"outcome": "not_published"})
    assert answer.status_code == 200
    page = await visitor.page(f"/contents/{made['id']}")
    assert "OUTCOME_UNKNOWN" in page
    assert "/resolve" not in page


async def test_what_was_withdrawn_was_never_publishing(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    assert (await visitor.act("POST", f"/v1/contents/{made['id']}/cancel")).status_code == 200
    steps = (await visitor.page(f"/contents/{made['id']}")).partition('class="steps"')[2].partition("</ol>")[0]
    assert "canceled" in steps
    assert "publishing" not in steps


async def test_anothers_content_is_like_one_that_is_not_there(small_desk: Desk) -> None:
    made = await small_desk.accept()
    async with visiting(small_desk.app, await small_desk.key_text(*READ, brand_ref="rival")) as rival:
        for path in (f"/contents/{made['id']}", f"/publications/{made['publications'][0]['id']}", "/contents/cnt_x"):
            answer = await rival.client.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"].startswith("text/html")
            assert "Monsoon" not in answer.text
        assert "Monsoon" not in await rival.page("/contents")
        assert "You’re all caught up" in await rival.page("/attention")


async def test_a_workflow_is_linked_for_those_who_see_every_brand(small_desk: Desk, visitor: Visitor) -> None:
    made = await small_desk.accept()
    path = f"/contents/{made['id']}"
    assert "/namespaces/" not in await visitor.page(path)
    temporal = small_desk.services.settings.temporal
    temporal.ui_url = "http://127.0.0.1:8233/"
    link = f'href="http://127.0.0.1:8233/namespaces/default/workflows/content%2F{made["id"]}"'
    assert link in await visitor.page(path)
    async with visiting(small_desk.app, await small_desk.key_text(*READ, brand_ref="acme")) as acme:
        assert "/namespaces/" not in await acme.page(path)


async def test_media_are_shown_to_those_who_may_see_them(small_desk: Desk, visitor: Visitor) -> None:
    small_desk.site.files["/c.jpg"] = picture(20, 10)
    made = await small_desk.accept(media=[{"url": small_desk.site.url("/c.jpg"), "alt": "A <b>umbrella</b>"}])
    page = await visitor.page(f"/contents/{made['id']}")
    media = made["media"][0]
    assert f'src="/previews/{media["id"]}"' in page
    assert "A &lt;b&gt;umbrella&lt;/b&gt;" in page
    shown = await visitor.client.get(f"/previews/{media['id']}")
    assert (shown.status_code, shown.headers["content-type"], shown.content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert shown.headers["cache-control"].startswith("private")
    assert "sandbox" in shown.headers["content-security-policy"]
    async with visiting(small_desk.app, await small_desk.key_text(*READ, brand_ref="rival")) as rival:
        assert (await rival.client.get(f"/previews/{media['id']}")).status_code == 404
    async with visiting(small_desk.app) as nobody:
        assert (await nobody.client.get(f"/previews/{media['id']}")).status_code == 303


async def test_what_needs_a_person_stands_together(small_desk: Desk, visitor: Visitor) -> None:
    assert "You’re all caught up" in await visitor.page("/attention")
    doubtful, held, failed, old, fine = [await small_desk.accept(text=f"No {n}") for n in range(5)]
    await walk(small_desk, doubtful["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    await walk(small_desk, failed["id"], S.QUEUED, S.PUBLISHING, S.FAILED)
    await walk(small_desk, old["id"], S.QUEUED, S.PUBLISHING, S.FAILED)
    await walk(small_desk, held["id"], S.QUEUED)
    async with small_desk.story(held["id"]) as story:
        await story.hold(story.publications[0], HoldReason.OUTAGE, START + timedelta(minutes=5))
    async with small_desk.story(old["id"]) as story:
        story.content.scheduled_at = START - timedelta(days=9)
    await small_desk.account(ChannelName.THREADS, handle="acme.threads", status=AccountStatus.REAUTH_REQUIRED.value)
    page = unescape(await visitor.page("/attention"))
    for content in (doubtful, held, failed):
        assert f"-{content['id']}" in page
    for content in (old, fine):
        assert content["id"] not in page
    assert "acme.threads" in page
    assert labels.HOLDS[HoldReason.OUTAGE] in page
    assert REASONS[Reason.PROVIDER_OUTAGE].remedy in page


async def test_contents_can_be_asked_for_by_their_holds(small_desk: Desk) -> None:
    held, free = await small_desk.accept(), await small_desk.accept()
    await walk(small_desk, held["id"], S.QUEUED)
    async with small_desk.story(held["id"]) as story:
        await story.hold(story.publications[0], HoldReason.OUTAGE, None)
    for asked, wanted in (("true", held["id"]), ("false", free["id"])):
        found = (await small_desk.client.get("/v1/contents", params={"held": asked})).json()["data"]
        assert [content["id"] for content in found] == [wanted]
    assert (await small_desk.client.get("/v1/contents?held=maybe")).status_code == 422


async def test_contents_can_be_searched(desk: Desk) -> None:
    sale, rain = await desk.accept(text="Monsoon 100% सेल", clientRef="cms-7"), await desk.accept(text="Rain, rain")
    for words_, wanted in (
        ("monsoon", [sale]), ("सेल", [sale]), ("100%", [sale]), ("RAIN", [rain]), ("cms-7", [sale]), ("cms", []),
        ("%", [sale]), ("_", []), ('"', []), ("n", [rain, sale]),
    ):  # fmt: skip
        found = (await desk.client.get("/v1/contents", params={"q": words_})).json()["data"]
        assert [content["id"] for content in found] == [content["id"] for content in wanted], words_


async def test_accounts_can_be_asked_for_by_their_health(small_desk: Desk) -> None:
    tired = await small_desk.account(ChannelName.THREADS, status=AccountStatus.EXPIRING.value)
    found = (await small_desk.client.get("/v1/accounts?status=expiring&status=reauth_required")).json()["data"]
    assert [account["id"] for account in found] == [tired]
    assert (await small_desk.client.get("/v1/accounts?status=fine")).status_code == 422
