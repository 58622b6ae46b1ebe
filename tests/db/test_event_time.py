"""The time of an event is the time of its commit, even if its transaction waited for another one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from munadi.domain.publication import PublicationStatus
from tests.db.board import Board
from tests.db.seeding import START

WAIT = timedelta(seconds=0.3)


async def test_an_event_is_dated_after_the_wait_for_the_writer(own_board: Board) -> None:
    put = await own_board.put(PublicationStatus.ACCEPTED)
    database, pool_is_full, release = own_board.database, asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        async with database.write() as session:
            await session.connection()
            pool_is_full.release()
            await release.wait()

    count = 1 if database.is_sqlite else 20
    holders = [asyncio.create_task(hold()) for _ in range(count)]
    for _ in range(count):
        await pool_is_full.acquire()
    asyncio.get_running_loop().call_later(WAIT.total_seconds(), release.set)
    await own_board.schedule.look(put.content_id, START)
    await asyncio.gather(*holders)
    [event] = await own_board.events(put.content_id)
    assert START + WAIT * 0.8 < event.created_at < START + timedelta(seconds=5)


async def test_without_a_wait_an_event_has_the_time_of_the_caller(own_board: Board) -> None:
    put = await own_board.put(PublicationStatus.ACCEPTED)
    await own_board.schedule.look(put.content_id, START)
    [event] = await own_board.events(put.content_id)
    assert event.created_at == START
