"""What may be live by an earlier request is not canceled or moved: `canceled` promises that there is no post."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.db.contents.details import attempt_view
from munadi.domain.publication import PublicationStatus
from munadi.publishing import changes
from munadi.publishing.states import ChangeRefused
from tests.db.board import Board, Put
from tests.db.seeding import START

S = PublicationStatus


async def doubted(board: Board, *others: PublicationStatus) -> Put:
    """Queued again after its only request was not found in the network's list."""
    put = await board.put(S.QUEUED, *others)
    attempt = await board.attempt(put.id, is_open=False)
    await board.set_attempt(attempt, was_uncertain=True, outcome="not_sent", closed_by="look", ended_at=START)
    return put


async def test_what_may_be_live_is_not_canceled(board: Board) -> None:
    put = await doubted(board)
    with pytest.raises(ChangeRefused) as refused:
        async with board.locked(put.content_id) as post:
            await changes.cancel(post)
    assert (refused.value.code, (await board.row(put.id)).status) == ("TOO_LATE", S.QUEUED)
    assert f"An earlier request of {put.id} may have arrived" in str(refused.value)


@pytest.mark.parametrize(("closed_by", "shown"), [("look", "unknown"), ("key", "not_sent"), ("answer", "not_sent")])
async def test_what_only_a_list_did_not_show_is_not_called_unsent(board: Board, closed_by: str, shown: str) -> None:
    put = await doubted(board)
    [attempt] = await board.attempts(put.id)
    await board.set_attempt(attempt.id, closed_by=closed_by)
    [attempt] = await board.attempts(put.id)
    assert attempt_view(attempt).outcome == shown


async def test_the_other_publications_of_the_post_are(board: Board) -> None:
    put = await doubted(board, S.QUEUED)
    async with board.locked(put.content_id) as post:
        assert await changes.cancel(post) == [put.ids[1]]
    assert [(await board.row(key)).status for key in put.ids] == [S.QUEUED, S.CANCELED]


async def test_what_may_be_live_is_not_moved(board: Board) -> None:
    put = await doubted(board)
    with pytest.raises(ChangeRefused):
        async with board.locked(put.content_id) as post:
            await changes.reschedule(post, START + timedelta(days=1), None, None, zone_given=False)


@pytest.mark.parametrize("closed_by", ["answer", "key", "check"])
async def test_a_certain_answer_leaves_no_doubt(board: Board, closed_by: str) -> None:
    put = await doubted(board)
    [attempt] = await board.attempts(put.id)
    await board.set_attempt(attempt.id, closed_by=closed_by)
    async with board.locked(put.content_id) as post:
        assert await changes.cancel(post) == [put.id]
