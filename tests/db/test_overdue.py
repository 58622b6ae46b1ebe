"""Overdue is what is due, waits for nothing else, and was not claimed for more than five seconds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.db.contents.overdue import OVERDUE_AFTER, SOON, Overdue, due_soon, overdue_by_brand
from munadi.domain.publication import PublicationStatus
from tests.db.board import Board
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import START

S = PublicationStatus
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LATER = START + OVERDUE_AFTER + SECOND


async def overdue(board: Board, at: timedelta = OVERDUE_AFTER + SECOND) -> Overdue:
    """What is overdue some time after the due time."""
    async with board.database.read() as session:
        return (await overdue_by_brand(session, START + at, board.brand)).get(board.brand, Overdue())


@pytest.mark.parametrize("status", [S.ACCEPTED, S.QUEUED])
async def test_what_nobody_claims_is_overdue_after_five_seconds(board: Board, status: PublicationStatus) -> None:
    await board.put(status, status, content={"next_look_at": START})
    assert await overdue(board, OVERDUE_AFTER - SECOND) == Overdue()
    assert await overdue(board) == Overdue(1, START), "a post counts once"
    await board.put(status, due=START - HOUR, content={"next_look_at": START - HOUR})
    assert await overdue(board) == Overdue(2, START - HOUR)


async def test_what_waits_for_something_else_is_not_overdue(board: Board) -> None:
    look = {"next_look_at": START}
    for status in (S.PUBLISHING, S.UNCONFIRMED):
        await board.put(status, content=look)
    await board.put(S.QUEUED, content=look, hold_reason="TOKEN", hold_since=START)
    await board.put(S.QUEUED, content=look, hold_reason="OUTAGE", hold_since=START, hold_until=START + HOUR)
    await board.put(S.QUEUED, due=START + HOUR, content=look, lead_seconds=3600.0)
    assert await overdue(board) == Overdue()
    assert await overdue(board, HOUR + OVERDUE_AFTER + SECOND) == Overdue(2, START), "the hold and the lead are over"


async def test_a_publication_that_waits_does_not_hide_one_that_is_overdue(board: Board) -> None:
    put = await board.put(S.QUEUED, S.QUEUED, content={"next_look_at": START})
    await board.set(put.id, hold_reason="TOKEN", hold_since=START)
    assert await overdue(board) == Overdue(1, START)


async def test_what_is_due_within_five_minutes_is_due_soon(own_board: Board) -> None:
    """Also a post whose workflow was never started, and one that is overdue; not one that a worker has claimed."""

    async def soon() -> int:
        async with own_board.database.read() as session:
            return await due_soon(session, START)

    for ahead in (-HOUR, SECOND, SOON - SECOND, SOON + SECOND):
        await own_board.put(S.ACCEPTED, due=START + ahead, content={"next_look_at": START + ahead})
    assert await soon() == 3
    await own_board.put(S.PUBLISHING, content={"next_look_at": START})
    await own_board.put(S.QUEUED, due=START + SECOND, content={"next_look_at": START + SECOND})
    assert await soon() == 4


async def test_both_together_are_counted_with_the_oldest() -> None:
    assert Overdue(1, START) + Overdue(2, START - HOUR) == Overdue(3, START - HOUR)
    assert Overdue() + Overdue(2, START) == Overdue(2, START)


@on_sqlite
async def test_the_count_reads_an_index_of_what_is_planned(own_board: Board) -> None:
    async def count() -> None:
        async with own_board.database.read() as session:
            await overdue_by_brand(session, LATER, own_board.brand)

    plan = await plan_of(own_board.database, count(), "min(")
    assert any("contents_to_look_at" in step for step in plan), plan
    assert not any(step.startswith(("SCAN contents", "SCAN publications")) for step in plan), plan
