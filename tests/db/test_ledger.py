"""Intents, handles and looks: fenced by epoch and draft, one visible call in doubt at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.content import Draft
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.intake.checks import CheckedDrafts, CheckedPublication
from munadi.intake.media import IntakeMedia
from munadi.publishing.model import Intent, IntentRefused, StaleEpoch
from munadi.publishing.service import store_edit
from tests.db.board import Board, Put
from tests.db.seeding import START

S = PublicationStatus
EPOCH = 7
MINUTE = timedelta(minutes=1)


async def open_one(board: Board, put: Put, **given: Any) -> Intent | IntentRefused:
    values: dict[str, Any] = {"epoch": EPOCH, "stage": "post", "holder": "w", "now": START, "deadline": START + MINUTE}
    return await board.ledger.open_attempt(put.id, **(values | given))


async def test_an_intent_is_on_record_before_the_call(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    intent = await open_one(board, put)
    assert isinstance(intent, Intent)
    [attempt] = await board.attempts(put.id)
    assert (attempt.id, attempt.number, attempt.is_open, attempt.epoch) == (intent.attempt_id, 1, True, EPOCH)
    assert (attempt.intent_at, attempt.deadline_at, attempt.outcome) == (START, START + MINUTE, None)
    assert (await board.row(put.id)).attempt_count == 1


@pytest.mark.parametrize("status", [status for status in S if status is not S.PUBLISHING])
async def test_only_what_is_publishing_may_be_sent(board: Board, status: S) -> None:
    assert await open_one(board, await board.put(status, epoch=EPOCH)) == IntentRefused("STALE")


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
async def test_an_overtaken_worker_sends_nothing(board: Board, epoch: int) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    assert await open_one(board, put, epoch=epoch) == IntentRefused("STALE")
    assert await board.attempts(put.id) == []


@pytest.mark.parametrize(
    ("account", "refused"),
    [
        ({"deleted_at": START}, IntentRefused("ACCOUNT_GONE")),
        ({"paused_until": START + MINUTE}, IntentRefused("PAUSED", MINUTE)),
        ({"deleted_at": START, "paused_until": START + MINUTE}, IntentRefused("ACCOUNT_GONE")),
        ({"paused_until": START}, None),
    ],
)
async def test_the_account_may_forbid_it(board: Board, account: dict[str, Any], refused: IntentRefused | None) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, **account)
    answer = await open_one(board, put)
    assert answer == refused if refused else isinstance(answer, Intent)


async def test_one_open_attempt_per_stage(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    assert isinstance(await open_one(board, put), Intent)
    assert await open_one(board, put) == IntentRefused("OPEN_ATTEMPT")


async def test_a_later_step_is_taken_in_order_once_the_post_is_live(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH, stages=["part-2", "part-3"])
    assert await open_one(board, put, stage="part-2") == IntentRefused("STALE")
    await board.set(put.id, status="published")
    assert await open_one(board, put, stage="part-3") == IntentRefused("STALE")
    assert await open_one(board, put) == IntentRefused("STALE")
    part = await open_one(board, put, stage="part-2")
    assert isinstance(part, Intent)
    assert part.number == 1
    assert await open_one(board, put, stage="part-2") == IntentRefused("OPEN_ATTEMPT")


async def test_two_at_once_make_exactly_one_intent(board: Board) -> None:
    for _ in range(20):
        put = await board.put(S.PUBLISHING, epoch=EPOCH)
        answers = await asyncio.gather(*(open_one(board, put, holder=f"w{n}") for n in range(2)))
        assert sorted(type(answer).__name__ for answer in answers) == ["Intent", "IntentRefused"]
        assert len(await board.attempts(put.id)) == 1
        assert (await board.row(put.id)).attempt_count == 1


async def test_there_is_no_such_publication(board: Board) -> None:
    assert await open_one(board, Put("", ("pub_none",))) == IntentRefused("GONE")
    assert await board.ledger.load("pub_none") is None
    assert await board.ledger.begin_reconcile("pub_none", START) is None


async def test_a_reconcile_raises_the_epoch_so_that_a_late_intent_fails(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    work = await board.ledger.begin_reconcile(put.id, START)
    assert work is not None
    assert work.open_attempt is not None
    assert (work.epoch, work.open_attempt.id, work.open_attempt.outcome) == (EPOCH + 1, attempt_id, None)
    assert await open_one(board, put) == IntentRefused("STALE")
    loaded = await board.ledger.load(put.id)
    assert loaded == work


@pytest.mark.parametrize("status", [S.QUEUED, S.PUBLISHED, S.FAILED, S.CANCELED, S.ACCEPTED])
async def test_a_reconcile_of_what_is_not_in_doubt_raises_nothing(board: Board, status: S) -> None:
    put = await board.put(status, epoch=EPOCH)
    work = await board.ledger.begin_reconcile(put.id, START)
    assert work is not None
    assert (work.status, work.epoch) == (status, EPOCH)


async def save(board: Board, put: Put, *, epoch: int = EPOCH, draft: int = 1, ready: bool = False) -> None:
    await board.ledger.save_handle(
        put.id, draft_version=draft, epoch=epoch, state={"c": "1"}, ready=ready, expires_at=START + MINUTE, now=START
    )


async def test_a_handle_is_kept_for_its_draft(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, lead_seconds=60.0)
    await save(board, put, ready=True)
    work = await board.ledger.load(put.id)
    assert work is not None
    assert work.handle is not None
    assert (work.handle.state, work.handle.ready, work.handle.expires_at) == ({"c": "1"}, True, START + MINUTE)
    async with board.locked(put.content_id) as story:
        await store_edit(story, planned(board, "another text"))
    work = await board.ledger.load(put.id)
    assert work is not None
    assert (work.draft.text, work.handle) == ("another text", None)


@pytest.mark.parametrize(("epoch", "draft"), [(EPOCH - 1, 1), (EPOCH + 1, 1), (EPOCH, 2)])
async def test_a_handle_of_somebody_overtaken_is_refused(board: Board, epoch: int, draft: int) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    with pytest.raises(StaleEpoch):
        await save(board, put, epoch=epoch, draft=draft)
    assert (await board.row(put.id)).handle is None


async def test_a_preparation_of_an_edited_draft_ends_nothing(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, lead_seconds=60.0)
    async with board.locked(put.content_id) as story:
        await store_edit(story, planned(board, "corrected"))
    ended = await end(board, put, failure=failure_of(Reason.TEXT_TOO_LONG))
    assert ended == (S.QUEUED, None)


async def end(board: Board, put: Put, **given: Any) -> tuple[S, str | None]:
    values: dict[str, Any] = {"epoch": EPOCH, "failure": None, "hold": None, "hold_for": None, "now": START}
    settled = await board.ledger.end_waiting(put.id, **(values | given))
    return settled.status, (await board.row(put.id)).hold_reason


async def test_a_preparation_ends_with_a_failure_or_a_hold(board: Board) -> None:
    refused, held, late = [await board.put(S.QUEUED, epoch=EPOCH) for _ in range(3)]
    assert await end(board, refused, failure=failure_of(Reason.CONTENT_POLICY)) == (S.FAILED, None)
    assert await end(board, held, hold=HoldReason.OUTAGE, hold_for=MINUTE) == (S.QUEUED, "OUTAGE")
    assert (await board.row(held.id)).hold_until == START + MINUTE
    assert await end(board, late, epoch=EPOCH - 1, failure=failure_of(Reason.CONTENT_POLICY)) == (S.QUEUED, None)


@pytest.mark.parametrize(
    ("status", "epoch", "after"),
    [
        (S.PUBLISHING, EPOCH, S.QUEUED),
        (S.PUBLISHING, EPOCH - 1, S.PUBLISHING),
        (S.UNCONFIRMED, EPOCH, S.UNCONFIRMED),
        (S.PUBLISHED, EPOCH, S.PUBLISHED),
    ],
)
async def test_a_requeue_is_due_at_once(board: Board, status: S, epoch: int, after: S) -> None:
    put = await board.put(status, epoch=EPOCH, hold_count=3)
    settled = await board.ledger.requeue(put.id, epoch=epoch, now=START)
    moved = after is not status
    assert settled.status is after
    assert await board.types(put.content_id) == (["publish.resumed"] if moved else [])
    if moved:
        row = await board.row(put.id)
        assert (row.hold_reason, row.hold_count) == (None, 0)
        [claimed] = (await board.progress.claim(put.content_id, START, "w")).claimed
        assert claimed.epoch == EPOCH + 1


async def test_looks_at_an_unconfirmed_one_stop_at_publish_by(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH, publish_by=START + 10 * MINUTE, look_count=9)
    looks = []
    for minutes in (1, 5, 10, 11):
        wait = timedelta(minutes=minutes)
        settled = await board.ledger.unconfirmed(put.id, epoch=EPOCH, next_look_after=wait, now=START)
        content = await board.content(put.content_id)
        assert content.next_look_at == settled.next_look_at
        looks.append((settled.next_look_at, (await board.row(put.id)).look_count))
    assert looks == [(START + MINUTE, 1), (START + 5 * MINUTE, 2), (START + 10 * MINUTE, 3), (None, 4)]
    assert await board.types(put.content_id) == ["publish.unconfirmed", "completed"]
    stale = await board.ledger.unconfirmed(put.id, epoch=EPOCH - 1, next_look_after=MINUTE, now=START)
    assert stale.next_look_at is None


async def test_an_attempt_tells_what_its_caller_said(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    for outcome in (None, Effect.UNKNOWN, Effect.SENT):
        await board.set_attempt(attempt_id, outcome=outcome)
        work = await board.ledger.load(put.id)
        assert work is not None
        assert work.open_attempt is not None
        assert work.open_attempt.outcome is outcome


def planned(board: Board, text: str) -> CheckedDrafts:
    """The drafts of an edit of a content with one publication."""
    channel = ChannelName.INSTAGRAM
    each = CheckedPublication(channel, board.accounts[channel], Draft(text=text), MINUTE)
    return CheckedDrafts((each,), (), {"text": text}, IntakeMedia())


async def test_whose_a_post_is(board: Board) -> None:
    ours, other = await board.put(S.PUBLISHING, epoch=1), await board.put(S.PUBLISHED, epoch=1)
    assert not await board.ledger.is_anothers(ours.id, "1")
    await board.set(other.id, provider_post_id="1")
    assert await board.ledger.is_anothers(ours.id, "1")
    assert not await board.ledger.is_anothers(other.id, "1")
    assert not await board.ledger.is_anothers("pub_none", "1")
