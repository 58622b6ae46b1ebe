"""Changing a content while there is time: each wins before the claim and is refused after it, never half done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.changing import change, edit, types_of, walk
from tests.api.desk import Desk, later
from tests.api.test_bad_input import errors_of

S = PublicationStatus


async def test_of_concurrent_reschedules_with_a_version_one_wins(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    moves = [change(desk, content_id, "reschedule", {"scheduledAt": later(days=n + 1)}, '"1"') for n in range(10)]
    answers = await asyncio.gather(*moves)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


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
    assert (first.headers["etag"], again.headers["etag"]) == ('"2"', '"2"')
    for answer in (first, again):
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
        assert answer.json()["rollup"]["canceled"] == 1
    assert (await types_of(desk, content_id)).count("content.canceled") == 1
    errors_of(await change(desk, content_id, "cancel", {"why": "typo"}))


@pytest.mark.parametrize(
    ("what", "body"), [("reschedule", {"scheduledAt": later(days=2)}), ("publish-now", None), ("", {"text": "x"})]
)
async def test_what_was_canceled_is_told_to_be(small_desk: Desk, what: str, body: Any) -> None:
    content_id = (await small_desk.accept())["id"]
    await change(small_desk, content_id, "cancel")
    answer = await (change(small_desk, content_id, what, body) if what else edit(small_desk, content_id, body, '"2"'))
    errors_of(answer, 409)
    assert (answer.json()["code"], answer.json()["detail"]) == (
        "TOO_LATE",
        "the content was canceled; submit it again to publish it",
    )


async def test_a_time_that_has_passed_is_told_with_what_to_do_instead(small_desk: Desk) -> None:
    content_id = (await small_desk.accept())["id"]
    past = {"scheduledAt": "2020-01-01T00:00:00Z"}
    [moved] = errors_of(await change(small_desk, content_id, "reschedule", past))
    assert moved["message"] == "the time has passed; use publish-now to publish at once"
    [new] = errors_of(await small_desk.client.post("/v1/contents", json=small_desk.content(**past)))
    assert new["message"] == "the time has passed; omit scheduledAt to publish now"


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
        ({"scheduledAt": "9999-12-31T23:59:59Z"}, "/scheduledAt"),
        ({"scheduledAt": "0001-01-01T00:00:00Z"}, "/scheduledAt"),
        ({"scheduledAt": later(days=2), "publishBy": "9999-12-31T23:59:59Z"}, "/publishBy"),
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
