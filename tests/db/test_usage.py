"""The usage of brands: the boundaries of months, the brand that it counts for, and the index that serves it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from munadi.db.brands.usage import PublicationCounts, accounts_of, deliveries_of, publications_of
from munadi.db.brands.usage_days import published_days_of
from munadi.db.keys.calls import Calls, add_calls, calls_of
from munadi.db.session import Database
from munadi.db.tables import BrandRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.channel import ChannelName
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.event import EventType
from munadi.domain.publication import PublicationStatus as S
from munadi.domain.usage import Month
from munadi.ports import DueDelivery
from tests.db.board import Board
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import BROKEN, OK, START, Seed

DECEMBER, JANUARY = Month("2026-12"), Month("2027-01")
FIRST, LAST = DECEMBER.start, DECEMBER.end - timedelta(microseconds=1)
NONE = PublicationCounts()


async def counted(board: Board, month: Month = DECEMBER, now: datetime = START) -> PublicationCounts:
    async with board.database.read() as session:
        return (await publications_of(session, [board.brand], month, now)).get(board.brand, NONE)


@pytest.mark.parametrize(
    ("published_at", "month"), [(FIRST, DECEMBER), (LAST, DECEMBER), (DECEMBER.end, JANUARY), (JANUARY.end, None)]
)
async def test_a_published_post_counts_in_the_month_of_its_publication(
    board: Board, published_at: datetime, month: Month | None
) -> None:
    await board.put(S.PUBLISHED, due=START, published_at=published_at)
    found = {each: await counted(board, each) for each in (DECEMBER, JANUARY)}
    assert [each for each, counts in found.items() if counts != NONE] == ([month] if month else [])
    assert not any(counts.planned for counts in found.values())


async def test_a_planned_post_counts_in_the_month_of_its_due_time(board: Board) -> None:
    await board.put(S.ACCEPTED, S.QUEUED, due=LAST)
    await board.put(S.QUEUED, due=DECEMBER.end)
    await board.put(S.FAILED, S.CANCELED, due=START)
    assert await counted(board) == PublicationCounts(0, 2)
    assert await counted(board, JANUARY) == PublicationCounts(0, 1)
    assert await counted(board, Month("2026-11")) == NONE


async def test_an_overdue_post_counts_in_the_current_month_until_it_is_published(board: Board) -> None:
    put = await board.put(S.QUEUED, S.PUBLISHING, due=START)
    in_january = JANUARY.start + timedelta(days=3)
    assert await counted(board, DECEMBER, in_january) == NONE
    assert await counted(board, JANUARY, in_january) == PublicationCounts(0, 2)
    await board.set(put.ids[1], status="published", published_at=in_january)
    assert await counted(board, JANUARY, in_january) == PublicationCounts(1, 1)


async def test_an_unconfirmed_post_counts_in_the_month_of_its_due_time(board: Board) -> None:
    await board.put(S.UNCONFIRMED, due=LAST)
    in_january = JANUARY.start + timedelta(days=3)
    assert await counted(board, DECEMBER, in_january) == PublicationCounts(0, 1)
    assert await counted(board, JANUARY, in_january) == NONE


async def test_brands_are_counted_apart_and_together(any_database: Database, board: Board) -> None:
    other = Board(any_database)
    await other.create()
    await board.put(S.PUBLISHED, S.PUBLISHED, published_at=START)
    await board.put(S.QUEUED)
    await other.put(S.PUBLISHED, published_at=START)
    async with any_database.read() as session:
        found = await publications_of(session, [board.brand, other.brand], DECEMBER, START)
    assert found == {board.brand: PublicationCounts(2, 1), other.brand: PublicationCounts(1, 0)}


async def test_posts_of_a_disconnected_account_still_count(board: Board) -> None:
    await board.put(S.PUBLISHED, published_at=START)
    for channel in ChannelName:
        await board.set_account(channel, deleted_at=START, status="disconnected")
    assert await counted(board) == PublicationCounts(1, 0)


async def test_accounts_are_counted_at_the_end_of_the_month(board: Board) -> None:
    await board.set_account(ChannelName.TIKTOK, deleted_at=JANUARY.start + timedelta(days=1))
    await board.set_account(ChannelName.YOUTUBE, created_at=JANUARY.start)
    async with board.database.read() as session:
        found = [await accounts_of(session, [board.brand], at) for at in (FIRST, DECEMBER.end, JANUARY.end, None)]
    every = len(ChannelName)
    assert [each.get(board.brand, 0) for each in found] == [0, every - 1, every - 1, every - 1]


async def billed(board: Board, since: datetime = FIRST, until: datetime = DECEMBER.end) -> list[tuple[str, str, int]]:
    async with board.database.read() as session:
        found = await published_days_of(session, board.brand, since, until)
    return sorted((str(day), channel, number) for day, channel, number, _ in found)


async def test_a_bill_has_each_publication_once_at_its_day_and_network(any_database: Database, board: Board) -> None:
    other = Board(any_database)
    await other.create()
    await other.put(S.PUBLISHED, published_at=START)
    moments = [FIRST, FIRST + timedelta(days=1) - timedelta(microseconds=1), FIRST + timedelta(days=1), LAST]
    for moment in (*moments, FIRST - timedelta(microseconds=1), DECEMBER.end):
        await board.put(S.PUBLISHED, due=START, published_at=moment)
    await board.put(S.ACCEPTED, S.FAILED, S.UNCONFIRMED, due=FIRST)
    [channel] = {channel for _, channel, _ in await billed(board)}
    days = [("2026-12-01", channel, 2), ("2026-12-02", channel, 1), ("2026-12-31", channel, 1)]
    assert await billed(board) == days
    for name in ChannelName:
        await board.set_account(name, deleted_at=START, status="disconnected")
    assert await billed(board) == days


@on_sqlite
async def test_a_bill_reads_an_index_and_no_publication(own_board: Board) -> None:
    plan = "\n".join(await plan_of(own_board.database, billed(own_board), "publications"))
    assert "COVERING INDEX publications_billed (account_id=? AND published_at>? AND published_at<?)" in plan, plan


@on_sqlite
async def test_counting_reads_indexes_and_no_publication(own_board: Board) -> None:
    plan = "\n".join(await plan_of(own_board.database, counted(own_board), "publications"))
    assert "SCAN" not in plan.replace("SCAN CONSTANT", ""), plan
    by_account, by_time = (
        "(account_id=? AND status=? AND due_at",
        "(account_id=? AND published_at>? AND published_at<?)",
    )
    assert plan.count(f"COVERING INDEX publications_by_account {by_account}") == 2, plan
    assert plan.count(f"COVERING INDEX publications_billed {by_time}") == 1, plan


async def taken(seed: Seed, store: DeliveryStore, posts: int = 1) -> list[DueDelivery]:
    endpoint = await seed.endpoint(types=[EventType.CONTENT_ACCEPTED])
    account = await seed.account()
    for _ in range(posts):
        await seed.content(account.id)
    return await store.take(endpoint.id, START, 100)


async def record(store: DeliveryStore, due: DueDelivery, at: datetime, result: SendResult) -> None:
    await store.record(due.endpoint_id, "me", [Attempted(due.delivery_id, result, at)], [], at)


async def tries(seed: Seed, month: Month = DECEMBER) -> int:
    async with seed.database.read() as session:
        return (await deliveries_of(session, ["acme", "rival"], month)).get("acme", 0)


async def test_a_delivery_counts_once_in_the_month_of_its_first_attempt(seed: Seed) -> None:
    store = DeliveryStore(seed.database, seed.keyring)
    [due] = await taken(seed, store)
    await record(store, due, LAST, BROKEN)
    await record(store, due, DECEMBER.end, BROKEN)
    await record(store, due, DECEMBER.end + timedelta(minutes=5), OK)
    assert (await tries(seed), await tries(seed, JANUARY)) == (1, 0)


async def test_concurrent_deliveries_are_all_counted(seed: Seed) -> None:
    store = DeliveryStore(seed.database, seed.keyring)
    await asyncio.gather(*(record(store, due, START, BROKEN) for due in await taken(seed, store, 30)))
    assert await tries(seed) == 30


async def test_an_attempt_that_is_not_recorded_is_not_counted(seed: Seed) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError("gone before the commit")

    store = DeliveryStore(seed.database, seed.keyring)
    [due] = await taken(seed, store)
    event.listen(Session, "before_commit", fail)
    try:
        with pytest.raises(RuntimeError, match="before the commit"):
            await record(store, due, START, OK)
    finally:
        event.remove(Session, "before_commit", fail)
    assert await tries(seed) == 0
    await record(store, replace(due, delivery_id="dlv_unknown"), START, OK)
    assert await tries(seed) == 0


async def test_calls_are_added_up_by_month_and_by_the_newest_minute(seed: Seed) -> None:
    minute = START
    for at, count in ((minute, 3), (minute, 2), (minute - timedelta(minutes=1), 4), (minute, 1)):
        async with seed.database.write() as session:
            await add_calls(session, {("acme", "2026-12"): Calls(count, at, count)})
    async with seed.database.read() as session:
        [found] = (await calls_of(session, ["acme", "rival"], DECEMBER)).values()
        assert (found.calls, found.minute, found.minute_calls) == (10, minute, 6)
    later = minute + timedelta(minutes=1)
    async with seed.database.write() as session:
        await add_calls(session, {("acme", "2027-01"): Calls(1, later, 1), ("acme", "2026-12"): Calls(7, later, 5)})
    async with seed.database.read() as session:
        found = (await calls_of(session, ["acme"], DECEMBER))["acme"]
        assert (found.calls, found.within(minute), found.within(later)) == (17, 0, 5)
        assert (await calls_of(session, ["acme"], JANUARY))["acme"].calls == 1


async def test_concurrent_processes_lose_no_count(seed: Seed) -> None:
    async with seed.database.write() as session:
        session.add(BrandRow(ref="rival", created_at=START))

    async def add(first: str, second: str) -> None:
        async with seed.database.write() as session:
            await add_calls(session, {(each, "2026-12"): Calls(1, START, 1) for each in (first, second)})

    await asyncio.gather(*(add(*pair) for pair in [("acme", "rival"), ("rival", "acme")] * 10))
    async with seed.database.read() as session:
        found = await calls_of(session, ["acme", "rival"], DECEMBER)
    assert {ref: each.calls for ref, each in found.items()} == {"acme": 20, "rival": 20}
