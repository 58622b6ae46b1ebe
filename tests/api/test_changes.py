"""Changing a post: each change wins before the claim and is refused after it, never half done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.db.tables import DraftRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem

pytestmark = pytest.mark.each_database
S = PublicationStatus
TWO_DAYS = {"scheduledAt": later(days=2)}
CHANGES = [("reschedule", TWO_DAYS), ("publish-now", None), ("edit", {"text": "x"})]


async def change(api: ApiHarness, content_id: str, action: str, body: Any = None, if_match: str | None = None) -> Any:
    """The answer to any change of a post, an edit included."""
    if action == "edit":
        return await api.edit(content_id, body, if_match)
    return await api.change(content_id, action, body, if_match)


async def on_two_channels(api: ApiHarness) -> dict[str, Any]:
    """An accepted post to Bluesky and Instagram."""
    instagram = await api.add_account(ChannelName.INSTAGRAM)
    channels = ["bluesky", {"channel": "instagram", "accountId": instagram}]
    return await api.submit(media=[{"url": api.site.url("/b.jpg")}], channels=channels)


async def draft_of(api: ApiHarness, content_id: str, version: int) -> list[str]:
    """The texts of a version of a draft."""
    async with api.services.database.read() as session:
        draft = await session.get(DraftRow, (content_id, version))
    assert draft is not None
    return [each["text"] for each in draft.resolved.values()]


# Against each other, and against the claim.


@pytest.mark.parametrize("action", ["reschedule", "edit"])
async def test_of_concurrent_changes_of_one_version_one_wins(api: ApiHarness, action: str) -> None:
    content_id = (await api.submit())["id"]
    bodies = [{"text": f"text {n}"} if action == "edit" else {"scheduledAt": later(days=n + 1)} for n in range(10)]
    answers = await asyncio.gather(*(change(api, content_id, action, body, '"1"') for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert await api.read_content(content_id) == won
    if action == "edit":
        assert await draft_of(api, content_id, 2) == [won["text"]]


@pytest.mark.each_database(False)
@pytest.mark.parametrize(("action", "body"), [*CHANGES, ("cancel", None)])
@pytest.mark.parametrize("moves", [(S.QUEUED, S.PUBLISHING), (S.QUEUED, S.PUBLISHING, S.PUBLISHED)])
async def test_a_claimed_post_cannot_be_changed(
    api: ApiHarness, action: str, body: Any, moves: tuple[PublicationStatus, ...]
) -> None:
    content_id = (await api.submit())["id"]
    await api.move(content_id, *moves)
    before = await api.read_content(content_id)
    expect_problem(await change(api, content_id, action, body, '"1"'), 409, "TOO_LATE")
    assert await api.read_content(content_id) == before


async def test_once_a_channel_is_claimed_an_edit_is_refused_and_a_cancel_cancels_the_others(api: ApiHarness) -> None:
    content_id = (await on_two_channels(api))["id"]
    async with api.locked(content_id) as content:
        await content.move(content.publications[0], S.QUEUED, None)
        await content.move(content.publications[0], S.PUBLISHING, EventType.PUBLISH_STARTED)
    expect_problem(await api.edit(content_id, {"text": "x"}), 409, "TOO_LATE")
    done = (await api.change(content_id, "cancel")).json()
    assert [publication["status"] for publication in done["publications"]] == ["publishing", "canceled"]
    assert "content.canceled" not in await api.event_types(content_id)


async def test_a_repeated_cancel_is_no_error(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    for body in ({}, None):
        answer = await api.change(content_id, "cancel", body)
        assert (answer.status_code, answer.headers["etag"][:3], answer.json()["status"]) == (200, '"2-', "canceled")
        assert answer.json()["rollup"]["canceled"] == 1
    assert (await api.event_types(content_id)).count("content.canceled") == 1
    expect_errors(await api.change(content_id, "cancel", {"why": "typo"}), "/why")


@pytest.mark.each_database(False)
@pytest.mark.parametrize(("action", "body"), CHANGES)
async def test_a_canceled_post_cannot_be_changed(api: ApiHarness, action: str, body: Any) -> None:
    content_id = (await api.submit())["id"]
    await api.change(content_id, "cancel")
    problem = expect_problem(await change(api, content_id, action, body, '"2"'), 409, "TOO_LATE")
    assert problem["detail"] == "the content was canceled; submit it again to publish it"


@pytest.mark.each_database(False)
@pytest.mark.parametrize("match", ["1", "", '"1', '1"', '"1" "2"', '"1", 2', "W/1", 'w/"1"', '*, "1"', '"a b"', "'1'"])
async def test_a_malformed_if_match_is_refused(api: ApiHarness, match: str) -> None:
    content_id = (await api.submit())["id"]
    for action, body in (("edit", {"text": "x"}), ("cancel", None)):
        expect_problem(await change(api, content_id, action, body, match), 400, "IF_MATCH_MALFORMED")


async def test_an_edit_requires_the_current_version(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    expect_problem(await api.edit(content_id, {"text": "x"}, None), 428)
    stale = await api.edit(content_id, {"text": "x"}, '"7"')
    expect_problem(stale, 412)
    assert stale.headers["etag"] == '"1"'
    weak = expect_problem(await api.edit(content_id, {"text": "x"}, 'W/"1"'), 412)
    assert "weak" in weak["detail"]
    for version, match in ((2, 'W/"0", "1"'), (3, '"9","2"'), (4, " * ")):
        done = await api.edit(content_id, {"text": "x"}, match)
        assert (done.status_code, done.headers["etag"][:3], done.json()["text"]) == (200, f'"{version}-', "x")
    assert await api.event_types(content_id) == ["content.accepted", *["content.updated"] * 3]


async def test_each_change_wakes_the_workflow(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    seen = []
    for action, body in (("reschedule", TWO_DAYS), ("publish-now", None), ("cancel", None), ("cancel", None)):
        await api.change(content_id, action, body)
        async with api.locked(content_id) as content:
            seen.append(content.content.wake_seq)
    assert seen == [2, 3, 4, 4]


# Times.


@pytest.mark.each_database(False)
async def test_a_past_time_is_refused_with_what_to_do_instead(api: ApiHarness) -> None:
    past = {"scheduledAt": "2020-01-01T00:00:00Z"}
    moved = await api.change((await api.submit())["id"], "reschedule", past)
    for answer, advice in (
        (moved, "use publish-now to publish at once"), (await api.try_submit(**past), "omit scheduledAt to publish now")
    ):  # fmt: skip
        [error] = expect_errors(answer, ("/scheduledAt", "TIME_IN_PAST"))
        assert error["message"] == f"the time has passed; {advice}"


async def test_a_default_window_moves_with_the_time_and_an_explicit_one_stays(api: ApiHarness) -> None:
    default = (await api.submit())["id"]
    moved = (await api.change(default, "reschedule", TWO_DAYS)).json()
    assert (moved["scheduledAt"], moved["publishBy"]) == ("2026-12-03T09:00:00Z", "2026-12-04T09:00:00Z")
    assert moved["publications"][0]["scheduledAt"] == "2026-12-03T09:00:00Z"
    explicit = (await api.submit(scheduledAt=later(days=1), publishBy=later(days=3)))["id"]
    assert (await api.change(explicit, "reschedule", TWO_DAYS)).json()["publishBy"] == "2026-12-04T09:00:00Z"
    after = await api.change(explicit, "reschedule", {"scheduledAt": later(days=4)})
    expect_errors(after, ("/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"))
    body = {"scheduledAt": later(days=4), "publishBy": later(days=5)}
    assert (await api.change(explicit, "reschedule", body)).json()["publishBy"] == "2026-12-06T09:00:00Z"


@pytest.mark.each_database(False)
async def test_a_new_time_is_checked_like_the_first(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    for body, pointer in (
        ({}, "/scheduledAt"),
        ({"scheduledAt": "9999-12-31T23:59:59Z"}, "/scheduledAt"),
        ({"scheduledAt": "0001-01-01T00:00:00Z"}, "/scheduledAt"),
        ({**TWO_DAYS, "publishBy": "9999-12-31T23:59:59Z"}, "/publishBy"),
        ({"scheduledAt": "2027-01-01T00:00:00"}, "/scheduledAt"),
        ({"scheduledAt": "2027-03-28T02:30:00", "timezone": "Europe/Berlin"}, "/scheduledAt"),
        ({**TWO_DAYS, "text": "x"}, "/text"),
    ):
        expect_errors(await api.change(content_id, "reschedule", body), pointer)
    local = {"scheduledAt": "2027-10-31T02:30:00", "timezone": "Europe/Berlin", "fold": "later"}
    moved = (await api.change(content_id, "reschedule", local)).json()
    assert (moved["scheduledAt"], moved["timezone"]) == ("2027-10-31T01:30:00Z", "Europe/Berlin")


async def test_publish_now_makes_a_post_due_at_once(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    api.clock.ahead = timedelta(minutes=5)
    done = await api.change(content_id, "publish-now", if_match='"1"')
    assert (done.status_code, done.json()["scheduledAt"]) == (200, "2026-12-01T09:05:00Z")
    assert done.json()["publishBy"] == "2026-12-02T09:05:00Z"
    expect_problem(await api.change(content_id, "publish-now", if_match='"1"'), 412)


async def test_a_retry_queues_failed_publications_only(api: ApiHarness) -> None:
    made = await on_two_channels(api)
    content_id = made["id"]
    expect_problem(await api.change(content_id, "retry"), 409, "NOTHING_TO_RETRY")
    published, failed = [publication["id"] for publication in made["publications"]]
    async with api.locked(content_id) as content:
        for row in content.publications:
            await content.move(row, S.QUEUED, None)
            await content.move(row, S.PUBLISHING, None)
        await content.move(content.publications[0], S.PUBLISHED, None)
        await content.fail(content.publications[1], failure_of(Reason.PROVIDER_OUTAGE))
    assert (await api.read_content(content_id))["status"] == "partially_published"
    expect_problem(await api.change(content_id, "retry", {"publicationIds": [published]}), 409)
    expect_errors(await api.change(content_id, "retry", {"publicationIds": [failed, "pub_x"]}), "/publicationIds/1")
    done = await api.change(content_id, "retry", {"publicationIds": [failed]})
    assert done.status_code == 202
    assert [publication["status"] for publication in done.json()["publications"]] == ["published", "queued"]
    assert done.json()["publications"][1]["failure"] is None
