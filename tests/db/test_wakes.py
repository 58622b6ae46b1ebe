"""Posts whose wake was not acknowledged in time are woken again, after growing waits."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from munadi.db.session import Database
from munadi.domain.publication import PublicationStatus
from munadi.publishing.content import FIRST_WAKE
from munadi.publishing.plans import view_of
from munadi.publishing.wakes import LEASE, DueWake, Wakes
from tests.db.board import Board, Put
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import START

S = PublicationStatus
SECOND = timedelta(seconds=1)
GRACE = timedelta(seconds=20)
RESTING = {"wake_seq": 2, "wake_ack": 2}


async def due(board: Board, at: timedelta = timedelta(0)) -> list[str]:
    """The posts that are due. They stay due."""
    wakes = Wakes(board.database)
    found = [wake.content_id for wake in await wakes.claim(START + at, GRACE)]
    await wakes.release(found, START + at)
    return found


async def wake(board: Board, at: datetime) -> list[str]:
    """Wake what is due, as a relay does."""
    wakes = Wakes(board.database)
    found = [one.content_id for one in await wakes.claim(at, GRACE)]
    await wakes.record_woken(found, at)
    return found


async def test_a_change_wakes_its_workflow_some_seconds_later_until_it_is_acknowledged(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.QUEUED, S.QUEUED, due=START + timedelta(hours=1))
    async with board.locked(put.content_id) as post:
        post.wake()
        await post.close()
    assert await due(board, FIRST_WAKE - SECOND) == []
    [wake] = await Wakes(board.database).claim(START + FIRST_WAKE, GRACE)
    assert (wake.brand_ref, sorted(wake.channels), wake.overdue) == (board.brand, ["instagram", "threads"], False)
    await board.schedule.look(put.content_id, START + FIRST_WAKE)
    assert await due(board, 60 * SECOND) == []


async def test_a_post_that_has_not_changed_since_its_acceptance_is_started_with_its_plan(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.ACCEPTED, S.ACCEPTED, content={"wake_seq": 1}, due=START + timedelta(hours=1))
    [wake] = await Wakes(board.database).claim(START, GRACE)
    async with board.locked(put.content_id) as post:
        assert wake.view == view_of(post.content, post.publications, START)
    await Wakes(board.database).release([put.content_id], START)
    [same] = await Wakes(board.database).claim(START, GRACE)
    assert same.view == wake.view, "it could not be started, and nothing has changed"
    [again] = await Wakes(board.database).claim(START + LEASE, GRACE)
    assert again.view is None, "the relay that claimed it may have started it before it died: the workflow looks"
    await board.schedule.queue([put.content_id], START)
    assert await due(board, 60 * SECOND) == []


@pytest.mark.parametrize("content", [{"wake_seq": 2}, {"wake_seq": 2, "wake_ack": 1}, {"wake_seq": 1, "wake_tries": 1}])
async def test_a_post_that_has_changed_is_woken_to_look(own_board: Board, content: dict[str, int]) -> None:
    await own_board.put(S.QUEUED, content=content)
    [wake] = await Wakes(own_board.database).claim(START, GRACE)
    assert wake.view is None


async def test_the_spacing_doubles_to_a_minute_and_a_new_change_resets_it(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.QUEUED, content={"wake_seq": 1})
    now, waits = START, []
    for _ in range(5):
        assert await wake(board, now) == [put.content_id]
        at = (await board.content(put.content_id)).next_wake_at
        assert at is not None
        waits.append((at - now) / SECOND)
        assert await due(board, at - START - timedelta(microseconds=1)) == []
        now = at
    assert waits == [15, 30, 60, 60, 60]
    async with board.locked(put.content_id, now) as post:
        post.wake()
        await post.close()
    content = await board.content(put.content_id)
    assert (content.wake_tries, content.next_wake_at) == (0, now + FIRST_WAKE)


async def test_a_missed_look_is_overdue(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.PUBLISHING, content=RESTING | {"next_look_at": START})
    assert await due(board, GRACE - SECOND) == []
    [found] = await Wakes(board.database).claim(START + GRACE, GRACE)
    assert found == DueWake(put.content_id, board.brand, ("instagram",), overdue=True)
    await Wakes(board.database).record_woken([put.content_id], START + GRACE)
    assert await due(board, GRACE + 14 * SECOND) == []
    assert await due(board, GRACE + 15 * SECOND) == [put.content_id]


async def test_a_post_without_work_is_not_woken(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.PUBLISHED, content=RESTING)
    later = await board.put(S.QUEUED, content=RESTING | {"next_look_at": START + timedelta(hours=1)})
    assert await due(board, 60 * SECOND) == []
    assert (await board.content(put.content_id)).wake_tries == 0
    assert (await board.content(later.content_id)).next_wake_at is None


async def test_relays_that_run_at_the_same_time_claim_each_post_once(own_board: Board) -> None:
    board = own_board
    puts = {(await board.put(S.QUEUED, content={"wake_seq": 1})).content_id for _ in range(60)}
    databases = [Database(board.database.url.render_as_string(hide_password=False)) for _ in range(6)]
    claimed: list[str] = []

    async def relay(database: Database) -> None:
        while found := await Wakes(database).claim(START, GRACE, limit=8):
            claimed.extend(wake.content_id for wake in found)

    await asyncio.gather(*map(relay, databases))
    await asyncio.gather(*(database.close() for database in databases))
    assert sorted(claimed) == sorted(puts)


async def test_a_change_during_the_call_keeps_its_own_wake(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.QUEUED, content={"wake_seq": 1})
    await Wakes(board.database).claim(START, GRACE)
    async with board.locked(put.content_id) as post:
        post.wake()
        await post.close()
    for record in (Wakes(board.database).record_woken, Wakes(board.database).release):
        await record([put.content_id], START)
        content = await board.content(put.content_id)
        assert (content.wake_tries, content.next_wake_at) == (0, START + FIRST_WAKE)


async def test_what_was_acknowledged_during_the_call_rests(own_board: Board) -> None:
    board = own_board
    put = await board.put(S.QUEUED, content={"wake_seq": 1})
    await Wakes(board.database).claim(START, GRACE)
    await board.schedule.look(put.content_id, START)
    await Wakes(board.database).record_woken([put.content_id], START)
    content = await board.content(put.content_id)
    assert (content.wake_tries, content.next_wake_at) == (0, None)


async def test_the_longest_waiting_posts_come_first_and_a_round_is_bounded(own_board: Board) -> None:
    board = own_board
    puts: list[Put] = []
    for minutes in (3, 1, 2):
        at = START - timedelta(minutes=minutes)
        puts.append(await board.put(S.QUEUED, content={"wake_seq": 1, "updated_at": at}))
    assert await due(board) == [puts[0].content_id, puts[2].content_id, puts[1].content_id]
    assert len(await Wakes(board.database).claim(START, GRACE, limit=2)) == 2


async def test_no_brand_waits_for_the_backlog_of_another(own_board: Board) -> None:
    noisy = own_board
    quiet = Board(noisy.database)
    await quiet.create()
    unheard = {"wake_seq": 1}
    many = [await noisy.put(S.QUEUED, content=unheard | {"updated_at": START + n * SECOND}) for n in range(3)]
    few = [await quiet.put(S.QUEUED, content=unheard | {"updated_at": START + n * SECOND}) for n in (10, 11)]
    wanted = [many[0], few[0], many[1], few[1], many[2]]
    assert await due(noisy) == [put.content_id for put in wanted]


@on_sqlite
async def test_reading_due_posts_reads_only_waiting_ones(own_board: Board) -> None:
    """Posts that have ended are not read again."""
    plan = await plan_of(own_board.database, due(own_board), "row_number")
    read = [step for step in plan if " contents " in f"{step} "]
    assert len(read) == 2
    assert all("contents_to_wake" in step or "contents_to_look_at" in step for step in read)
