"""Looks never disturb publishing, stay within their budget, and take no change of ours for another's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.db.tables import AccountRow
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.look_rule import LookRule
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import Verdict
from munadi.publishing.look_budget import next_day, spent_on
from munadi.publishing.watches import BESIDE_WAIT, LEASE
from munadi.publishing.watching import OWN_CHANGE, watch_of
from tests.db.board import Board
from tests.db.looking import CHANNEL, DAY, GONE, HOUR, Looking
from tests.db.seeding import START
from tests.support.counting import counted

S = PublicationStatus


@pytest.fixture
def looking(own_board: Board) -> Looking:
    return Looking(own_board)


async def test_where_a_look_costs_money_nothing_more_is_looked_at(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(price=0.005))
    for number in range(2):
        await looking.published(f"old-{number}")
    await looking.planned()
    await looking.round(2 * HOUR)
    new = await looking.published("new", published_at=looking.clock.time, watch_at=looking.clock.time)
    await looking.planned()
    await looking.next_of(new)
    assert looking.network.looks[-1] == ["new"]


async def test_two_workers_never_look_at_the_same_post(looking: Looking) -> None:
    for number in range(20):
        await looking.published(str(number))
    await looking.planned()
    looking.clock.time += 2 * HOUR
    await asyncio.gather(*(looking.another().round() for _ in range(4)))
    looked = [one for look in looking.network.looks for one in look]
    assert sorted(looked, key=int) == [str(number) for number in range(20)]


async def test_after_the_death_of_a_worker_its_posts_are_looked_at_again(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.clock.time += 2 * HOUR
    begun = await looking.store.begin(looking.account_id, looking.clock.time)
    assert begun is not None
    await looking.round()
    assert looking.network.looks == [], "another worker has it"
    await looking.round(LEASE)
    assert looking.network.looks == [["a"]]
    assert watch_of(await looking.board.row(put.id)).verdict is Verdict.LIVE


async def test_a_look_that_is_recorded_late_changes_nothing(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    await looking.next_of(put)
    looking.clock.time += 2 * DAY
    begun = await looking.store.begin(looking.account_id, looking.clock.time)
    assert begun is not None
    at = looking.clock.time
    await looking.round(LEASE)
    row = await looking.board.row(put.id)
    await looking.store.record(begun, {put.id: GONE}, at, looking.clock.time)
    assert (await looking.board.row(put.id)).watch == row.watch


@pytest.mark.parametrize("status", [S.QUEUED, S.PUBLISHING])
async def test_nothing_is_looked_at_beside_a_post_that_is_due(looking: Looking, status: S) -> None:
    put = await looking.published("a")
    await looking.planned()
    row = await looking.board.row(put.id)
    assert row.watch_at is not None
    other = await looking.board.put(status, due=row.watch_at + timedelta(seconds=50))
    row = await looking.next_of(put)
    assert looking.network.looks == []
    assert row.watch_at == looking.clock.time + BESIDE_WAIT
    await looking.board.set(other.id, status=S.CANCELED.value)
    await looking.next_of(put)
    assert looking.network.looks == [["a"]]


async def test_nothing_is_looked_at_beside_a_post_of_another_account_at_the_same_server(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    row = await looking.board.row(put.id)
    assert row.watch_at is not None
    other = await looking.board.put(S.QUEUED, S.QUEUED, due=row.watch_at)
    await looking.board.set(other.ids[0], status=S.CANCELED.value)
    for account_id in list(looking.board.accounts.values())[:2]:
        async with looking.board.database.write() as session:
            account = await session.get_one(AccountRow, account_id)
            account.service_url = "https://social.example"
    assert (await looking.next_of(put)).watch_at == looking.clock.time + BESIDE_WAIT
    assert looking.network.looks == []


async def test_a_paused_account_is_left_alone(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    until = START + 5 * HOUR
    await looking.board.set_account(CHANNEL, paused_until=until)
    row = await looking.next_of(put)
    assert looking.network.looks == []
    assert row.watch_at is not None
    assert row.watch_at > until


@pytest.mark.parametrize("reason", [Reason.RATE_LIMITED, Reason.HOST_SLOW, Reason.QUOTA_EXCEEDED])
async def test_a_network_that_limits_calls_is_left_alone_and_says_nothing_of_a_post(
    looking: Looking, reason: Reason
) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.fail(ChannelError(reason, Effect.NOT_SENT, "slow down", retry_after=3 * HOUR))
    before = counted("munadi_looks_total", channel=CHANNEL, verdict="deferred")
    row = await looking.next_of(put)
    assert row.watch_at == looking.clock.time + 3 * HOUR
    assert watch_of(row).failed == 0
    assert counted("munadi_looks_total", channel=CHANNEL, verdict="deferred") - before == 1


@pytest.mark.parametrize(
    "row",
    [
        {"withdrawal": {"status": "withdrawing", "requestedAt": START.isoformat()}},
        {"withdrawal": {"status": "unconfirmed", "requestedAt": START.isoformat()}},
        {"edit_at": START + 9 * HOUR},
    ],
)
async def test_what_is_being_withdrawn_or_edited_waits(looking: Looking, row: dict[str, Any]) -> None:
    put = await looking.published("a")
    await looking.planned()
    await looking.board.set(put.id, **row)
    found = await looking.next_of(put)
    assert looking.network.looks == []
    assert found.watch_at == looking.clock.time + OWN_CHANGE


async def test_what_was_withdrawn_is_not_looked_at(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    withdrawn = {"status": "withdrawn", "requestedAt": START.isoformat(), "confirmedBy": "look"}
    await looking.board.set(put.id, withdrawal=withdrawn)
    assert (await looking.next_of(put)).watch_at is None
    assert looking.network.looks == []


@pytest.mark.parametrize(
    "change",
    [
        {"withdrawal": {"status": "withdrawing", "requestedAt": START.isoformat()}},
        {"edit_at": START + 9 * HOUR},
        {"posted": [{"id": "b"}]},
    ],
)
async def test_a_change_of_ours_during_a_look_is_no_removal(looking: Looking, change: dict[str, Any]) -> None:
    put = await looking.published("a")
    await looking.planned()
    looking.network.shown["a"] = GONE
    row = await looking.next_of(put)
    begun_at = looking.clock.time = row.watch_at or START
    begun = await looking.store.begin(looking.account_id, begun_at)
    assert begun is not None
    await looking.board.set(put.id, **change)
    await looking.store.record(begun, {put.id: GONE}, begun_at, begun_at)
    assert await looking.board.types(put.content_id) == []


async def test_without_budget_looks_wait_for_the_next_day(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(at_once=1, requests=3, of_account=7))
    for number in range(4):
        await looking.published(str(number), watch_at=START)
    await looking.planned()
    await looking.round(2 * HOUR, rounds=6)
    assert len(looking.network.looks) == 2
    waiting = [row for row in (await looking.all_rows()).values() if not watch_of(row).verdict]
    assert len(waiting) == 2
    midnight = next_day(looking.clock.time)
    assert all(midnight <= (row.watch_at or START) < midnight + HOUR for row in waiting)
    looking.clock.time = midnight + HOUR
    await looking.round(rounds=3)
    assert len(looking.network.looks) == 4


async def test_requests_that_were_not_made_are_given_back(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(at_once=1, requests=3, of_account=7, of_app=7))
    looking.network.requests = 1
    for number in range(6):
        await looking.published(str(number), watch_at=START)
    await looking.planned()
    await looking.round(2 * HOUR, rounds=3)
    looking.fail(ChannelError(Reason.RATE_LIMITED, Effect.NOT_SENT, "slow down"))
    await looking.round(rounds=1)
    looking.fail(None)
    await looking.round(rounds=3)
    assert len(looking.network.looks) == 5, "a sixth look might have made three requests more"
    spent = await spent_on(own_board.database, [CHANNEL, looking.account_id], looking.clock.time)
    assert spent == {CHANNEL: 5, looking.account_id: 5}


async def test_a_look_makes_no_more_requests_than_were_reserved(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(requests=3, of_account=7))
    looking.network.requests = 4
    put = await looking.published("a")
    await looking.planned()
    row = await looking.next_of(put)
    assert await spent_on(own_board.database, [looking.account_id], looking.clock.time) == {looking.account_id: 3}
    assert watch_of(row).verdict is None


async def test_the_budget_of_the_network_is_shared_by_its_accounts(own_board: Board) -> None:
    looking = Looking(own_board, LookRule(requests=3, of_account=100, of_app=5))
    await looking.published("a")
    await looking.planned()
    async with own_board.database.write() as session:
        account = await session.get_one(AccountRow, looking.account_id)
        other = AccountRow(**{**account.model_dump(), "id": "acc_other", "external_id": "2"})
        session.add(other)
    put = await looking.published("b", account_id="acc_other")
    await looking.planned()
    await looking.round(2 * HOUR, rounds=2)
    assert len(looking.network.looks) == 1
    spent = await spent_on(own_board.database, [CHANNEL, "acc_other", looking.account_id], looking.clock.time)
    assert spent[CHANNEL] == 3
    assert sum(spent.values()) == 6, "a refused look takes nothing from the account either"
    rows = [await own_board.row(put.id), *(await looking.all_rows()).values()]
    assert sum((row.watch_at or START) >= next_day(looking.clock.time) for row in rows) >= 1


async def test_posts_of_a_disconnected_account_are_not_looked_at(looking: Looking) -> None:
    put = await looking.published("a")
    await looking.planned()
    await looking.board.set_account(CHANNEL, deleted_at=START)
    assert (await looking.next_of(put)).watch_at is None
    assert looking.network.looks == []
