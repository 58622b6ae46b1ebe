"""Changes by people are atomic, emit events and always wake the workflow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from munadi.db.tables import EventRow
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import NextStep
from munadi.domain.reasons import failure_of
from munadi.publishing import changes
from munadi.publishing.content import FIRST_WAKE, LockedContent
from munadi.publishing.states import ChangeRefused
from tests.db.board import CHANNELS, Board, Put
from tests.db.seeding import START

S = PublicationStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = START + 5 * HOUR
REFUSED = failure_of(Reason.CONTENT_POLICY).model_dump(mode="json", by_alias=True)


async def change(board: Board, put: Put, name: str, *args: Any, **kwargs: Any) -> Any:
    async with board.locked(put.content_id) as post:
        return await getattr(changes, name)(post, *args, **kwargs)


async def resolve(board: Board, put: Put, *, published: bool, post_id: str | None = None) -> None:
    async with board.locked(put.content_id) as post:
        await changes.resolve(post, post.publications[0], published=published, post_id=post_id, url=None)


async def statuses(board: Board, put: Put) -> list[str]:
    return [(await board.row(key)).status for key in put.ids]


CHANGES: dict[str, tuple[S, Callable[[LockedContent], Any]]] = {
    "cancel": (S.QUEUED, changes.cancel),
    "reschedule": (S.QUEUED, lambda post: changes.reschedule(post, LATER, None, None, zone_given=False)),
    "publish_now": (S.QUEUED, changes.publish_now),
    "retry": (S.FAILED, lambda post: changes.retry(post, None)),
    "resolve": (
        S.UNCONFIRMED,
        lambda post: changes.resolve(post, post.publications[0], published=True, post_id=None, url=None),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_every_change_wakes_the_workflow(board: Board, name: str) -> None:
    status, make = CHANGES[name]
    put = await board.put(status, content={"wake_seq": 4, "wake_ack": 4, "wake_tries": 3})
    async with board.locked(put.content_id) as post:
        await make(post)
    content = await board.content(put.content_id)
    assert (content.wake_seq, content.wake_ack, content.wake_tries) == (5, 4, 0)
    assert content.next_wake_at == START + FIRST_WAKE


@pytest.mark.parametrize("name", CHANGES)
async def test_every_change_raises_the_version_once_and_its_events_have_the_new_one(board: Board, name: str) -> None:
    status, make = CHANGES[name]
    put = await board.put(status)
    async with board.locked(put.content_id) as post:
        await make(post)
    assert (await board.content(put.content_id)).version == 2
    async with board.database.read() as session:
        data_of_events = (await session.exec(select(EventRow.data).where(EventRow.content_id == put.content_id))).all()
    assert {data["content"]["version"] for data in data_of_events} == {2}


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ("queued queued", "canceled canceled", ["publish.canceled"] * 2 + ["canceled", "completed"]),
        ("accepted", "canceled", ["publish.canceled", "canceled", "completed"]),
        ("queued canceled", "canceled canceled", ["publish.canceled", "canceled", "completed"]),
        ("queued publishing", "canceled publishing", ["publish.canceled"]),
        ("queued unconfirmed", "canceled unconfirmed", ["publish.canceled", "completed"]),
        ("queued published", "canceled published", ["publish.canceled", "canceled", "completed"]),
        ("canceled", "canceled", []),
        ("canceled published", "canceled published", []),
        ("publishing", None, []),
        ("published failed", None, []),
        ("unconfirmed", None, []),
    ],
)
async def test_a_cancel_withdraws_publications_that_are_not_claimed(
    board: Board, before: str, after: str | None, events: list[str]
) -> None:
    put = await board.put(*before.split())
    if after is None:
        with pytest.raises(ChangeRefused) as refused:
            await change(board, put, "cancel")
        assert refused.value.code == "TOO_LATE"
    else:
        withdrawn = await change(board, put, "cancel")
        assert len(withdrawn) == events.count("publish.canceled")
    assert await statuses(board, put) == (after or before).split()
    assert await board.types(put.content_id) == events


@pytest.mark.parametrize(
    ("explicit", "given", "publish_by"),
    [
        (False, None, LATER + DAY),
        (False, LATER + HOUR, LATER + HOUR),
        (True, None, START + DAY),
        (True, LATER + HOUR, LATER + HOUR),
    ],
)
async def test_a_reschedule_moves_a_default_window_and_keeps_an_explicit_one(
    board: Board, explicit: bool, given: Any, publish_by: Any
) -> None:
    put = await board.put(S.QUEUED, S.PUBLISHED, content={"publish_by_explicit": explicit, "timezone": "Asia/Kolkata"})
    await change(board, put, "reschedule", LATER, "Europe/Berlin", given, zone_given=False)
    content = await board.content(put.content_id)
    assert (content.scheduled_at, content.publish_by, content.version) == (LATER, publish_by, 2)
    assert content.publish_by_explicit == (explicit or given is not None)
    assert (content.timezone, content.draft_version) == ("Asia/Kolkata", 1)
    assert [(await board.row(key)).due_at for key in put.ids] == [LATER, START]
    assert await board.types(put.content_id) == ["rescheduled"]


async def test_a_reschedule_beyond_an_explicit_window_is_refused(board: Board) -> None:
    put = await board.put(S.QUEUED, publish_by=LATER, content={"publish_by_explicit": True})
    with pytest.raises(ChangeRefused) as refused:
        await change(board, put, "reschedule", LATER, None, None, zone_given=True)
    assert refused.value.code == "PUBLISH_BY_NOT_AFTER_DUE"
    content = await board.content(put.content_id)
    assert (content.scheduled_at, content.version, content.wake_seq) == (START, 1, 0)


@pytest.mark.parametrize("name", ["reschedule", "publish_now"])
@pytest.mark.parametrize("status", [S.PUBLISHING, S.PUBLISHED, S.FAILED, S.UNCONFIRMED, S.CANCELED])
async def test_the_time_cannot_be_changed_after_publishing_began(board: Board, name: str, status: S) -> None:
    put = await board.put(status)
    arguments: Any = ((LATER, None, None), {"zone_given": False}) if name == "reschedule" else ((), {})
    with pytest.raises(ChangeRefused) as refused:
        await change(board, put, name, *arguments[0], **arguments[1])
    assert refused.value.code == "TOO_LATE"


@pytest.mark.parametrize(
    ("publish_by", "explicit", "after"),
    [
        (START + 9 * HOUR, True, START + 9 * HOUR),
        (START + 9 * HOUR, False, START + DAY),
        (START, True, START + DAY),
        (START - HOUR, False, START + DAY),
    ],
)
async def test_publish_now_leaves_room_to_publish(board: Board, publish_by: Any, explicit: bool, after: Any) -> None:
    content = {"publish_by_explicit": explicit}
    put = await board.put(S.QUEUED, due=START + HOUR, publish_by=publish_by, content=content)
    await change(board, put, "publish_now")
    assert (await board.content(put.content_id)).publish_by == after
    assert (await board.claim(put)).found is NextStep.PUBLISH


async def test_a_retry_queues_only_failed_publications(board: Board) -> None:
    put = await board.put(S.FAILED, S.FAILED, S.PUBLISHED, due=START - DAY, publish_by=START, hold_count=3)
    await board.set(put.ids[0], failure=REFUSED)
    assert await change(board, put, "retry", [put.ids[0], put.ids[2]]) == [put.ids[0]]
    row = await board.row(put.ids[0])
    assert (row.status, row.due_at, row.failure, row.hold_count) == ("queued", START, None, 0)
    content = await board.content(put.content_id)
    assert (content.status, content.publish_by, content.completed_as) == ("publishing", START + DAY, None)
    assert await statuses(board, put) == ["queued", "failed", "published"]
    assert await board.types(put.content_id) == ["publish.resumed"]


@pytest.mark.parametrize("named", [None, [], ["pub_none"]])
async def test_a_retry_without_failures_is_refused(board: Board, named: list[str] | None) -> None:
    put = await board.put(S.PUBLISHED if named is None else S.FAILED)
    with pytest.raises(ChangeRefused) as refused:
        await change(board, put, "retry", named)
    assert refused.value.code == "NOTHING_TO_RETRY"


async def test_a_retry_before_the_due_time_waits_for_it(board: Board) -> None:
    put = await board.put(S.FAILED, due=START + DAY, publish_by=START + 2 * DAY)
    await change(board, put, "retry", None)
    row = await board.row(put.id)
    assert (row.status, row.due_at) == ("queued", START + DAY)
    assert (await board.content(put.content_id)).next_look_at == START + DAY


async def test_what_a_disconnected_account_failed_is_not_retried(board: Board) -> None:
    put = await board.put(S.FAILED, S.PUBLISHED)
    await board.set_account(CHANNELS[0], deleted_at=START)
    with pytest.raises(ChangeRefused) as refused:
        await change(board, put, "retry", None)
    assert refused.value.code == "ACCOUNT_DISCONNECTED"
    assert await statuses(board, put) == ["failed", "published"]


@pytest.mark.parametrize("published", [True, False])
async def test_a_person_resolves_an_unconfirmed_publication(board: Board, published: bool) -> None:
    put = await board.put(S.UNCONFIRMED, next_look_at=LATER, epoch=3)
    attempt_id = await board.attempt(put.id)
    for _ in range(2):  # the same answer again changes nothing
        await resolve(board, put, published=published, post_id="p")
    row = await board.row(put.id)
    [attempt] = await board.attempts(put.id)
    assert (attempt.id, attempt.is_open) == (attempt_id, False)
    assert attempt.outcome == ("sent" if published else "unknown")
    assert (row.epoch, row.next_look_at) == (4, None)
    assert row.provider_post_id == ("p" if published else None)
    assert await board.types(put.content_id) == ["publish.succeeded" if published else "publish.failed", "completed"]
    assert (await board.content(put.content_id)).wake_seq == 1
    with pytest.raises(ChangeRefused) as refused:
        await resolve(board, put, published=not published)
    assert refused.value.code == "NOT_UNCONFIRMED"


async def test_a_person_cannot_give_one_post_to_two_publications(board: Board) -> None:
    await board.put(S.PUBLISHED, provider_post_id="mine")
    put = await board.put(S.UNCONFIRMED)
    with pytest.raises(ChangeRefused) as refused:
        await resolve(board, put, published=True, post_id="mine")
    assert refused.value.code == "POST_ID_TAKEN"
    assert (await board.row(put.id)).status == "unconfirmed"


@pytest.mark.parametrize(
    ("before", "attempts", "allowed"),
    [("accepted queued", 0, True), ("queued", 1, False), ("queued publishing", 0, False), ("canceled", 0, False)],
)
async def test_an_edit_is_possible_before_the_first_claim_only(
    board: Board, before: str, attempts: int, allowed: bool
) -> None:
    put = await board.put(*before.split(), attempt_count=attempts)
    async with board.locked(put.content_id) as post:
        if allowed:
            changes.require_untouched(post)
        else:
            with pytest.raises(ChangeRefused):
                changes.require_untouched(post)
