"""Handles are sealed wherever they are stored, and dropped once they are not needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from munadi.crypto import KeyRing, SealBroken, create_key
from munadi.db.tables import DiscardRow
from munadi.domain.failure import Reason
from munadi.domain.outcome import Failed, Live, Outcome
from munadi.domain.publication import ClosedBy, Preparation, Published
from munadi.domain.publication import PublicationStatus as S
from munadi.domain.reasons import failure_of
from munadi.publishing.changes import cancel
from munadi.publishing.leftover_removal import DiscardOutbox
from munadi.publishing.leftovers import KEPT_FOR_A_RETRY
from munadi.publishing.preparations import seal_state, state_of
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.spent_preparations import KEPT_AFTER_A_FAILURE, forget_spent_preparations
from tests.db.board import Board, Put
from tests.db.seeding import START

STATE = {"session": "https://upload.example/videos?upload_id=CANARY-upload-0123456789", "video_id": "v1"}
LIVE = Live(Published(post_id="1", url="https://network.example/1"))
REFUSED = Failed(failure_of(Reason.CONTENT_POLICY))
DAY = timedelta(days=1)


async def prepared(board: Board, status: S = S.PUBLISHING, **row: Any) -> Put:
    put = await board.put(status, epoch=1, **row)
    await save(board, put)
    return put


async def save(board: Board, put: Put) -> None:
    await board.store.save_preparation(
        put.id, Preparation(draft_version=1, state=STATE, ready=True), epoch=1, now=START
    )


async def record_outcome(board: Board, put: Put, outcome: Outcome) -> None:
    attempt = await board.attempt(put.id, epoch=1)
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=outcome, now=START)


async def kept(board: Board, put: Put) -> dict[str, Any] | None:
    return state_of(board.keyring, await board.row(put.id))


async def discards(board: Board, put: Put) -> list[DiscardRow]:
    async with board.database.read() as session:
        return list((await session.exec(select(DiscardRow).where(DiscardRow.publication_id == put.id))).all())


async def test_a_handle_is_sealed_and_opens_for_its_publication_only(board: Board) -> None:
    put, other = await prepared(board), await board.put(S.PUBLISHING, epoch=1)
    row = await board.row(put.id)
    assert b"CANARY" not in (row.sealed_preparation or b"")
    step = await board.schedule.load(put.id)
    assert step is not None
    assert step.preparation is not None
    assert (step.preparation.state, step.preparation.ready) == (STATE, True)
    await board.set(other.id, sealed_preparation=row.sealed_preparation, preparation_draft_version=1)
    with pytest.raises(SealBroken):
        await board.schedule.load(other.id)
    with pytest.raises(SealBroken):
        await ScheduleStore(board.database, KeyRing([create_key()])).load(put.id)


async def test_a_published_post_without_later_steps_keeps_no_handle(board: Board) -> None:
    put = await prepared(board)
    await record_outcome(board, put, LIVE)
    row = await board.row(put.id)
    assert (row.status, row.sealed_preparation, row.preparation_draft_version, row.preparation_ready) == (
        S.PUBLISHED,
        None,
        None,
        False,
    )


async def test_a_post_with_later_steps_keeps_its_handle_until_the_last(board: Board) -> None:
    put = await prepared(board, steps_left=["comment", "part-2"])
    await record_outcome(board, put, LIVE)
    sent = Live()
    await board.store.record_outcome(put.id, None, step="comment", epoch=1, outcome=sent, now=START)
    step = await board.schedule.begin(put.id, START, frozenset({S.PUBLISHED}))
    assert step is not None
    assert step.preparation is not None
    assert step.preparation.state == STATE
    await board.store.record_outcome(put.id, None, step="part-2", epoch=1, outcome=sent, now=START)
    assert await kept(board, put) is None


async def test_a_post_without_an_id_keeps_its_handle_until_the_id_is_known(board: Board) -> None:
    put = await prepared(board)
    await record_outcome(board, put, Live(Published(post_id=None, url=None)))
    assert await kept(board, put) == STATE
    found = Published(post_id="7", url="https://network.example/7")
    await board.store.record_id(put.id, found, START)
    assert await kept(board, put) is None


async def test_a_removal_keeps_the_handle_sealed_and_deletes_it_at_the_end(board: Board) -> None:
    put = await prepared(board, S.QUEUED, due=START + DAY)
    async with board.locked(put.content_id) as post:
        await cancel(post)
    outbox = DiscardOutbox(board.database, board.keyring)
    (row,) = await discards(board, put)
    left = await outbox.take(row.id, START)
    assert left is not None
    assert left.preparation.state == STATE
    (row,) = await discards(board, put)
    assert await kept(board, put) is None
    assert b"CANARY" not in (row.sealed_preparation or b"")
    await outbox.removed(row.id, None, START)
    (row,) = await discards(board, put)
    assert row.sealed_preparation is None


async def test_a_removal_waits_while_its_key_is_missing(board: Board) -> None:
    put = await prepared(board, S.QUEUED, due=START + DAY)
    async with board.locked(put.content_id) as post:
        await cancel(post)
    (row,) = await discards(board, put)
    assert await DiscardOutbox(board.database, KeyRing([create_key()])).take(row.id, START) is None
    (row,) = await discards(board, put)
    assert (row.outcome, row.tries) == (None, 1)
    assert row.next_try_at is not None
    left = await DiscardOutbox(board.database, board.keyring).take(row.id, row.next_try_at)
    assert left is not None
    assert left.preparation.state == STATE


async def test_a_canceled_post_that_was_in_doubt_keeps_no_handle(board: Board) -> None:
    put = await prepared(board, S.QUEUED, due=START + DAY)
    attempt = await board.attempt(put.id, is_open=False)
    # A person said that it is not there, and the network may still use what was prepared.
    await board.set_attempt(attempt, was_uncertain=True, closed_by=ClosedBy.PERSON.value)
    async with board.locked(put.content_id) as post:
        await cancel(post)
    assert (await discards(board, put), await kept(board, put)) == ([], None)


async def test_a_failed_post_keeps_its_handle_for_a_retry_and_no_longer(board: Board) -> None:
    plain, seen = await prepared(board), await prepared(board)
    for put in (plain, seen):
        await record_outcome(board, put, REFUSED)
    (attempt,) = await board.attempts(seen.id)
    await board.set_attempt(attempt.id, was_uncertain=True)
    await forget_spent_preparations(board.database, START + KEPT_AFTER_A_FAILURE)
    assert (await kept(board, plain), await kept(board, seen)) == (STATE, STATE)
    outbox = DiscardOutbox(board.database, board.keyring)
    for put in (plain, seen):
        (row,) = await discards(board, put)
        await outbox.take(row.id, START + KEPT_FOR_A_RETRY)
    # One is removed with its handle. The other is not removed at its network.
    assert (await kept(board, plain), await kept(board, seen)) == (None, STATE)
    assert await forget_spent_preparations(board.database, START + KEPT_AFTER_A_FAILURE + timedelta(seconds=1)) >= 1
    assert await kept(board, seen) is None


def test_sealing_is_bound_to_the_publication_in_both_tables() -> None:
    ring = KeyRing([create_key()])
    sealed = seal_state(ring, "pub_1", STATE)
    once = {"draft_version": 1, "created_at": START, "updated_at": START, "sealed_preparation": sealed}
    assert state_of(ring, DiscardRow(id="dis_1", publication_id="pub_1", **once)) == STATE
    with pytest.raises(SealBroken):
        state_of(ring, DiscardRow(id="pub_1", publication_id="pub_2", **once))
