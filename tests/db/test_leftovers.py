"""Leftovers are recorded in the transaction that abandons a preparation, and removed under a lease."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from munadi.db.tables import DiscardRow
from munadi.domain.failure import Effect, Reason
from munadi.domain.outcome import Failed, InProgress, Live, Open
from munadi.domain.publication import Preparation, Published
from munadi.domain.publication import PublicationStatus as S
from munadi.domain.publishing import StaleEpoch
from munadi.domain.reasons import failure_of
from munadi.publishing.changes import cancel, reschedule, resolve, retry
from munadi.publishing.leftover_removal import KEPT, LEASE, WAITS, DiscardOutbox, forget_old_discards
from munadi.publishing.leftovers import KEPT_FOR_A_RETRY
from munadi.publishing.preparations import state_of
from tests.db.board import Board, Put
from tests.db.seeding import START

STATE = {"video_id": "v1"}
READY: dict[str, Any] = {"handle": STATE, "preparation_draft_version": 1, "preparation_ready": True}
LATER = START + timedelta(hours=2)


async def rows(board: Board, put: Put) -> list[DiscardRow]:
    async with board.database.read() as session:
        query = select(DiscardRow).where(col(DiscardRow.publication_id).in_(put.ids)).order_by(col(DiscardRow.id))
        return list((await session.exec(query)).all())


async def taken(board: Board, put: Put, now: datetime = START) -> list[dict[str, Any]]:
    """The states of the leftovers that a relay would remove now."""
    outbox = DiscardOutbox(board.database, board.keyring)
    left = [await outbox.take(row.id, now) for row in await rows(board, put)]
    return [one.preparation.state for one in left if one is not None]


async def canceled(board: Board, **row: Any) -> Put:
    put = await board.put(S.QUEUED, due=LATER, **{**READY, **row})
    async with board.locked(put.content_id) as post:
        await cancel(post)
    return put


async def test_after_a_cancel_the_preparation_is_removed_at_once(board: Board) -> None:
    put = await canceled(board)
    outbox = DiscardOutbox(board.database, board.keyring)
    (row,) = await rows(board, put)
    assert row.id in await outbox.due(START, 1000)
    left = await outbox.take(row.id, START)
    assert left is not None
    assert (left.publication_id, left.channel, left.preparation.state, left.tries) == (put.id, "instagram", STATE, 1)
    assert (await board.row(put.id)).sealed_preparation is None
    await outbox.removed(row.id, None, START)
    assert await taken(board, put, START + timedelta(days=9)) == []


async def test_without_a_preparation_there_are_no_leftovers(board: Board) -> None:
    put = await canceled(board, handle=None)
    assert await rows(board, put) == []


async def test_a_preparation_that_a_restored_database_must_check_is_not_removed(board: Board) -> None:
    put = await canceled(board, look_since=START - timedelta(hours=1))
    assert await rows(board, put) == []


async def test_a_preparation_that_failed_before_the_backup_is_not_removed(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    outcome = Failed(failure_of(Reason.CONTENT_POLICY))
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=outcome, now=START)
    await board.set(put.id, look_since=START)
    assert await taken(board, put, START + KEPT_FOR_A_RETRY) == []
    assert (await rows(board, put))[0].outcome == "withdrawn"


@pytest.mark.parametrize("effect", [Effect.NOT_SENT, Effect.REJECTED])
async def test_a_call_without_effect_does_not_prevent_a_removal(board: Board, effect: Effect) -> None:
    put = await board.put(S.PUBLISHING, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    outcome = Failed(failure_of(Reason.CONTENT_POLICY), effect)
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=outcome, now=START)
    assert await taken(board, put) == []
    assert await taken(board, put, START + KEPT_FOR_A_RETRY) == [STATE]


async def test_a_call_of_unknown_effect_prevents_a_removal_even_if_proven_absent(board: Board) -> None:
    put = await board.put(S.PUBLISHING, due=START, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=Open(), now=START)
    absent = Failed(failure_of(Reason.PROVIDER_OUTAGE), Effect.NOT_SENT)
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=absent, now=START)
    assert (await board.row(put.id)).status == S.FAILED
    assert await rows(board, put) == []


async def test_a_call_that_a_killed_worker_may_have_sent_prevents_a_removal(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    work = await board.schedule.begin(put.id, START, frozenset({S.PUBLISHING}))
    assert work is not None
    absent = Failed(failure_of(Reason.PROVIDER_OUTAGE), Effect.NOT_SENT)
    await board.store.record_outcome(put.id, attempt, epoch=work.epoch, outcome=absent, now=START)
    assert (await board.row(put.id)).status == S.FAILED
    assert await rows(board, put) == []


async def test_an_accepted_call_that_failed_afterwards_prevents_a_removal(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    for outcome in (
        InProgress(),
        Failed(failure_of(Reason.MEDIA_PROCESSING_FAILED)),
    ):
        await board.store.record_outcome(put.id, attempt, epoch=1, outcome=outcome, now=START)
    assert (await board.row(put.id)).status == S.FAILED
    assert await rows(board, put) == []


async def test_a_post_that_a_person_resolved_as_not_published_is_not_removed(board: Board) -> None:
    put = await board.put(S.UNCONFIRMED, epoch=1, **READY)
    await board.attempt(put.id, epoch=1)
    async with board.locked(put.content_id) as post:
        await resolve(post, post.publications[0], published=False, post_id=None, url=None)
    assert (await board.row(put.id)).status == S.FAILED
    assert await rows(board, put) == []


async def test_a_published_post_has_no_leftovers(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=1, **READY)
    attempt = await board.attempt(put.id, epoch=1)
    sent = Live(Published(post_id=put.id))
    await board.store.record_outcome(put.id, attempt, epoch=1, outcome=sent, now=START)
    assert await rows(board, put) == []


async def failed(board: Board) -> Put:
    put = await board.put(S.QUEUED, **READY)
    async with board.locked(put.content_id) as post:
        await post.fail(post.publications[0], failure_of(Reason.WINDOW_MISSED))
    return put


async def test_a_retry_reuses_the_preparation(board: Board) -> None:
    put = await failed(board)
    async with board.locked(put.content_id) as post:
        await retry(post, None)
    assert await taken(board, put, START + KEPT_FOR_A_RETRY) == []
    (row,) = await rows(board, put)
    assert (row.outcome, row.next_try_at) == ("withdrawn", None)
    assert state_of(board.keyring, await board.row(put.id)) == STATE


async def test_a_retry_after_the_removal_began_prepares_again(board: Board) -> None:
    put = await failed(board)
    assert await taken(board, put, START + KEPT_FOR_A_RETRY) == [STATE]
    async with board.locked(put.content_id) as post:
        await retry(post, None)
    row = await board.row(put.id)
    assert (row.sealed_preparation, row.preparation_ready) == (None, False)


async def test_a_call_after_the_retry_ends_the_removal(board: Board) -> None:
    put = await failed(board)
    await board.attempt(put.id)
    assert await taken(board, put, START + KEPT_FOR_A_RETRY) == []


async def test_a_reschedule_beyond_its_expiry_abandons_the_preparation(board: Board) -> None:
    expires = START + timedelta(hours=1)
    put = await board.put(S.QUEUED, S.QUEUED, due=START, preparation_expires_at=expires, **READY)
    await board.set(put.ids[1], preparation_expires_at=None)
    async with board.locked(put.content_id) as post:
        await reschedule(post, LATER, None, None, zone_given=False)
    first, second = [await board.row(each) for each in put.ids]
    assert (first.sealed_preparation, first.epoch, first.due_at) == (None, 1, LATER)
    assert (state_of(board.keyring, second), second.epoch) == (STATE, 0)
    assert await taken(board, put) == [STATE]
    with pytest.raises(StaleEpoch):
        await save(board, put, {"video_id": "late"})


async def save(board: Board, put: Put, state: dict[str, Any], draft_version: int = 1) -> None:
    await board.store.save_preparation(
        put.id, Preparation(draft_version=draft_version, state=state), epoch=0, now=START
    )


async def test_a_handle_that_is_saved_after_the_cancel_is_removed_too(board: Board) -> None:
    put = await canceled(board, handle={"session": "s"})
    with pytest.raises(StaleEpoch):
        await save(board, put, STATE)
    assert await taken(board, put) == [STATE]
    with pytest.raises(StaleEpoch):
        await save(board, put, {"video_id": "v2"})
    assert await taken(board, put) == [{"video_id": "v2"}]


async def test_a_handle_of_an_edited_draft_is_removed(board: Board) -> None:
    put = await board.put(S.QUEUED, due=LATER, **READY)
    with pytest.raises(StaleEpoch):
        await save(board, put, {"video_id": "old"}, draft_version=0)
    assert state_of(board.keyring, await board.row(put.id)) == STATE
    assert await taken(board, put) == [{"video_id": "old"}]


async def test_a_removal_without_a_result_is_repeated_after_its_lease(board: Board) -> None:
    put = await canceled(board)
    assert await taken(board, put) == [STATE]
    assert await taken(board, put, START + LEASE - timedelta(seconds=1)) == []
    assert await taken(board, put, START + LEASE) == [STATE]


async def test_removal_attempts_are_spaced_and_end_with_a_reason(board: Board) -> None:
    put = await canceled(board)
    outbox, now = DiscardOutbox(board.database, board.keyring), START
    (row,) = await rows(board, put)
    for wait in WAITS:
        assert await outbox.take(row.id, now) is not None
        assert await outbox.failed(row.id, "down", now) == wait
        assert await outbox.take(row.id, now + wait - timedelta(seconds=1)) is None
        now += wait
    assert await outbox.take(row.id, now) is not None
    assert await outbox.failed(row.id, "still down", now) is None
    (row,) = await rows(board, put)
    assert (row.outcome, row.note, row.next_try_at) == ("given_up", "still down", None)


async def test_a_removal_that_kills_its_worker_each_time_is_given_up(board: Board) -> None:
    put = await canceled(board)
    tries = [await taken(board, put, START + LEASE * number) for number in range(len(WAITS) + 3)]
    assert sum(map(len, tries)) == len(WAITS) + 1
    assert [row.outcome for row in await rows(board, put)] == ["given_up"]


async def test_a_removal_respects_the_networks_wait_and_ends_after_a_final_refusal(board: Board) -> None:
    put = await canceled(board)
    outbox = DiscardOutbox(board.database, board.keyring)
    (row,) = await rows(board, put)
    await outbox.take(row.id, START)
    assert await outbox.failed(row.id, "slow down", START, wait=timedelta(hours=3)) == timedelta(hours=3)
    await outbox.take(row.id, START + timedelta(hours=3))
    assert await outbox.failed(row.id, "no", START, final=True) is None
    assert [row.outcome for row in await rows(board, put)] == ["given_up"]


async def test_old_finished_removals_are_deleted_and_due_ones_are_not(own_board: Board) -> None:
    ended, due = await canceled(own_board), await canceled(own_board)
    (row,) = await rows(own_board, ended)
    outbox = DiscardOutbox(own_board.database, own_board.keyring)
    await outbox.take(row.id, START)
    await outbox.removed(row.id, None, START)
    assert await forget_old_discards(own_board.database, START + KEPT + timedelta(seconds=1)) == 1
    assert len(await rows(own_board, due)) == 1
