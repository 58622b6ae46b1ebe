"""What pages show about accounts: the posts still to publish, why they wait, and those that were disconnected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from munadi.db.accounts.disconnected import count_left_failures, disconnected_by, not_connected_again
from munadi.db.accounts.unpublished import Because, unpublished_posts
from munadi.db.contents.holds import HoldCause, hold_causes
from munadi.db.ids import new_id
from munadi.db.tables import AccountRow
from munadi.domain.failure import Reason
from munadi.domain.ids import Prefix
from munadi.domain.publication import DismissedAs, HoldReason, PublicationStatus
from munadi.domain.reasons import REASONS, failure_of
from munadi.publishing import account_changes, changes
from tests.db.board import CHANNELS, Board
from tests.db.seeding import START

S = PublicationStatus


async def test_posts_to_publish_are_counted_by_why_and_named_by_due_time(own_board: Board) -> None:
    board = own_board
    one, two = board.accounts[CHANNELS[0]], board.accounts[CHANNELS[1]]
    late = await board.put(S.QUEUED, due=START + timedelta(days=2))
    both = await board.put(S.ACCEPTED, S.PUBLISHING, due=START + timedelta(days=1))
    held = await board.put(S.QUEUED, due=START, hold_reason="OUTAGE", hold_since=START)
    for status in (S.PUBLISHED, S.FAILED, S.CANCELED, S.UNCONFIRMED):
        await board.put(status)
    async with board.database.read() as session:
        found = await unpublished_posts(session, [one, two, board.accounts[CHANNELS[2]]], 2)
        assert await unpublished_posts(session, [], 2) == {}
    assert set(found) == {one, two}
    assert found[one].kinds == [(Because.WAITING, 1), (Because.SCHEDULED, 2)]
    assert [(post.content_id, post.because) for post in found[one].first] == [
        (held.content_id, Because.WAITING), (both.content_id, Because.SCHEDULED),
    ]  # fmt: skip
    assert (found[one].total, late.content_id in {post.content_id for post in found[one].first}) == (3, False)
    assert found[two].kinds == [(Because.PUBLISHING, 1)]
    (post,) = found[two].first
    assert (post.content_id, post.due_at, post.words) == (both.content_id, START + timedelta(days=1), None)


async def test_a_hold_for_a_token_is_explained_by_the_account_and_another_by_the_network(own_board: Board) -> None:
    board = own_board
    away = failure_of(Reason.PROVIDER_OUTAGE, "down").model_dump(mode="json", by_alias=True)
    token: dict[str, Any] = {"hold_since": START, "hold_reason": HoldReason.TOKEN.value}
    network: dict[str, Any] = {"hold_since": START, "hold_reason": HoldReason.OUTAGE.value, "hold_cause": away}
    lost, waits = await board.put(S.QUEUED, **token), await board.put(S.QUEUED, **network)
    unknown = await board.put(S.CANCELED, S.QUEUED, **token)
    async with board.database.write() as session:
        row = await session.get_one(AccountRow, board.accounts[CHANNELS[0]])
        row.last_failure = {"at": START.isoformat(), "reason": "TOKEN_REVOKED", "message": ""}
    async with board.database.read() as session:
        found = await hold_causes(session, [lost.id, waits.id, unknown.ids[1]])
        assert await hold_causes(session, []) == {}
    assert found == {
        lost.id: HoldCause(Reason.TOKEN_REVOKED, REASONS[Reason.TOKEN_REVOKED].meaning),
        waits.id: HoldCause(Reason.PROVIDER_OUTAGE, "down"),
    }


async def connect_like(board: Board, account_id: str) -> str:
    """The id of a new account for the profile of a disconnected one."""
    async with board.database.write() as session:
        row = (await session.exec(select(AccountRow).where(col(AccountRow.id) == account_id))).one()
        new = {"id": new_id(Prefix.ACCOUNT), "status": "connected", "deleted_at": None}
        session.add(AccountRow(**{**row.model_dump(), **new}))
        return str(new["id"])


async def test_disconnected_accounts_are_listed_once_per_profile_until_it_is_back(own_board: Board) -> None:
    board = own_board
    first, second = board.accounts[CHANNELS[0]], board.accounts[CHANNELS[1]]

    async def listed() -> list[str]:
        async with board.database.read() as session:
            assert await not_connected_again(session, "rival", 10) == []
            return [row.id for row in await not_connected_again(session, board.brand, 10)]

    assert await listed() == []
    await account_changes.disconnect(board.database, first, START)
    await account_changes.disconnect(board.database, second, START + timedelta(minutes=1))
    assert await listed() == [second, first]
    again = await connect_like(board, first)
    assert await listed() == [second]
    await account_changes.disconnect(board.database, again, START + timedelta(minutes=2))
    assert await listed() == [again, second], "the newest stands for the profile"
    async with board.database.read() as session:
        by = await disconnected_by(session, [first, again, board.accounts[CHANNELS[2]]])
    assert {account_id: one.key_id for account_id, one in by.items()} == {first: None, again: None}


async def test_what_failed_by_a_disconnection_is_counted_for_the_account_that_is_back(own_board: Board) -> None:
    board = own_board
    old = board.accounts[CHANNELS[0]]

    async def left(account_id: str, since: timedelta = timedelta()) -> int:
        async with board.database.read() as session:
            assert await count_left_failures(session, [], START) == 0
            return await count_left_failures(session, [account_id], START + since)

    puts = [await board.put(S.QUEUED) for _ in range(3)]
    async with board.locked(puts[2].content_id) as post:
        await post.fail(post.publications[0], failure_of(Reason.CONTENT_POLICY))
        await post.close()
    await account_changes.disconnect(board.database, old, START)
    assert await left(old) == 0, "it is not back"
    new = await connect_like(board, old)
    assert (await left(new), await left(new, timedelta(days=1))) == (2, 0)
    assert await left(board.accounts[CHANNELS[1]]) == 0
    async with board.locked(puts[0].content_id) as post:
        changes.dismiss(post, post.publications[0], DismissedAs.NOT_NEEDED)
        await post.close()
    assert await left(new) == 1
