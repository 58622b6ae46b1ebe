"""A post whose server is slow waits before it is claimed, and continues when the server is quick again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities.messages import PublicationRef
from activities.publishing import PublishingActivities
from munadi.db.tables import AccountRow, AttemptRow, ContentRow, EventRow
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.publishing import NextStep
from munadi.domain.server import Server
from munadi.outbound.host_calls import START as PLACES
from munadi.outbound.host_calls import HostCalls
from munadi.publishing.slow_hosts import release_slow
from tests.db.board import CHANNELS, Board
from tests.db.seeding import START, Seed, StillClock, token
from tests.db.test_late_answers import Late, LateNetwork

S = PublicationStatus
HELD: dict[str, Any] = {"hold_reason": "HOST_SLOW", "hold_since": START, "hold_until": START + timedelta(minutes=10)}


async def _at(board: Board, place: int, service_url: str) -> None:
    """The account of the channel at this place lives at `service_url`."""
    async with board.database.write() as session:
        row = await session.get_one(AccountRow, board.accounts[CHANNELS[place]])
        row.service_url = service_url


async def test_posts_of_a_server_that_is_quick_again_continue_some_at_a_time(own_board: Board) -> None:
    for place, address in enumerate(
        ("http://Slow.example:3000/", "http://slow.example:30001", "http://slow.example:3000")
    ):
        await _at(own_board, place, address)
    put = [await own_board.put(S.QUEUED, S.QUEUED, S.QUEUED, **HELD) for _ in range(3)]
    assert await release_slow(own_board.database, "http://slow.example:3000", START, 2) == 2
    assert await release_slow(own_board.database, "http://slow.example:3000", START, 2) == 1
    assert await release_slow(own_board.database, "http://slow.example:3000", START, 2) == 0
    for each in put:
        rows = [await own_board.row(key) for key in each.ids]
        assert [row.hold_reason for row in rows] == [None, "HOST_SLOW", None], "another port is another server"
        async with own_board.database.read() as session:
            assert (await session.get_one(ContentRow, each.content_id)).wake_seq > 0


async def test_other_holds_stay(own_board: Board) -> None:
    await _at(own_board, 0, "http://slow.example:3000")
    put = await own_board.put(S.QUEUED, **{**HELD, "hold_reason": "OUTAGE"})
    assert await release_slow(own_board.database, "http://slow.example:3000", START, 5) == 0
    assert (await own_board.row(put.id)).hold_reason == "OUTAGE"


class FullServer:
    """A post of an account at a server all of whose places are taken."""

    def __init__(self, seed: Seed, clock: StillClock) -> None:
        self.late = Late(seed, LateNetwork(ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, "dead")), clock)
        self.calls, self.seed, self.clock = HostCalls(), seed, clock
        self.server = Server("https://slow.example", True)

    async def begin(self) -> None:
        await self.late.begin(token("second", "refresh"))
        async with self.seed.database.write() as session:
            row = await session.get_one(AccountRow, self.late.account_id)
            row.service_url = self.server.key

    async def publish(self) -> PublicationStatus:
        """Run the activity for the post, which is due."""
        row = await self.seed.publication(self.late.content_id)
        network = self.late.network.channels
        activities = PublishingActivities(
            self.late.schedule, self.late.attempts, network, self.late.tokens, self.clock, "w", self.calls
        )
        ref = PublicationRef(
            publication_id=row.id,
            epoch=row.epoch,
            draft_version=1,
            claim_at=START,
            content_id=self.late.content_id,
            account_id=self.late.account_id,
            brand_ref="acme",
        )
        result = await ActivityEnvironment().run(activities.publish, ref)
        assert result.step in (NextStep.LOOK, NextStep.DONE)
        return result.status

    async def take(self) -> list[asyncio.Task[None]]:
        """Take all places, by calls that never end."""

        async def call() -> None:
            async with self.calls.call("acme", self.server):
                await asyncio.sleep(60)

        tasks = [asyncio.create_task(call()) for _ in range(PLACES)]
        await asyncio.sleep(0)
        return tasks


async def test_what_finds_no_place_is_held_before_it_is_claimed(seed: Seed, clock: StillClock) -> None:
    full = FullServer(seed, clock)
    await full.begin()
    taken = await full.take()
    assert await full.publish() is S.QUEUED
    row = await seed.publication(full.late.content_id)
    assert (row.hold_reason, row.attempt_count) == (HoldReason.HOST_SLOW, 0)
    assert row.hold_until is not None
    assert row.hold_until > START
    assert row.hold_cause is not None
    assert row.hold_cause["reason"] == Reason.HOST_SLOW
    assert full.late.network.worked == []
    async with seed.database.read() as session:
        assert (await session.exec(select(AttemptRow))).first() is None
        query = select(EventRow.type).where(col(EventRow.type).startswith("content.publish"))
        assert "content.publish.started" not in (await session.exec(query)).all()
    for task in taken:
        task.cancel()
    await asyncio.gather(*taken, return_exceptions=True)


async def test_with_a_place_it_is_published(seed: Seed, clock: StillClock) -> None:
    full = FullServer(seed, clock)
    await full.begin()
    assert await full.publish() is S.PUBLISHED
    assert full.late.network.worked == ["second"]
    assert not full.calls._places, "the place is left"
