"""Look and claim: nothing is claimed early, twice, or after its window."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.publishing import NextStep
from munadi.publishing.claiming import LATE_FIRST_SEND, MIN_SLEEP
from munadi.publishing.plans import FOREVER
from tests.db.board import Board, Put
from tests.db.seeding import START

S = PublicationStatus
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOWHERE = "cnt_01jdq5k1rreb1vkz7vv9f0v6gw"


async def test_a_look_queues_an_accepted_post_and_acknowledges_the_wake(board: Board) -> None:
    put = await board.put(S.ACCEPTED, S.ACCEPTED, content={"wake_seq": 3, "wake_tries": 2, "next_wake_at": START})
    view = await board.schedule.look(put.content_id, START - HOUR)
    assert view is not None
    assert [plan.status for plan in view.plans] == [S.QUEUED, S.QUEUED]
    content = await board.content(put.content_id)
    assert (content.wake_ack, content.wake_tries, content.next_wake_at) == (3, 0, None)
    assert (content.status, content.next_look_at) == ("queued", START)
    assert await board.types(put.content_id) == ["queued"]
    again = await board.schedule.look(put.content_id, START - HOUR)
    assert again == view
    assert await board.types(put.content_id) == ["queued"]


async def test_an_unknown_post_has_nothing_to_look_at_or_to_claim(board: Board) -> None:
    assert await board.schedule.look(NOWHERE, START) is None
    assert await board.store.claim(NOWHERE, "pub_1", epoch=0, holder="w", now=START, period=None) is None


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, "WINDOW_MISSED"),
        (HoldReason.TOKEN, "TOKEN_EXPIRED"),
        (HoldReason.OUTAGE, "PROVIDER_OUTAGE"),
        (HoldReason.RATE_LIMIT, "RATE_LIMITED"),
        (HoldReason.DAILY_CAP, "DAILY_CAP_REACHED"),
    ],
)
@pytest.mark.parametrize("by", ["look", "claim"])
async def test_a_post_that_waits_past_publish_by_fails_with_its_reason(
    board: Board, reason: HoldReason | None, expected: str, by: str
) -> None:
    put = await board.put(S.QUEUED, publish_by=START + HOUR, hold_reason=reason, hold_since=START if reason else None)
    if reason is HoldReason.TOKEN:
        await _needs_its_owner(board)
    await _by(board, by, put, START + HOUR - SECOND)
    if by == "look":
        assert (await board.row(put.id)).status == S.QUEUED
    await board.set(put.id, status="queued")
    await _by(board, by, put, START + HOUR)
    row = await board.row(put.id)
    assert (row.status, (row.failure or {})["reason"]) == (S.FAILED, expected)
    assert (await board.types(put.content_id))[-2:] == ["publish.failed", "completed"]


@pytest.mark.parametrize("by", ["look", "claim"])
async def test_a_publication_of_a_deleted_account_fails_and_the_others_continue(board: Board, by: str) -> None:
    put = await board.put(S.QUEUED, S.QUEUED)
    await board.set_account(ChannelName.INSTAGRAM, deleted_at=START)
    await _by(board, by, put, START)
    rows = [await board.row(key) for key in put.ids]
    assert [row.status for row in rows] == ["failed", "queued"]
    assert (rows[0].failure or {})["reason"] == "ACCOUNT_DISCONNECTED"


async def test_an_open_attempt_is_not_ended_by_the_window_or_the_account(board: Board) -> None:
    put = await board.put(S.PUBLISHING, S.UNCONFIRMED, publish_by=START - HOUR)
    for channel in ChannelName:
        await board.set_account(channel, deleted_at=START)
    await board.schedule.look(put.content_id, START)
    for place in range(2):
        await board.claim(put, place=place)
    assert [(await board.row(key)).status for key in put.ids] == ["publishing", "unconfirmed"]


async def test_an_early_claim_sleeps_until_the_due_time(board: Board) -> None:
    put = await board.put(S.QUEUED, S.QUEUED)
    await board.set(put.ids[1], due_at=START + HOUR)
    assert (await board.claim(put, START - 3 * SECOND)).found == 3 * SECOND
    assert (await board.claim(put, START - timedelta(microseconds=1))).found == MIN_SLEEP
    assert (await board.row(put.id)).epoch == 0
    due = await board.claim(put)
    assert (due.step.publication_id, due.step.epoch, due.found) == (put.id, 1, NextStep.PUBLISH)
    assert (await board.claim(put, place=1)).found == HOUR
    assert (await board.content(put.content_id)).status == "publishing"
    assert await board.types(put.content_id) == ["publish.started"]


@pytest.mark.parametrize(
    ("row", "claimed", "sleep"),
    [
        ({"hold_reason": "OUTAGE", "hold_since": START, "hold_until": START + SECOND}, False, SECOND),
        ({"hold_reason": "OUTAGE", "hold_since": START, "hold_until": START}, True, None),
        ({"hold_reason": "TOKEN", "hold_since": START}, False, FOREVER),
        ({"lead_seconds": 60.0}, False, None),
        ({"lead_seconds": 60.0, "preparation_ready": True}, False, None),
        ({"lead_seconds": 60.0, "preparation_ready": True, "preparation_draft_version": 2}, False, None),
        ({"lead_seconds": 60.0, "preparation_ready": False, "preparation_draft_version": 1}, False, None),
        ({"lead_seconds": 60.0, "preparation_ready": True, "preparation_draft_version": 1}, True, None),
        (
            {
                "lead_seconds": 9.0,
                "preparation_ready": True,
                "preparation_draft_version": 1,
                "preparation_expires_at": START,
            },
            False,
            None,
        ),
        (
            {
                "lead_seconds": 9.0,
                "preparation_ready": True,
                "preparation_draft_version": 1,
                "preparation_expires_at": START + SECOND,
            },
            True,
            None,
        ),
    ],
)
async def test_a_held_or_unprepared_publication_is_not_claimed(
    board: Board, row: dict[str, object], claimed: bool, sleep: timedelta | None
) -> None:
    put = await board.put(S.QUEUED, **row)
    if row.get("hold_reason") == "TOKEN":
        await _needs_its_owner(board)
    assert (await board.claim(put)).found == (NextStep.PUBLISH if claimed else sleep)
    assert (await board.row(put.id)).status == ("publishing" if claimed else "queued")


@pytest.mark.parametrize(
    ("late", "attempts", "mode"),
    [
        (LATE_FIRST_SEND, 0, NextStep.PUBLISH),
        (LATE_FIRST_SEND + SECOND, 0, NextStep.LOOK_FIRST),
        (LATE_FIRST_SEND + SECOND, 1, NextStep.PUBLISH),
    ],
)
async def test_a_late_first_send_is_checked_first(board: Board, late: timedelta, attempts: int, mode: NextStep) -> None:
    put = await board.put(S.QUEUED, attempt_count=attempts)
    assert (await board.claim(put, START + late)).found is mode


async def test_what_does_not_wait_is_not_claimed(board: Board) -> None:
    put = await board.put(S.PUBLISHING, S.PUBLISHED, S.CANCELED, S.UNCONFIRMED, S.FAILED, epoch=4)
    for place in range(len(put.ids)):
        taken = await board.claim(put, place=place)
        assert (taken.found, taken.step.epoch) == (None, 4)
    assert await board.types(put.content_id) == []


async def test_of_concurrent_claims_one_publishes(board: Board) -> None:
    put = await board.put(S.QUEUED)
    claims = await asyncio.gather(*(board.claim(put) for _ in range(10)))
    assert [claim.found for claim in claims].count(NextStep.PUBLISH) == 1
    assert {claim.step.epoch for claim in claims} == {1}
    assert await board.types(put.content_id) == ["publish.started"]


async def test_of_two_hundred_concurrent_claims_and_cancels_exactly_one_wins_each_time(board: Board) -> None:
    async def claim(put: Put) -> bool:
        return (await board.claim(put)).found is NextStep.PUBLISH

    puts = [await board.put(S.QUEUED) for _ in range(200)]
    wins = {"claim": 0, "cancel": 0}
    for turn in range(0, 200, 10):
        # Either side may come first: which one is up to the database.
        pairs = [
            (claim(put), board.cancel(put)) if n % 2 else (board.cancel(put), claim(put))
            for n, put in enumerate(puts[turn : turn + 10])
        ]
        results = await asyncio.gather(*(step for pair in pairs for step in pair))
        for n, put in enumerate(puts[turn : turn + 10]):
            first, second = results[2 * n], results[2 * n + 1]
            claimed, canceled = (first, second) if n % 2 else (second, first)
            assert claimed != canceled
            wins["claim" if claimed else "cancel"] += 1
            assert (await board.row(put.id)).status == ("publishing" if claimed else "canceled")
    assert min(wins.values()) > 0


async def test_a_hold_for_a_token_that_works_again_ends(board: Board) -> None:
    """The account was reconnected while the hold was being written, so the reconnect did not release it."""
    put = await board.put(S.QUEUED, S.QUEUED, hold_reason="TOKEN", hold_since=START)
    await board.set_account(ChannelName.INSTAGRAM, status="reauth_required")
    found = [(await board.claim(put, place=place)).found for place in range(2)]
    assert found == [FOREVER, NextStep.PUBLISH]
    assert (await board.row(put.ids[0])).hold_reason == "TOKEN"
    assert await board.types(put.content_id) == ["publish.resumed", "publish.started"]


async def test_a_hold_that_ends_after_publish_by_fails_without_a_resumed_event(board: Board) -> None:
    put = await board.put(S.QUEUED, hold_reason="TOKEN", hold_since=START, publish_by=START)
    await board.schedule.look(put.content_id, START)
    assert await board.types(put.content_id) == ["publish.failed", "completed"]
    assert ((await board.row(put.id)).failure or {})["reason"] == "WINDOW_MISSED"


async def _needs_its_owner(board: Board) -> None:
    for channel in ChannelName:
        await board.set_account(channel, status="reauth_required")


async def _by(board: Board, by: str, put: Put, now: datetime) -> None:
    if by == "look":
        await board.schedule.look(put.content_id, now)
    else:
        await board.claim(put, now)
