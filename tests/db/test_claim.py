"""The claim of `publish`: one transaction from queued to publishing, with the intent of the visible call."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.outcome import Requeued
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Attempt, ClaimResult, NextStep, NoCall, Refused
from munadi.publishing.claiming import LATE_FIRST_SEND, MIN_SLEEP
from tests.db.board import Board, Put
from tests.db.seeding import START
from tests.support.statements import statements_of

S = PublicationStatus
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
EPOCH = 3


async def claim(
    board: Board, put: Put, *, now: datetime = START, epoch: int = EPOCH, with_token: bool = True
) -> ClaimResult:
    period = (lambda _: MINUTE) if with_token else None
    taken = await board.store.claim(put.content_id, put.id, epoch=epoch, holder="w", now=now, period=period)
    assert taken is not None
    return taken


async def test_the_intent_is_committed_with_the_claim(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    taken = await claim(board, put)
    assert (taken.found, taken.step.status, taken.step.epoch) == (NextStep.PUBLISH, S.PUBLISHING, EPOCH + 1)
    [attempt] = await board.attempts(put.id)
    assert isinstance(taken.attempt, Attempt)
    assert (attempt.id, attempt.epoch, attempt.is_open) == (taken.attempt.id, EPOCH + 1, True)
    assert (attempt.intent_at, attempt.deadline_at) == (START, START + MINUTE)
    row = await board.row(put.id)
    assert (row.status, row.epoch, row.attempt_count) == ("publishing", EPOCH + 1, 1)
    assert await board.types(put.content_id) == ["publish.started"]


async def test_an_accepted_post_is_queued_by_its_claim(board: Board) -> None:
    """The process that started the workflow stopped before it recorded that."""
    put = await board.put(S.ACCEPTED, S.ACCEPTED, epoch=EPOCH)
    await claim(board, put)
    assert [(await board.row(key)).status for key in put.ids] == ["publishing", "queued"]
    assert await board.types(put.content_id) == ["queued", "publish.started"]


async def test_without_a_token_a_claim_makes_no_intent(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    taken = await claim(board, put, with_token=False)
    assert (taken.found, taken.attempt) == (NextStep.PUBLISH, None)
    assert await board.attempts(put.id) == []


async def test_a_paused_account_holds_the_publication_and_does_not_start_it(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, paused_until=START + MINUTE)
    taken = await claim(board, put)
    assert (taken.found, taken.attempt, taken.step.status) == (None, None, S.QUEUED)
    row = await board.row(put.id)
    assert (row.hold_reason, row.hold_until) == ("RATE_LIMIT", START + MINUTE)
    assert [event.type for event in await board.events(put.content_id)] == ["content.publish.held"]


async def test_a_pause_that_ends_a_moment_after_the_hold_is_a_short_wait(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, hold_reason="RATE_LIMIT", hold_until=START)
    await board.set_account(ChannelName.INSTAGRAM, paused_until=START + timedelta(milliseconds=30))
    taken = await claim(board, put)
    assert (taken.found, taken.attempt) == (timedelta(milliseconds=30), None)
    assert await board.events(put.content_id) == []
    taken = await claim(board, put, now=START + timedelta(milliseconds=30))
    assert isinstance(taken.attempt, Attempt)


async def test_a_pause_that_has_ended_does_not_matter(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, paused_until=START)
    assert isinstance((await claim(board, put)).attempt, Attempt)


async def test_a_disconnected_account_fails_the_publication(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, deleted_at=START)
    taken = await claim(board, put)
    assert (taken.found, taken.attempt, taken.step.status) == (None, None, S.FAILED)
    assert ((await board.row(put.id)).failure or {})["reason"] == "ACCOUNT_DISCONNECTED"


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (START - 3 * SECOND, 3 * SECOND),
        (START - timedelta(microseconds=1), MIN_SLEEP),
        (START + LATE_FIRST_SEND, NextStep.PUBLISH),
        (START + LATE_FIRST_SEND + SECOND, NextStep.LOOK_FIRST),
    ],
)
async def test_a_claim_is_never_early_and_a_late_first_send_is_checked_first(
    board: Board, now: datetime, found: NextStep | timedelta
) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    taken = await claim(board, put, now=now)
    assert taken.found == found
    assert len(await board.attempts(put.id)) == (1 if found is NextStep.PUBLISH else 0)


@pytest.mark.parametrize(
    "row",
    [
        {"hold_reason": "OUTAGE", "hold_since": START, "hold_until": START + SECOND},
        {"lead_seconds": 60.0},
        {"lead_seconds": 60.0, "preparation_ready": True, "preparation_draft_version": 2},
        {
            "lead_seconds": 9.0,
            "preparation_ready": True,
            "preparation_draft_version": 1,
            "preparation_expires_at": START,
        },
    ],
)
async def test_a_held_or_unprepared_publication_is_not_claimed(board: Board, row: dict[str, object]) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, **row)
    taken = await claim(board, put)
    assert taken.found is None or isinstance(taken.found, timedelta)
    assert ((await board.row(put.id)).status, await board.attempts(put.id)) == ("queued", [])


@pytest.mark.parametrize("status", [S.PUBLISHED, S.FAILED, S.CANCELED, S.UNCONFIRMED, S.PUBLISHING])
async def test_only_a_waiting_publication_is_claimed(board: Board, status: S) -> None:
    put = await board.put(status, epoch=EPOCH)
    taken = await claim(board, put)
    assert (taken.found, taken.attempt, taken.step.epoch) == (None, None, EPOCH)
    assert (await board.row(put.id)).status == status


async def test_a_post_that_was_edited_since_the_plan_is_claimed_as_it_is_now(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH + 2)
    taken = await claim(board, put)
    assert (taken.found, taken.step.epoch) == (NextStep.PUBLISH, EPOCH + 3)
    moved = await board.put(S.QUEUED, epoch=EPOCH + 2, due_at=START + HOUR)
    taken = await claim(board, moved)
    assert (taken.found, (await board.row(moved.id)).status) == (HOUR, "queued")


async def test_a_plan_of_a_later_epoch_claims_nothing(board: Board) -> None:
    """A database that was restored from a backup knows less than the workflow."""
    put = await board.put(S.QUEUED, epoch=EPOCH - 1)
    taken = await claim(board, put)
    assert (taken.found, (await board.row(put.id)).status) == (None, "queued")


async def test_a_retried_activity_claims_nothing_twice(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    first = await claim(board, put)
    again = await claim(board, put)
    assert (again.found, again.attempt) == (None, None)
    assert (again.step.status, again.step.epoch) == (S.PUBLISHING, first.step.epoch)
    assert len(await board.attempts(put.id)) == 1


async def test_an_earlier_open_attempt_refuses_the_intent(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    await board.attempt(put.id, epoch=EPOCH)
    assert (await claim(board, put)).attempt == Refused(NoCall.OPEN_ATTEMPT)


async def test_a_second_attempt_has_the_next_number(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    await board.attempt(put.id, is_open=False)
    taken = await claim(board, put)
    assert isinstance(taken.attempt, Attempt)
    assert taken.attempt.number == 2


async def test_of_a_claim_and_a_concurrent_cancel_one_succeeds(board: Board) -> None:
    async def take(put: Put) -> bool:
        return isinstance((await claim(board, put)).attempt, Attempt)

    for turn in range(20):
        put = await board.put(S.QUEUED, epoch=EPOCH)
        calls = (take(put), board.cancel(put)) if turn % 2 else (board.cancel(put), take(put))
        assert sum(await asyncio.gather(*calls)) == 1
        assert len(await board.attempts(put.id)) == int((await board.row(put.id)).status == "publishing")


async def test_many_claims_of_one_plan_make_one_intent(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    taken = await asyncio.gather(*(claim(board, put) for _ in range(10)))
    assert sum(isinstance(each.attempt, Attempt) for each in taken) == 1
    assert await board.types(put.content_id) == ["publish.started"]


async def test_a_started_workflow_queues_its_post_once(board: Board) -> None:
    put = await board.put(S.ACCEPTED, content={"wake_seq": 1})
    changed = await board.put(S.ACCEPTED, content={"wake_seq": 2})
    gone = "cnt_01jdq5k1rreb1vkz7vv9f0v6gw"
    for _ in range(2):
        await board.schedule.queue([put.content_id, gone, changed.content_id], START)
    for each, unseen in ((put, 0), (changed, 1)):
        content = await board.content(each.content_id)
        assert (content.status, content.wake_seq - content.wake_ack) == ("queued", unseen)
        assert await board.types(each.content_id) == ["queued"]


async def test_a_batch_of_started_workflows_is_read_by_as_many_statements_as_one(board: Board) -> None:
    reads = []
    for size in (1, 6):
        ids = [(await board.put(S.ACCEPTED, content={"wake_seq": 1})).content_id for _ in range(size)]
        with statements_of(board.database) as seen:
            await board.schedule.queue(ids, START)
        reads.append(sum(sql.startswith("SELECT") for sql in seen))
        assert [(await board.content(each)).status for each in ids] == ["queued"] * size
    assert reads[0] == reads[1], reads


async def test_a_cancel_before_the_start_is_recorded_stays(board: Board) -> None:
    put = await board.put(S.CANCELED, content={"wake_seq": 2, "completed_as": "canceled"})
    await board.schedule.queue([put.content_id], START)
    assert (await board.row(put.id)).status == "canceled"
    assert await board.types(put.content_id) == []


async def test_an_outcome_under_the_claims_epoch_ends_it(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH)
    taken = await claim(board, put)
    assert isinstance(taken.attempt, Attempt)
    waits = Requeued()
    result = await board.store.record_outcome(
        put.id, taken.attempt.id, epoch=taken.step.epoch, outcome=waits, now=START + SECOND
    )
    assert result.status is S.QUEUED
    assert isinstance((await claim(board, put, epoch=EPOCH + 1, now=START + SECOND)).attempt, Attempt)
