"""The loop of looks over each database: who is looked at when, what is stored, and which events there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.db.tables import AccountRow, BrandRow, PublicationRow
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.liveness import Watch
from munadi.domain.look_rule import LookRule
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import Seen, Verdict
from munadi.ports import Channels
from munadi.publishing import watching
from munadi.publishing.content import LockedContent
from munadi.publishing.outcomes import PLANS_LOOKS
from munadi.publishing.watches import WatchStore
from tests.db.board import Board, Put
from tests.db.seeding import START
from tests.workflows.fakes import Tokens
from tests.workflows.network import FakeChannel, spec
from worker.looking import MISSING_ALL, POSTPONED, PostWatcher

S, V = PublicationStatus, Verdict
NAME = ChannelName.INSTAGRAM  # the first channel of a board
HOUR = timedelta(hours=1)
GONE, LIVE = Seen(verdict=V.GONE, word="RecordNotFound"), Seen(verdict=V.LIVE)


class Moving:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Watching:
    """The loop over a board, one network, and a clock."""

    def __init__(self, board: Board, **rule: Any) -> None:
        self.board, self.clock, self.tokens = board, Moving(), Tokens()
        looks = LookRule(**{"batch": 10, **rule})
        self.channel = FakeChannel(spec(NAME, looks=looks))
        self.store = WatchStore(board.database)
        channels = {name: FakeChannel(spec(name)) for name in ChannelName} | {NAME: self.channel}
        self.watcher = PostWatcher(self.store, Channels(dict(channels)), self.tokens, self.clock)

    async def put(self, count: int = 1, *, at: datetime = START, **row: Any) -> list[Put]:
        """Posts that were just published."""
        made = []
        for number in range(count):
            post_id = f"p-{at.timestamp()}-{number}"
            fields = {"published_at": at, "provider_post_id": post_id, "posted": [{"id": post_id}], "steps_left": []}
            made.append(await self.board.put(S.PUBLISHED, look_at=at + PLANS_LOOKS, **(fields | row)))
        return made

    async def pass_to(self, at: datetime) -> None:
        """A round at each moment in which something is due, until then."""
        while True:
            due = [one.look_at for one in await self.board_rows() if one.look_at is not None and one.look_at <= at]
            if not due:
                break
            self.clock.at = max(self.clock.at, min(due))
            await self.watcher.round()
        self.clock.at = max(self.clock.at, at)

    async def board_rows(self) -> Sequence[PublicationRow]:
        from sqlmodel import col, select

        async with self.board.database.read() as session:
            query = select(PublicationRow).where(col(PublicationRow.account_id).in_(self.board.accounts.values()))
            return (await session.exec(query)).all()

    async def row(self, put: Put) -> PublicationRow:
        return await self.board.row(put.id)

    async def events(self, put: Put) -> list[tuple[str, str | None]]:
        return [(one.type, one.reason) for one in await self.board.events(put.content_id)]

    @property
    def looks(self) -> int:
        return self.channel.count("look")


@pytest.fixture
def watching_board(own_board: Board) -> Watching:
    return Watching(own_board)


async def verdict_of(world: Watching, put: Put) -> Verdict | None:
    return watching.watch_of(await world.row(put)).verdict


async def test_a_post_is_looked_at_four_times_and_no_event_says_that_it_is_there(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    await watching_board.pass_to(START + timedelta(days=60))
    row = await watching_board.row(put)
    assert (row.look_at, watching_board.looks) == (None, 4)
    watch = watching.watch_of(row)
    assert (watch.verdict, len(watch.looks)) == (V.LIVE, 4)
    assert [round((one.at - START) / HOUR) for one in watch.looks] == pytest.approx([1, 24, 168, 720], rel=0.11)
    assert await watching_board.events(put) == []


async def test_one_call_serves_what_is_due_together(watching_board: Watching) -> None:
    await watching_board.put(10)
    await watching_board.pass_to(START + 2 * HOUR)
    assert watching_board.looks <= 2, "within the spread of ten per cent"


async def test_what_vanished_is_reported_once_after_two_looks_and_never_looked_at_again(
    watching_board: Watching,
) -> None:
    gone, there = await watching_board.put(2)
    await watching_board.pass_to(START + 2 * HOUR)
    watching_board.channel.removed.append((await watching_board.row(gone)).posted[0]["id"])
    await watching_board.pass_to(START + timedelta(days=60))
    assert await watching_board.events(gone) == [("content.publish.vanished", "gone")]
    assert await watching_board.events(there) == []
    row = await watching_board.row(gone)
    assert (row.status, row.look_at) == (S.PUBLISHED, None)
    (event,) = await watching_board.board.events(gone.content_id)
    liveness = event.data["publication"]["liveness"]
    assert (liveness["verdict"], liveness["word"], liveness["nextLookAt"]) == ("gone", "", None)
    looks = [one.verdict for one in watching.watch_of(row).looks]
    assert looks == [V.LIVE, V.GONE, V.GONE]


async def test_all_posts_missing_at_once_is_about_the_account(watching_board: Watching) -> None:
    puts = await watching_board.put(3)
    await watching_board.pass_to(START + 2 * HOUR)
    watching_board.channel.sight = GONE
    await watching_board.pass_to(START + timedelta(days=3))
    for put in puts:
        assert await watching_board.events(put) == []
        watch = watching.watch_of(await watching_board.row(put))
        assert (watch.verdict, watch.looks[-1].word) == (V.LIVE, MISSING_ALL)


async def test_the_only_post_of_an_account_may_vanish(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    watching_board.channel.sight = GONE
    await watching_board.pass_to(START + 3 * HOUR)
    assert await watching_board.events(put) == [("content.publish.vanished", "gone")]


async def test_a_limit_and_its_end_are_reported(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    watching_board.channel.sight = Seen(verdict=V.REJECTED, word="copyright")
    await watching_board.pass_to(START + 3 * HOUR)
    watching_board.channel.sight = LIVE
    await watching_board.pass_to(START + timedelta(days=3))
    assert await watching_board.events(put) == [
        ("content.publish.limited", "rejected"),
        ("content.publish.restored", "live"),
    ]


async def test_what_cannot_be_read_is_asked_for_more_and_more_rarely(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    error = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "down", provider_code="503")
    watching_board.tokens.errors = [error] * 1000
    await watching_board.pass_to(START + timedelta(days=60))
    watch = watching.watch_of(await watching_board.row(put))
    assert (watch.verdict, watch.looks[-1].word) == (None, "503")
    assert 35 < watch.unread < 45, "once a day, until a week after the last planned look"
    assert (await watching_board.row(put)).look_at is None
    assert await watching_board.events(put) == []


async def test_no_look_is_made_beside_a_post_that_is_due(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    await watching_board.pass_to(START + timedelta(minutes=30))
    look_at = (await watching_board.row(put)).look_at
    assert look_at is not None
    due = await watching_board.board.put(S.QUEUED, due=look_at + timedelta(seconds=100))
    watching_board.clock.at = look_at
    await watching_board.watcher.round()
    assert watching_board.looks == 0
    assert (await watching_board.row(put)).look_at == look_at + POSTPONED
    await watching_board.board.set(due.id, status="canceled")
    await watching_board.pass_to(look_at + POSTPONED)
    assert watching_board.looks == 1


async def test_two_workers_make_one_look(watching_board: Watching) -> None:
    import asyncio

    (put,) = await watching_board.put()
    await watching_board.pass_to(START + timedelta(minutes=30))
    look_at = (await watching_board.row(put)).look_at
    assert look_at is not None
    watching_board.clock.at = look_at
    other = PostWatcher(
        WatchStore(watching_board.board.database),
        Channels({NAME: watching_board.channel}),
        watching_board.tokens,
        watching_board.clock,
    )
    await asyncio.gather(watching_board.watcher.round(), other.round())
    assert watching_board.looks == 1


async def test_a_budget_that_is_used_up_ends_the_looks_of_the_day(own_board: Board) -> None:
    world = Watching(own_board, batch=1, control_calls=0, calls_a_day=3, app_calls_a_day=3)
    puts = await world.put(3) + await world.put(2, at=START + timedelta(hours=3))
    await world.pass_to(START + timedelta(hours=8))
    seen = [await verdict_of(world, put) for put in puts]
    assert seen == [V.LIVE] * 3 + [None] * 2
    await world.pass_to(START + timedelta(hours=40))
    assert all([await verdict_of(world, put) is V.LIVE for put in puts[3:]])


async def test_a_brand_can_end_its_looks_and_set_their_times(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    async with watching_board.board.database.write() as session:
        brand = await session.get_one(BrandRow, watching_board.board.brand)
        brand.looks = {"channels": {NAME.value: ["PT10M", "PT2H"]}}
    await watching_board.pass_to(START + HOUR)
    assert watching_board.looks == 1
    async with watching_board.board.database.write() as session:
        brand = await session.get_one(BrandRow, watching_board.board.brand)
        brand.looks = {"channels": {NAME.value: False}}
    await watching_board.pass_to(START + timedelta(days=60))
    assert watching_board.looks == 2, "the one that was planned"
    (never,) = await watching_board.put(at=watching_board.clock.at)
    await watching_board.pass_to(watching_board.clock.at + timedelta(days=60))
    assert ((await watching_board.row(never)).look_at, watching_board.looks) == (None, 2)
    assert (await watching_board.row(put)).look_at is None


async def test_the_posts_of_a_disconnected_account_are_not_looked_at(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    async with watching_board.board.database.write() as session:
        account = await session.get_one(AccountRow, watching_board.board.accounts[NAME])
        account.deleted_at = START
    await watching_board.pass_to(START + timedelta(days=60))
    assert ((await watching_board.row(put)).look_at, watching_board.looks) == (None, 0)


async def test_a_story_ends_without_an_event(own_board: Board) -> None:
    world = Watching(own_board, expiring_kinds=("story",))
    (put,) = await world.put()
    async with own_board.database.write() as session:
        locked = await LockedContent.lock(session, put.content_id, START)
        assert locked is not None
        locked.draft.resolved = {put.id: {"text": "hello", "options": {"kind": "story"}}}
    await world.pass_to(START + timedelta(days=2))
    watch: Watch = watching.watch_of(await world.row(put))
    assert (watch.verdict, watch.word, await world.events(put)) == (V.GONE, "expired", [])
    assert world.looks in (1, 2), "after an hour, and perhaps shortly before its end"
    assert not watching.has_vanished(await world.row(put)), "a story that ended is not published again"


async def test_a_post_that_is_being_withdrawn_is_left_to_that(watching_board: Watching) -> None:
    (put,) = await watching_board.put()
    await watching_board.pass_to(START + timedelta(minutes=30))
    watching_board.clock.at = START + 2 * HOUR
    (taken,) = await watching_board.store.take(watching_board.board.accounts[NAME], watching_board.clock.at, 10)
    await watching_board.board.set(put.id, look_at=None)  # a withdrawal was asked for meanwhile
    from munadi.publishing.watches import Result

    vanished = Watch(verdict=V.GONE, since=START, looked_at=START)
    for watch in (vanished, Watch(verdict=V.LIVE, since=START, looked_at=START)):
        await watching_board.store.record([Result(taken, watch, START)], watching_board.clock.at)
    row = await watching_board.row(put)
    assert (row.look_at, watching.watch_of(row).verdict) == (None, None)
    assert await watching_board.events(put) == []
