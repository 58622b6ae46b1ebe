"""Changing a content while there is time: each wins before the claim and is refused after it, never half done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.db.ids import new_id
from munadi.db.tables import AccountRow, AttemptRow, DraftRow, PublicationRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.desk import START, Desk, later
from tests.api.test_bad_input import errors_of

S = PublicationStatus


async def change(desk: Desk, content_id: str, what: str, body: Any = None, match: str | None = None) -> httpx.Response:
    headers = {"If-Match": match} if match is not None else {}
    return await desk.client.post(f"/v1/contents/{content_id}/{what}", json=body, headers=headers)


async def edit(desk: Desk, content_id: str, body: Any, match: str | None = '"1"') -> httpx.Response:
    headers = {"If-Match": match} if match is not None else {}
    return await desk.client.patch(f"/v1/contents/{content_id}", json=body, headers=headers)


async def walk(desk: Desk, content_id: str, *path: PublicationStatus) -> None:
    """Move every publication along the arrows."""
    async with desk.story(content_id) as story:
        for row in story.publications:
            for status in path:
                if status is S.FAILED:
                    await story.fail(row, failure_of(Reason.PROVIDER_OUTAGE))
                else:
                    await story.move(row, status, None)
                if status is S.PUBLISHING:
                    row.epoch += 1
                    row.attempt_count += 1


async def types_of(desk: Desk, content_id: str) -> list[str]:
    found = (await desk.client.get(f"/v1/contents/{content_id}/events")).json()["data"]
    return [event["type"] for event in found]


async def test_an_edit_needs_the_version_it_is_based_on(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    missing = await edit(desk, content_id, {"text": "x"}, None)
    errors_of(missing, 428)
    stale = await edit(desk, content_id, {"text": "x"}, '"7"')
    errors_of(stale, 412)
    assert stale.headers["etag"] == '"1"'
    done = await edit(desk, content_id, {"text": "x"}, 'W/"0", "1"')
    assert (done.status_code, done.headers["etag"], done.json()["text"]) == (200, '"2"', "x")
    assert await types_of(desk, content_id) == ["content.accepted", "content.updated"]


async def test_of_concurrent_edits_one_wins_and_the_rest_are_stale(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    answers = await asyncio.gather(*(edit(desk, content_id, {"text": f"text {n}"}) for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    won = next(answer.json()["text"] for answer in answers if answer.status_code == 200)
    assert (await desk.read(content_id))["text"] == won
    async with desk.services.database.read() as session:
        draft = await session.get(DraftRow, (content_id, 2))
    assert draft is not None
    assert {each["text"] for each in draft.resolved.values()} == {won}


async def test_of_concurrent_reschedules_with_a_version_one_wins(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    moves = [change(desk, content_id, "reschedule", {"scheduledAt": later(days=n + 1)}, '"1"') for n in range(10)]
    answers = await asyncio.gather(*moves)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_an_edit_lays_what_was_sent_over_what_was_there(desk: Desk) -> None:
    made = await desk.accept(
        text="all",
        link="https://acme.example/sale",
        media=[{"url": desk.site.url("/a.jpg"), "alt": "an umbrella"}],
        channels=[{"channel": "bluesky", "text": "only here"}],
    )
    media_id = made["media"][0]["id"]
    done = (await edit(desk, made["id"], {"text": "new", "link": None})).json()
    assert (done["text"], done["link"]) == ("new", None)
    assert [(media["id"], media["alt"]) for media in done["media"]] == [(media_id, "an umbrella")]
    # The override is still there, so what would be seen differs by the link alone.
    assert (done["version"], done["draftVersion"]) == (2, 2)
    done = (await edit(desk, made["id"], {"channels": [{"channel": "bluesky", "text": None}]}, '"2"')).json()
    async with desk.services.database.read() as session:
        draft = await session.get(DraftRow, (made["id"], 3))
    assert draft is not None
    assert [each["text"] for each in draft.resolved.values()] == ["new"]
    done = (await edit(desk, made["id"], {"media": []}, '"3"')).json()
    assert done["media"] == []
    assert desk.site.asked["/a.jpg"] == 1


async def test_the_draft_moves_on_only_when_something_is_seen_differently(desk: Desk) -> None:
    made = await desk.accept(text="all", channels=[{"channel": "bluesky", "text": "only here"}])
    publication_id = made["publications"][0]["id"]
    async with desk.story(made["id"]) as story:
        row = story.publication(publication_id)
        row.handle, row.handle_ready, row.handle_draft_version = {"container": "c1"}, True, 1
    unseen = (await edit(desk, made["id"], {"text": "nobody sees this"})).json()
    assert (unseen["text"], unseen["version"], unseen["draftVersion"]) == ("nobody sees this", 2, 1)
    async with desk.story(made["id"]) as story:
        assert story.publication(publication_id).handle_ready
    seen = (await edit(desk, made["id"], {"channels": [{"channel": "bluesky", "text": "new"}]}, '"2"')).json()
    assert (seen["version"], seen["draftVersion"]) == (3, 2)
    async with desk.story(made["id"]) as story:
        assert not story.publication(publication_id).handle_ready


async def test_the_lead_follows_the_draft(desk: Desk) -> None:
    made = await desk.accept()
    before = [row.lead_seconds for row in await rows(desk, made["id"])]
    await edit(desk, made["id"], {"media": [{"url": desk.site.url("/a.jpg")}]})
    after = [row.lead_seconds for row in await rows(desk, made["id"])]
    assert (before, after[0] > 0) == ([0.0], True)


async def rows(desk: Desk, content_id: str) -> list[PublicationRow]:
    async with desk.story(content_id) as story:
        return story.publications


async def test_an_edit_is_checked_like_a_new_content(desk: Desk) -> None:
    instagram = await desk.account(ChannelName.INSTAGRAM)
    made = await desk.accept(
        media=[{"url": desk.site.url("/b.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram}, "bluesky"],
    )
    body = {
        "text": "x" * 400,
        "channels": [{"channel": "bluesky", "options": {"langs": "de"}}],
        "media": [{"url": desk.site.url("/gone.jpg")}],
        "scheduledAt": later(days=3),
    }
    errors = errors_of(await edit(desk, made["id"], body))
    assert {(error["pointer"], error["code"]) for error in errors} == {
        ("/scheduledAt", "UNKNOWN_FIELD"),
        ("/media/0/url", "MEDIA_UNREACHABLE"),
        ("/text", "TEXT_TOO_LONG"),
        ("/channels/0/options/langs", "INVALID_OPTION"),
    }
    fixed = errors_of(await edit(desk, made["id"], {"channels": ["instagram", "threads"]}))
    assert [(error["pointer"], error["code"]) for error in fixed] == [("/channels/1", "CHANNELS_FIXED")]
    assert (await desk.read(made["id"]))["version"] == 1


async def test_a_held_content_can_be_edited_though_its_account_is_gone_stale(desk: Desk) -> None:
    made = await desk.accept()
    async with desk.story(made["id"]) as story:
        account = await story.session.get(AccountRow, made["publications"][0]["accountId"])
        assert account is not None
        account.status = "reauth_required"
    assert (await edit(desk, made["id"], {"text": "still mine"})).status_code == 200


@pytest.mark.parametrize(
    ("what", "body"),
    [("reschedule", {"scheduledAt": later(days=2)}), ("publish-now", None), ("cancel", None), ("", {"text": "x"})],
)
@pytest.mark.parametrize("path", [(S.QUEUED, S.PUBLISHING), (S.QUEUED, S.PUBLISHING, S.PUBLISHED)])
async def test_once_claimed_it_is_too_late(
    small_desk: Desk, what: str, body: Any, path: tuple[PublicationStatus, ...]
) -> None:
    content_id = (await small_desk.accept())["id"]
    await walk(small_desk, content_id, *path)
    before = await small_desk.read(content_id)
    answer = await (change(small_desk, content_id, what, body) if what else edit(small_desk, content_id, body))
    errors_of(answer, 409)
    assert answer.json()["code"] == "TOO_LATE"
    assert await small_desk.read(content_id) == before


async def test_an_edit_is_too_late_once_any_was_claimed_and_a_cancel_takes_what_is_left(desk: Desk) -> None:
    instagram = await desk.account(ChannelName.INSTAGRAM)
    made = await desk.accept(
        media=[{"url": desk.site.url("/b.jpg")}], channels=["bluesky", {"channel": "instagram", "accountId": instagram}]
    )
    async with desk.story(made["id"]) as story:
        await story.move(story.publications[0], S.QUEUED, None)
        await story.move(story.publications[0], S.PUBLISHING, EventType.PUBLISH_STARTED)
    errors_of(await edit(desk, made["id"], {"text": "x"}), 409)
    done = (await change(desk, made["id"], "cancel")).json()
    assert [publication["status"] for publication in done["publications"]] == ["publishing", "canceled"]
    assert "content.canceled" not in await types_of(desk, made["id"])


async def test_canceling_twice_is_no_error_and_says_what_is_canceled(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    first = await change(desk, content_id, "cancel", {})
    again = await change(desk, content_id, "cancel")
    for answer in (first, again):
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert answer.json()["rollup"]["canceled"] == 1
    assert (await types_of(desk, content_id)).count("content.canceled") == 1
    errors_of(await change(desk, content_id, "cancel", {"why": "typo"}))


async def test_a_default_window_moves_with_the_time_and_an_explicit_one_stays(desk: Desk) -> None:
    default = (await desk.accept())["id"]
    moved = (await change(desk, default, "reschedule", {"scheduledAt": later(days=2)})).json()
    assert moved["scheduledAt"] == "2026-12-03T09:00:00Z"
    assert moved["publishBy"] == "2026-12-04T09:00:00Z"
    assert moved["publications"][0]["scheduledAt"] == "2026-12-03T09:00:00Z"
    explicit = (await desk.accept(scheduledAt=later(days=1), publishBy=later(days=3)))["id"]
    kept = (await change(desk, explicit, "reschedule", {"scheduledAt": later(days=2)})).json()
    assert kept["publishBy"] == "2026-12-04T09:00:00Z"
    errors = errors_of(await change(desk, explicit, "reschedule", {"scheduledAt": later(days=4)}))
    assert [(error["pointer"], error["code"]) for error in errors] == [("/publishBy", "PUBLISH_BY_NOT_AFTER_DUE")]
    body = {"scheduledAt": later(days=4), "publishBy": later(days=5)}
    assert (await change(desk, explicit, "reschedule", body)).json()["publishBy"] == "2026-12-06T09:00:00Z"


async def test_a_new_time_is_checked_like_the_first(small_desk: Desk) -> None:
    content_id = (await small_desk.accept())["id"]
    for body, pointer in (
        ({}, "/scheduledAt"),
        ({"scheduledAt": "2020-01-01T00:00:00Z"}, "/scheduledAt"),
        ({"scheduledAt": "2027-01-01T00:00:00"}, "/scheduledAt"),
        ({"scheduledAt": "2027-03-28T02:30:00", "timezone": "Europe/Berlin"}, "/scheduledAt"),
        ({"scheduledAt": later(days=2), "text": "x"}, "/text"),
    ):
        errors = errors_of(await change(small_desk, content_id, "reschedule", body))
        assert [error["pointer"] for error in errors] == [pointer]
    local = {"scheduledAt": "2027-10-31T02:30:00", "timezone": "Europe/Berlin", "fold": "later"}
    moved = (await change(small_desk, content_id, "reschedule", local)).json()
    assert (moved["scheduledAt"], moved["timezone"]) == ("2027-10-31T01:30:00Z", "Europe/Berlin")


async def test_publish_now_makes_it_due_at_once(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    desk.clock.ahead = timedelta(minutes=5)
    done = await change(desk, content_id, "publish-now", match='"1"')
    assert (done.status_code, done.json()["scheduledAt"]) == (200, "2026-12-01T09:05:00Z")
    assert done.json()["publishBy"] == "2026-12-02T09:05:00Z"
    errors_of(await change(desk, content_id, "publish-now", match='"1"'), 412)


async def test_a_retry_queues_what_failed_and_nothing_else(desk: Desk) -> None:
    instagram = await desk.account(ChannelName.INSTAGRAM)
    made = await desk.accept(
        media=[{"url": desk.site.url("/b.jpg")}], channels=["bluesky", {"channel": "instagram", "accountId": instagram}]
    )
    content_id = made["id"]
    nothing = await change(desk, content_id, "retry")
    errors_of(nothing, 409)
    assert nothing.json()["code"] == "NOTHING_TO_RETRY"
    live, failed = [publication["id"] for publication in made["publications"]]
    async with desk.story(content_id) as story:
        for row, ends in zip(story.publications, (S.PUBLISHED, S.FAILED), strict=True):
            await story.move(row, S.QUEUED, None)
            await story.move(row, S.PUBLISHING, None)
            if ends is S.FAILED:
                await story.fail(row, failure_of(Reason.PROVIDER_OUTAGE))
            else:
                await story.move(row, ends, None)
    assert (await desk.read(content_id))["status"] == "partially_published"
    errors_of(await change(desk, content_id, "retry", {"publicationIds": [live]}), 409)
    unknown = errors_of(await change(desk, content_id, "retry", {"publicationIds": [failed, "pub_x"]}))
    assert [error["pointer"] for error in unknown] == ["/publicationIds/1"]
    done = await change(desk, content_id, "retry", {"publicationIds": [failed]})
    assert done.status_code == 202
    assert [publication["status"] for publication in done.json()["publications"]] == ["published", "queued"]
    assert done.json()["publications"][1]["failure"] is None


async def test_a_person_settles_an_unknown_outcome(desk: Desk) -> None:
    made = await desk.accept()
    publication_id = made["publications"][0]["id"]
    path = f"/v1/publications/{publication_id}/resolve"
    early = await desk.client.post(path, json={"outcome": "published"})
    errors_of(early, 409)
    assert early.json()["code"] == "NOT_UNCONFIRMED"
    await walk(desk, made["id"], S.QUEUED, S.PUBLISHING)
    async with desk.story(made["id"]) as story:
        attempt = AttemptRow(
            id=new_id(Prefix.ATTEMPT),
            publication_id=publication_id,
            stage="post",
            number=1,
            epoch=1,
            holder="w",
            intent_at=START,
            deadline_at=START + timedelta(seconds=30),
        )
        story.session.add(attempt)
        await story.move(story.publications[0], S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)
    for body, pointer in (
        ({"outcome": "maybe"}, "/outcome"),
        ({"outcome": "not_published", "providerPostId": "1"}, "/providerPostId"),
        ({"outcome": "published", "providerUrl": "javascript:1"}, "/providerUrl"),
    ):
        assert [error["pointer"] for error in errors_of(await desk.client.post(path, json=body))] == [pointer]
    body = {"outcome": "published", "providerPostId": "at://1", "providerUrl": "https://bsky.app/1"}
    done = await desk.client.post(path, json=body)
    assert done.status_code == 200
    settled = done.json()
    assert (settled["status"], settled["providerPostId"], settled["contentId"]) == ("published", "at://1", made["id"])
    assert [entry["outcome"] for entry in settled["attemptLog"]] == ["sent"]
    assert set(settled["attemptLog"][0]) == {
        "id",
        "stage",
        "number",
        "intentAt",
        "endedAt",
        "outcome",
        "providerCode",
        "raw",
        "durationMs",
    }
    assert (await desk.client.post(path, json=body)).json() == settled
    errors_of(await desk.client.post(path, json={"outcome": "not_published"}), 409)
    assert (await desk.client.get(f"/v1/publications/{publication_id}")).json() == settled
    assert (await desk.read(made["id"]))["status"] == "published"


async def test_a_post_has_one_owner(desk: Desk) -> None:
    body = {"outcome": "published", "providerPostId": "at://same"}
    answers = []
    for _ in range(2):
        made = await desk.accept()
        await walk(desk, made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
        path = f"/v1/publications/{made['publications'][0]['id']}/resolve"
        answers.append(await desk.client.post(path, json=body))
    assert answers[0].status_code == 200
    errors_of(answers[1], 409)
    assert answers[1].json()["code"] == "POST_ID_TAKEN"


async def test_each_change_asks_for_the_workflow_to_look(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    seen = []
    for what, body in (
        ("reschedule", {"scheduledAt": later(days=2)}),
        ("publish-now", None),
        ("cancel", None),
        ("cancel", None),
    ):
        await change(desk, content_id, what, body)
        async with desk.story(content_id) as story:
            seen.append(story.content.wake_seq)
    assert seen == [2, 3, 4, 4]
