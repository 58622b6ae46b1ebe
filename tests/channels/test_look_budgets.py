"""What looks at many posts of an account cost: the budget counts the requests that were made, at every network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.look_ages import Looks
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.ports import Channels
from munadi.publishing.look_budget import spent_on
from munadi.publishing.watches import WatchStore
from munadi.publishing.watching import watch_of
from munadi.sandbox.state import NETWORKS
from tests.channels.sandbox import Acme, many_posts
from tests.db.board import Board
from tests.db.seeding import START, StillClock
from tests.support.look_costs import missed, requests_of
from tests.support.tables import create_tables
from tests.workflows.fakes import Tokens
from worker.looking import PostWatcher

HOUR = timedelta(hours=1)
NUMBERS = (1, 50, 120)
# Telegram is asked for each message, five in a second: one more than a look reads shows as much. So is Discord.
# Google's list has no order, so all of it is read.
FEWER = {"discord": (1, 21), "google_business": (1, 21), "telegram": (1, 21)}
LOST = 2
GONE = {"tiktok": Verdict.UNSEEN}


class OwnTokens(Tokens):
    """The tokens of one account."""

    def __init__(self, account: ConnectedAccount) -> None:
        super().__init__()
        self._account = account

    async def account(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        return self._account.model_copy(update={"id": account_id})


class Books:
    """Posts of an account in a database, and rounds of looks at them, over sockets."""

    def __init__(self, database: Database, acme: Acme) -> None:
        self.board, self.acme, self.network = Board(database), acme, ChannelName(acme.name)
        self.clock = StillClock()
        channels = Channels({self.network: acme.channel})
        self.store = WatchStore(database, channels, Looks(channels={self.network: (HOUR,)}))
        self.watcher = PostWatcher(self.store, channels, OwnTokens(acme.account), self.clock, 10)
        self.account_id = self.board.accounts[self.network]

    async def publish(self, posts: Sequence[PostedObject]) -> list[str]:
        """Store these posts of the network as published; the ids of the publications."""
        ids = []
        async with self.board.database.write() as session:
            for one in posts:
                content_id, key, times = new_id(Prefix.CONTENT), new_id(Prefix.PUBLICATION), dict.fromkeys(TIMES, START)
                done = {"status": "published", "completed_as": "published", "publish_by": START + HOUR}
                resolved = {key: {"text": "a"}}
                session.add(ContentRow(id=content_id, brand_ref=self.board.brand, scheduled_at=START, **done, **times))
                session.add(
                    DraftRow(content_id=content_id, draft_version=1, source={}, resolved=resolved, created_at=START)
                )
                await session.flush()
                known = {"posted": [one.model_dump(mode="json", exclude_defaults=True)], "watch_at": START}
                whose = {"account_id": self.account_id, "channel": self.network, "place": 0}
                at = {"due_at": START, "published_at": START}
                session.add(
                    PublicationRow(id=key, content_id=content_id, status="published", **whose, **known, **at, **times)
                )
                ids.append(key)
        return ids

    async def look(self) -> int:
        """Look at all that is due; the requests that the network received."""
        before = len(self.acme.oracle.call("GET", "/calls"))
        while await self.store.due(self.clock.time, 1):
            await self.watcher.round()
        return len(self.acme.oracle.call("GET", "/calls")) - before

    async def counted(self) -> int:
        """The requests that the budget of the account counts, which are those of the network, too."""
        found = await spent_on(self.board.database, [self.account_id, self.network], self.clock.time)
        assert found.get(self.network, found[self.account_id]) == found[self.account_id]
        return found[self.account_id]


TIMES = ("created_at", "updated_at")


@asynccontextmanager
async def books(folder: Path, acme: Acme) -> AsyncIterator[Books]:
    database = Database(f"sqlite+aiosqlite:///{folder}/looks-{new_id(Prefix.CONTENT)}.db")
    try:
        await create_tables(database)
        made = Books(database, acme)
        await made.board.create()
        yield made
    finally:
        await database.close()


async def published(acme: Acme, count: int) -> list[PostedObject]:
    """So many posts, with limits that allow them."""
    for kind in acme.oracle.call("GET", "/settings")[acme.name]["limits"]:
        if "Per" in kind:
            acme.set("limits", 1_000_000, kind)
    return await many_posts(acme, count)


@pytest.mark.parametrize("acme", [network.channel for network in NETWORKS], indirect=True)
async def test_the_budget_counts_the_requests_that_looks_make(acme: Acme, tmp_path: Path) -> None:
    if acme.name == "bluesky":
        acme.set("delays", 0, "appview")
    numbers = FEWER.get(acme.name, NUMBERS)
    some, many = numbers[1], numbers[-1]
    rule, posts = acme.channel.spec.looks, await published(acme, many)
    for number in numbers:
        async with books(tmp_path, acme) as own:
            ids = await own.publish(posts[-number:])
            await own.look()  # it plans
            own.clock.time += 2 * HOUR
            made = await own.look()
            assert {watch_of(await own.board.row(key)).verdict for key in ids} == {Verdict.LIVE}
            assert await own.counted() == made <= rule.requests_for(number)
            assert made == looked(own.network, number, rule.at_once)
    for one in posts[-LOST:]:
        whose = {"channel": acme.name, "profile": acme.account.external_id}
        acme.oracle.call("POST", "/changes", post=one.id, control="delete", **whose)
    async with books(tmp_path, acme) as own:
        ids = await own.publish(posts[-some:])
        await own.look()
        own.clock.time += 2 * HOUR
        made = await own.look()
        found: list[Any] = [watch_of(await own.board.row(key)) for key in ids]
        lost = GONE.get(acme.name, Verdict.GONE)
        assert [one.other for one in found] == [None] * (some - LOST) + [lost] * LOST
        assert await own.counted() == made <= rule.requests_for(some)
        assert made <= looked(own.network, some, rule.at_once) + missed(own.network, LOST)


def looked(network: ChannelName, posts: int, at_once: int) -> int:
    """The requests of looks at all of these posts, as many at once as a look reads."""
    return sum(requests_of(network, min(at_once, posts - start)) for start in range(0, posts, at_once))
