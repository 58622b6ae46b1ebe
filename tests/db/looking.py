"""Published posts, a network that shows what a test says, and rounds of looks at them by a clock that a test moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from munadi.db.tables import BrandRow, DraftRow, PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentView
from munadi.domain.failure import ChannelError
from munadi.domain.look_ages import Looks, stored_looks
from munadi.domain.look_rule import LookRule
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Channels
from munadi.ports.requests import count_request
from munadi.publishing.content import LockedContent
from munadi.publishing.watches import WatchStore
from tests.db.board import Board, Put
from tests.db.seeding import START, StillClock
from tests.workflows.fakes import Tokens
from tests.workflows.network import FakeChannel, spec
from worker.looking import PostWatcher

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The first channel of the board.
CHANNEL = ChannelName.INSTAGRAM
LIVE = Seen(verdict=Verdict.LIVE)
GONE = Seen(verdict=Verdict.GONE, word="no such post")
NOTHING = Seen(verdict=Verdict.UNREADABLE, word="no answer")


@dataclass
class LookedAt(FakeChannel):
    """Shows what `shown` says of an object by its id, else that it is live. `looks` are the ids of each look, which
    makes `requests`, or the most that it may."""

    shown: dict[str, Seen] = field(default_factory=dict)
    looks: list[list[str]] = field(default_factory=list)
    error: Exception | None = None
    requests: int | None = None

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        self.looks.append([one.id for one in objects])
        most = self.spec.looks.requests_for(len(objects))
        for _ in range(most if self.requests is None else self.requests):
            count_request()
        if self.error is not None:
            raise self.error
        return [self.shown.get(one.id, LIVE) for one in objects]


class Looking:
    """A board, its network, and a worker's rounds of looks."""

    def __init__(self, board: Board, rule: LookRule = LookRule(), given: Looks = Looks()) -> None:
        self.board = board
        self.clock = StillClock()
        self.network = LookedAt(spec(CHANNEL, looks=rule))
        self.channels = Channels({CHANNEL: self.network})
        self.tokens = Tokens()
        self.store = WatchStore(board.database, self.channels, given)
        self.watcher = self.another()

    def another(self) -> PostWatcher:
        """A worker's loop. Its rounds are called by the test."""
        return PostWatcher(self.store, self.channels, self.tokens, self.clock, 10)

    @property
    def account_id(self) -> str:
        return self.board.accounts[CHANNEL]

    async def published(self, *ids: str, **row: Any) -> Put:
        """A published post with these objects; its parts and comment are given as `step=id`."""
        posted = [
            {"step": one.partition("=")[0], "id": one.partition("=")[2]} if "=" in one else {"id": one} for one in ids
        ]
        given = {"published_at": START, "watch_at": START, "posted": posted}
        done = {"completed_as": "published"}
        return await self.board.put(PublicationStatus.PUBLISHED, content=done, **{**given, **row})

    async def round(self, after: timedelta = timedelta(0), rounds: int = 1) -> None:
        """Move the clock, then run rounds."""
        self.clock.time += after
        for _ in range(rounds):
            await self.watcher.round()

    async def planned(self) -> None:
        """The round that plans what was just published. It looks at nothing."""
        before = len(self.network.looks)
        await self.round()
        assert len(self.network.looks) == before

    async def next_of(self, put: Put) -> PublicationRow:
        """Move the clock to the next planned look at a publication, and run a round. Its row after that."""
        row = await self.board.row(put.id)
        assert row.watch_at is not None, "no look is planned"
        self.clock.time = max(self.clock.time, row.watch_at)
        await self.watcher.round()
        return await self.board.row(put.id)

    async def all_rows(self) -> Mapping[str, PublicationRow]:
        async with self.board.database.read() as session:
            query = select(PublicationRow).where(col(PublicationRow.account_id) == self.account_id)
            return {row.id: row for row in (await session.exec(query)).all()}

    async def want(self, looks: Looks | None) -> None:
        """Store what the brand wants."""
        async with self.board.database.write() as session:
            row = await session.get_one(BrandRow, self.board.brand)
            row.looks = stored_looks(looks)

    async def view(self, put: Put) -> ContentView:
        """A post as the API returns it."""
        async with self.board.database.read() as session:
            post = await LockedContent.read(session, put.content_id, self.clock.time)
            assert post is not None
            return post.view

    async def set_kind(self, put: Put, kind: str) -> None:
        """Give a post the option `kind`."""
        async with self.board.database.write() as session:
            draft = await session.get_one(DraftRow, (put.content_id, 1))
            draft.resolved = {put.id: {"text": "hello", "options": {"kind": kind}}}

    def fail(self, error: ChannelError | None) -> None:
        """Let each look fail, or none."""
        self.network.error = error
