"""Every outcome × epoch × status of `outcomes.py`, compared with a second description."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.outcome import CallRecord, Failed, Held, InProgress, Live, NotSent, Open, effect_of
from munadi.domain.publication import ID_LOOK_GROWTH, HoldReason, PublicationStatus, Published, Warning_
from munadi.domain.reasons import failure_of
from tests.db.board import Board
from tests.db.seeding import START

S = PublicationStatus
EPOCH = 7
MINUTE = timedelta(minutes=1)
OUTCOMES = {
    "published": Live(Published(post_id="p", url="https://n.example/p")),
    "failure": Failed(failure_of(Reason.CONTENT_POLICY)),
    "hold": Held(HoldReason.OUTAGE),
    "retry": NotSent(retry=True),
    "pending": InProgress(),
    "unknown": Open(),
}


def expected(outcome: str, current: bool, status: S) -> tuple[S, tuple[str, ...]]:
    """The status afterwards, and the events that lead there."""
    if outcome == "published":
        way = {
            S.PUBLISHING: ("succeeded",),
            S.UNCONFIRMED: ("succeeded",),
            S.QUEUED: ("started", "succeeded"),
            S.FAILED: ("resumed", "started", "succeeded"),
        }.get(status)
        return (S.PUBLISHED, way) if way else (status, ())
    if current and status in (S.PUBLISHING, S.UNCONFIRMED):
        if outcome == "failure":
            return S.FAILED, ("failed",)
        if outcome == "hold":
            return S.QUEUED, ("held",) if status is S.PUBLISHING else ("resumed",)
    return status, ()


async def test_every_outcome_in_every_state(board: Board) -> None:
    wrong = []
    for (name, outcome), current, status in product(OUTCOMES.items(), (True, False), S):
        put = await board.put(status, epoch=EPOCH)
        attempt_id = await board.attempt(put.id, epoch=EPOCH)
        epoch = EPOCH if current else EPOCH - 1
        settled = await board.store.record_outcome(put.id, attempt_id, epoch=epoch, outcome=outcome, now=START)
        row = await board.row(put.id)
        types = [kind.removeprefix("publish.") for kind in await board.types(put.content_id) if kind != "completed"]
        [attempt] = await board.attempts(put.id)
        seen = (S(row.status), tuple(types), attempt.outcome, attempt.is_open, settled.status, settled.epoch)
        after, way = expected(name, current, status)
        # In every epoch its own attempt gets the outcome. Only a certain outcome closes it.
        want = (after, way, effect_of(outcome), name in ("unknown", "pending"), after, EPOCH)
        if seen != want:
            wrong.append(f"{name}, {'current' if current else 'stale'}, {status}: {seen}, not {want}")
    assert wrong == []


async def test_a_late_success_is_recorded_with_the_time_of_its_call(board: Board) -> None:
    put = await board.put(S.QUEUED, epoch=EPOCH, hold_reason="OUTAGE", hold_since=START, due=START - 2 * MINUTE)
    attempt_id = await board.attempt(put.id)
    warned = Published(post_id=None, warnings=(Warning_(code="POST_ID_PENDING", message="later"),))
    outcome = Live(warned)
    await board.store.record_outcome(put.id, attempt_id, epoch=1, outcome=outcome, now=START)
    row = await board.row(put.id)
    assert (row.status, row.hold_reason, row.failure) == (S.PUBLISHED, None, None)
    assert row.published_at == START - MINUTE
    assert row.lateness_ms == 60_000
    assert [warning["code"] for warning in row.warnings] == ["POST_ID_PENDING"]
    # Its id is read later.
    assert (await board.content(put.content_id)).next_look_at == START + ID_LOOK_GROWTH[0]


async def test_a_success_after_the_cancel_is_a_warning(board: Board) -> None:
    put = await board.put(S.CANCELED, epoch=EPOCH)
    await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=OUTCOMES["published"], now=START)
    row = await board.row(put.id)
    assert row.status == S.CANCELED
    assert [warning["code"] for warning in row.warnings] == ["PUBLISHED_AFTER_CANCEL"]


async def test_a_post_id_of_another_publication_is_not_recorded_twice(board: Board) -> None:
    await board.put(S.PUBLISHED, provider_post_id="mine")
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    found = Live(Published(post_id="mine", url="https://n.example/mine"))
    settled = await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=found, now=START)
    row = await board.row(put.id)
    assert settled.status is S.PUBLISHED
    assert (row.provider_post_id, row.provider_url) == (None, None)
    assert [warning["code"] for warning in row.warnings] == ["POST_ID_PENDING"]


@pytest.mark.parametrize(("number", "opens"), [(1, False), (2, True)])
@pytest.mark.parametrize("status", [S.QUEUED, S.FAILED, S.PUBLISHED])
async def test_a_late_acceptance_opens_its_attempt_again_unless_it_was_overtaken(
    board: Board, number: int, opens: bool, status: S
) -> None:
    put = await board.put(status, epoch=EPOCH)
    ids = [await board.attempt(put.id, number=n, is_open=False) for n in (1, 2)]
    await board.store.record_outcome(put.id, ids[number - 1], epoch=1, outcome=OUTCOMES["pending"], now=START)
    attempt = (await board.attempts(put.id))[number - 1]
    assert (attempt.outcome, attempt.is_open) == ("sent", opens and status is not S.PUBLISHED)


@pytest.mark.parametrize("name", ["unknown", "retry", "hold", "failure"])
async def test_a_certain_outcome_is_not_overwritten_by_a_late_unknown_one(board: Board, name: str) -> None:
    put = await board.put(S.PUBLISHED, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    await board.store.record_outcome(put.id, attempt_id, epoch=EPOCH, outcome=OUTCOMES["published"], now=START)
    await board.store.record_outcome(put.id, attempt_id, epoch=EPOCH - 1, outcome=OUTCOMES[name], now=START)
    [attempt] = await board.attempts(put.id)
    assert (attempt.outcome, attempt.is_open) == ("sent", False)


async def test_a_failure_names_its_attempt(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    attempt_id = await board.attempt(put.id)
    call, refused = CallRecord(provider_code="400"), OUTCOMES["failure"]
    await board.store.record_outcome(put.id, attempt_id, epoch=EPOCH, outcome=refused, now=START, call=call)
    failure = (await board.row(put.id)).failure or {}
    assert (failure["attemptId"], failure["class"], failure["reason"]) == (attempt_id, "POLICY", "CONTENT_POLICY")
    [attempt] = await board.attempts(put.id)
    assert (attempt.provider_code, attempt.ended_at) == ("400", START)


async def test_holds_grow_and_each_is_emitted(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    waits = []
    for _ in range(5):
        await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=OUTCOMES["hold"], now=START)
        row = await board.row(put.id)
        assert row.hold_until is not None
        waits.append((row.hold_until - START) / MINUTE)
        await board.set(put.id, status="publishing", revision=row.revision + 1)
    assert waits == [1, 2, 5, 15, 15]
    assert await board.types(put.content_id) == ["publish.held"] * 5


@pytest.mark.parametrize("reason", list(HoldReason))
async def test_the_length_of_each_hold(board: Board, reason: HoldReason) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    needs_owner = {"status": "reauth_required"} if reason is HoldReason.TOKEN else {}
    await board.set_account(ChannelName.INSTAGRAM, paused_until=START + 3 * MINUTE, **needs_owner)
    outcome = Held(reason, 20 * MINUTE)
    attempt_id = await board.attempt(put.id)
    await board.store.record_outcome(put.id, attempt_id, epoch=EPOCH, outcome=outcome, now=START)
    row = await board.row(put.id)
    assert row.hold_until == (None if reason is HoldReason.TOKEN else START + 20 * MINUTE)
    # The network's limit is for the account: every publication of it waits, and never less than before.
    paused = 20 if reason is HoldReason.RATE_LIMIT else 3
    assert (await board.account(ChannelName.INSTAGRAM)).paused_until == START + paused * MINUTE
    [event] = await board.events(put.content_id)
    assert (event.type, event.reason, event.data["publication"]["hold"]["reason"]) == (
        "content.publish.held",
        reason,
        reason,
    )


async def test_a_hold_because_of_a_pause_does_not_lengthen_it(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=EPOCH)
    await board.set_account(ChannelName.INSTAGRAM, paused_until=START + MINUTE)
    outcome = Held(HoldReason.RATE_LIMIT, 2 * MINUTE)
    await board.store.record_outcome(put.id, None, epoch=EPOCH, outcome=outcome, now=START)
    assert (await board.row(put.id)).hold_until == START + 2 * MINUTE
    assert (await board.account(ChannelName.INSTAGRAM)).paused_until == START + MINUTE


async def test_an_unknown_publication_is_an_error(board: Board) -> None:
    with pytest.raises(LookupError):
        await board.store.record_outcome("pub_none", None, epoch=1, outcome=OUTCOMES["hold"], now=START)
