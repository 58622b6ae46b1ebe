"""Intents, handles and checks are fenced by epoch and draft; one visible call is open at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from munadi.db.brands.limits import BrandRules
from munadi.domain.channel import ChannelName
from munadi.domain.content import Draft
from munadi.domain.failure import Effect, Reason
from munadi.domain.outcome import NO_CALL, CallRecord, Failed, Held, Live, Open, Outcome, Requeued, Unclear
from munadi.domain.publication import OUTCOME_UNKNOWN, HoldReason, Preparation, PublicationStatus, Published, Warning_
from munadi.domain.publishing import PREPARE, Attempt, NoCall, Refused, StaleEpoch, StepResult
from munadi.domain.reasons import failure_of
from munadi.intake.checked import CheckedDrafts, CheckedPublication
from munadi.intake.fingerprint import fingerprint_of
from munadi.intake.media import IntakeMedia
from munadi.ports import Channels
from munadi.publishing.editing import store_edit
from munadi.publishing.ending import recheck
from tests.db.board import Board, Put
from tests.db.seeding import START

S = PublicationStatus
EPOCH = 7
IN_DOUBT = frozenset({S.PUBLISHING, S.UNCONFIRMED})
MINUTE = timedelta(minutes=1)
# An edit that leaves the time to end of a post as it is: these posts have none.
SAME_END = partial(recheck, channels=Channels())


async def open_one(board: Board, put: Put, **given: Any) -> Attempt | Refused:
    values: dict[str, Any] = {"epoch": EPOCH, "step": "post", "holder": "w", "now": START, "deadline": START + MINUTE}
    return await board.store.open_attempt(put.id, **(values | given))


async def test_an_intent_is_recorded_before_the_call(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    intent = await open_one(board, put)
    assert isinstance(intent, Attempt)
    [attempt] = await board.attempts(put.id)
    assert (attempt.id, attempt.number, attempt.is_open, attempt.epoch) == (intent.id, 1, True, EPOCH)
    assert (attempt.intent_at, attempt.deadline_at, attempt.outcome) == (START, START + MINUTE, None)
    assert (await board.row(put.id)).attempt_count == 1


@pytest.mark.parametrize(("began", "late"), [(timedelta(milliseconds=700), 700), (None, 0)])
async def test_a_lateness_ends_with_the_first_byte_or_if_no_worker_saw_it_with_the_intent(
    board: Board, began: timedelta | None, late: int
) -> None:
    """A check finds the post after the worker that made the call has died: only the intent is on record."""
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    await board.set(put.id, due_at=START)
    intent = await open_one(board, put)
    assert isinstance(intent, Attempt)
    first_byte = None if began is None else START + began
    call = CallRecord(first_byte_at=first_byte)
    for seconds, outcome, about in ((1, Open(), call), (40, Live(Published(post_id="1")), NO_CALL)):
        now = START + timedelta(seconds=seconds)
        await board.store.record_outcome(put.id, intent.id, epoch=EPOCH, outcome=outcome, now=now, call=about)
    row = await board.row(put.id)
    assert (row.status, row.lateness_ms, row.published_at) == (S.PUBLISHED, late, first_byte or START)


@pytest.mark.parametrize("status", [status for status in S if status is not S.PUBLISHING])
async def test_only_a_publishing_post_may_be_sent(board: Board, status: S) -> None:
    assert await open_one(board, await board.put(status, epoch=EPOCH)) == Refused(NoCall.STALE)


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
async def test_an_overtaken_worker_sends_nothing(board: Board, epoch: int) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    assert await open_one(board, put, epoch=epoch) == Refused(NoCall.STALE)
    assert await board.attempts(put.id) == []


@pytest.mark.parametrize(
    ("account", "refused"),
    [
        ({"deleted_at": START}, Refused(NoCall.ACCOUNT_GONE)),
        ({"paused_until": START + MINUTE}, Refused(NoCall.PAUSED, MINUTE)),
        ({"deleted_at": START, "paused_until": START + MINUTE}, Refused(NoCall.ACCOUNT_GONE)),
        ({"paused_until": START}, None),
    ],
)
async def test_an_account_may_forbid_an_attempt(board: Board, account: dict[str, Any], refused: Refused | None) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, **account)
    answer = await open_one(board, put)
    assert answer == refused if refused else isinstance(answer, Attempt)


async def test_one_open_attempt_per_stage(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    assert isinstance(await open_one(board, put), Attempt)
    assert await open_one(board, put) == Refused(NoCall.OPEN_ATTEMPT)


async def test_a_later_step_is_taken_in_order_once_the_post_is_live(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH, steps_left=["part-2", "part-3"])
    assert await open_one(board, put, step="part-2") == Refused(NoCall.STALE)
    await board.set(put.id, status="published")
    assert await open_one(board, put, step="part-3") == Refused(NoCall.STALE)
    assert await open_one(board, put) == Refused(NoCall.STALE)
    part = await open_one(board, put, step="part-2")
    assert isinstance(part, Attempt)
    assert part.number == 1
    assert await open_one(board, put, step="part-2") == Refused(NoCall.OPEN_ATTEMPT)


async def test_two_at_once_make_exactly_one_intent(board: Board) -> None:
    for _ in range(20):
        put = await board.put(S.PUBLISHING, epoch=EPOCH)
        answers = await asyncio.gather(*(open_one(board, put, holder=f"w{n}") for n in range(2)))
        assert sorted(type(answer).__name__ for answer in answers) == ["Attempt", "Refused"]
        assert len(await board.attempts(put.id)) == 1
        assert (await board.row(put.id)).attempt_count == 1


async def test_an_unknown_publication_gets_no_attempt(board: Board) -> None:
    assert await open_one(board, Put("", ("pub_none",))) == Refused(NoCall.GONE)
    assert await board.schedule.load("pub_none") is None
    assert await board.schedule.begin("pub_none", START, IN_DOUBT) is None


async def test_a_reconcile_raises_the_epoch_so_that_a_late_intent_fails(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    step = await board.schedule.begin(put.id, START, IN_DOUBT)
    assert step is not None
    assert step.attempt is not None
    assert (step.epoch, step.attempt.id, step.attempt.effect) == (EPOCH + 1, attempt_id, None)
    assert await open_one(board, put) == Refused(NoCall.STALE)
    loaded = await board.schedule.load(put.id)
    assert loaded == step


@pytest.mark.parametrize("status", [S.QUEUED, S.PUBLISHED, S.FAILED, S.CANCELED, S.ACCEPTED])
async def test_a_reconcile_without_doubt_raises_no_epoch(board: Board, status: S) -> None:
    put = await board.put(status, epoch=EPOCH)
    step = await board.schedule.begin(put.id, START, IN_DOUBT)
    assert step is not None
    assert (step.status, step.epoch) == (status, EPOCH)


async def save(board: Board, put: Put, *, epoch: int = EPOCH, draft: int = 1, ready: bool = False) -> None:
    await board.store.save_preparation(
        put.id,
        Preparation(draft_version=draft, state={"c": "1"}, ready=ready, expires_at=START + MINUTE),
        epoch=epoch,
        now=START,
    )


async def test_a_handle_is_kept_for_its_draft(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, lead_seconds=60.0)
    await save(board, put, ready=True)
    step = await board.schedule.load(put.id)
    assert step is not None
    assert step.preparation is not None
    assert (step.preparation.state, step.preparation.ready, step.preparation.expires_at) == (
        {"c": "1"},
        True,
        START + MINUTE,
    )
    async with board.locked(put.content_id) as post:
        await store_edit(post, planned(board, "another text"), BrandRules(), SAME_END)
    step = await board.schedule.load(put.id)
    assert step is not None
    assert (step.draft.text, step.preparation) == ("another text", None)


@pytest.mark.parametrize(("epoch", "draft"), [(EPOCH - 1, 1), (EPOCH + 1, 1), (EPOCH, 2)])
async def test_a_handle_of_an_overtaken_run_is_refused(board: Board, epoch: int, draft: int) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    with pytest.raises(StaleEpoch):
        await save(board, put, epoch=epoch, draft=draft)
    assert (await board.row(put.id)).sealed_preparation is None


async def test_a_preparation_of_an_edited_draft_ends_nothing(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, lead_seconds=60.0)
    async with board.locked(put.content_id) as post:
        await store_edit(post, planned(board, "corrected"), BrandRules(), SAME_END)
    ended = await end(board, put, Failed(failure_of(Reason.TEXT_TOO_LONG)))
    assert ended == (S.QUEUED, None)


async def end(board: Board, put: Put, outcome: Outcome, *, epoch: int = EPOCH) -> tuple[S, str | None]:
    result = await board.store.record_outcome(put.id, None, step=PREPARE, epoch=epoch, outcome=outcome, now=START)
    return result.status, (await board.row(put.id)).hold_reason


async def test_a_preparation_ends_with_a_failure_or_a_hold(board: Board) -> None:
    refused, held, late = [await board.put(S.QUEUED, epoch=EPOCH) for _ in range(3)]
    assert await end(board, refused, Failed(failure_of(Reason.CONTENT_POLICY))) == (S.FAILED, None)
    assert await end(board, held, Held(HoldReason.OUTAGE, MINUTE)) == (S.QUEUED, "OUTAGE")
    assert (await board.row(held.id)).hold_until == START + MINUTE
    assert await end(board, late, Failed(failure_of(Reason.CONTENT_POLICY)), epoch=EPOCH - 1) == (S.QUEUED, None)


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
    never_sent = Requeued()
    result = await board.store.record_outcome(put.id, None, epoch=epoch, outcome=never_sent, now=START)
    moved = after is not status
    assert result.status is after
    types = [kind for kind in await board.types(put.content_id) if kind != "completed"]
    assert types == (["publish.resumed"] if moved else [])
    if moved:
        row = await board.row(put.id)
        assert (row.hold_reason, row.hold_count) == (None, 0)
        assert (await board.claim(put)).step.epoch == EPOCH + 1


async def look_again(board: Board, put: Put, after: timedelta, epoch: int = EPOCH) -> StepResult:
    outcome = Unclear(after)
    return await board.store.record_outcome(put.id, None, epoch=epoch, outcome=outcome, now=START)


async def test_checks_of_an_unconfirmed_post_stop_at_publish_by(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH, publish_by=START + 10 * MINUTE, look_count=9)
    looks = []
    for minutes in (1, 5, 10, 11):
        wait = timedelta(minutes=minutes)
        settled = await look_again(board, put, wait)
        content = await board.content(put.content_id)
        assert content.next_look_at == settled.next_look_at
        looks.append((settled.next_look_at, (await board.row(put.id)).look_count))
    assert looks == [(START + MINUTE, 1), (START + 5 * MINUTE, 2), (START + 10 * MINUTE, 3), (None, 4)]
    assert await board.types(put.content_id) == ["publish.unconfirmed", "completed"]
    stale = await look_again(board, put, MINUTE, epoch=EPOCH - 1)
    assert stale.next_look_at is None


async def test_an_unconfirmed_post_says_why_until_its_outcome_is_known(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH, publish_by=START + 60 * MINUTE)
    for why in ("reads are down", "two posts look like it"):
        warning = Warning_(code=OUTCOME_UNKNOWN, message=why)
        outcome = Unclear(MINUTE, warning)
        await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=outcome, now=START)
        assert [each["message"] for each in (await board.row(put.id)).warnings] == [why]
    live = Live(Published(post_id="live"))
    await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=live, now=START)
    assert (await board.row(put.id)).warnings == []


async def test_an_open_attempt_shows_the_recorded_effect(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    for outcome in (None, Effect.UNKNOWN, Effect.SENT):
        await board.set_attempt(attempt_id, outcome=outcome)
        step = await board.schedule.load(put.id)
        assert step is not None
        assert step.attempt is not None
        assert step.attempt.effect is outcome


def planned(board: Board, text: str) -> CheckedDrafts:
    """The drafts of an edit of a content with one publication."""
    channel = ChannelName.INSTAGRAM
    draft = Draft(text=text)
    each = CheckedPublication(channel, board.accounts[channel], draft, MINUTE, fingerprint_of(draft))
    return CheckedDrafts((each,), (), {"text": text}, IntakeMedia())


async def test_a_post_of_another_publication_is_recognized(board: Board) -> None:
    ours, other = await board.put(S.PUBLISHING, epoch=1), await board.put(S.PUBLISHED, epoch=1)
    assert not await board.store.belongs_to_another(ours.id, "1")
    await board.set(other.id, provider_post_id="1")
    assert await board.store.belongs_to_another(ours.id, "1")
    assert not await board.store.belongs_to_another(other.id, "1")
    assert not await board.store.belongs_to_another("pub_none", "1")
