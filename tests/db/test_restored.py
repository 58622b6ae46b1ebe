"""`munadi db restored`: what may have been published since the backup is marked until a check of the network."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.publication import POST, PublicationStatus
from munadi.domain.publishing import Attempt, NextStep
from munadi.publishing.restored import mark_restored
from tests.db.board import Board
from tests.db.seeding import START

S = PublicationStatus
SINCE = START - timedelta(hours=1)
MARKED = ("accepted", "queued", "publishing", "unconfirmed", "failed", "published")


async def test_every_post_that_may_have_been_published_is_marked_once(board: Board) -> None:
    waiting = await board.put(S.QUEUED, S.ACCEPTED, S.FAILED)
    under_way = await board.put(S.PUBLISHING, S.UNCONFIRMED)
    ended = await board.put(S.PUBLISHED, S.CANCELED)
    unfinished = await board.put(S.PUBLISHED, steps_left=["comment"], content={"next_look_at": START})
    marked = await mark_restored(board.database, SINCE)
    # The database is shared with other tests, so the count may be higher.
    assert all(marked.by_status.get(status, 0) >= 1 for status in MARKED)
    assert marked.publications == sum(marked.by_status.values()) >= len(MARKED)
    assert (await mark_restored(board.database, START)).publications == marked.publications
    for publication in (*waiting.ids, *under_way.ids, *unfinished.ids):
        assert (await board.row(publication)).look_since == SINCE
    for publication in ended.ids:
        assert (await board.row(publication)).look_since is None


@pytest.mark.parametrize("attempts", [0, 3])
async def test_a_marked_publication_is_checked_first_even_if_it_is_on_time(board: Board, attempts: int) -> None:
    put = await board.put(S.QUEUED, attempt_count=attempts)
    await mark_restored(board.database, SINCE)
    assert (await board.claim(put)).found is NextStep.LOOK_FIRST
    step = await board.schedule.load(put.id)
    assert step is not None
    assert step.look_since == SINCE


async def test_the_next_intent_removes_the_mark(board: Board) -> None:
    put = await board.put(S.PUBLISHING, epoch=1)
    await mark_restored(board.database, SINCE)
    intent = await board.store.open_attempt(
        put.id, epoch=1, step=POST, holder="w", now=START, deadline=START + timedelta(seconds=30)
    )
    assert isinstance(intent, Attempt)
    assert (await board.row(put.id)).look_since is None
