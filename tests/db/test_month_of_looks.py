"""A month of looks at the posts of all networks, by a clock that jumps: no budget is exceeded, nothing is missed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from munadi.channels.registry import spec_of
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.look_ages import Looks
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Channels
from munadi.ports.requests import count_request
from munadi.publishing.look_budget import spent_on
from munadi.publishing.watches import WatchStore
from tests.db.board import Board
from tests.db.seeding import START, StillClock
from tests.support.look_costs import requests_of
from tests.support.tables import create_tables
from tests.workflows.fakes import Tokens
from tests.workflows.network import FakeChannel, spec
from worker.looking import PostWatcher

SEED = 20261202
MONTH = timedelta(days=30)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ACCOUNTS_EACH = 3
# X is looked at only where it is named.
WANTED = Looks(channels={ChannelName.X: (HOUR, DAY)})
# One post in so many is deleted at its network, some time in the month.
DELETED = 50


@dataclass
class Ledger:
    """The requests of looks, as the networks count them: by network and day, and by account and day."""

    by_network: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_account: Counter[tuple[str, str]] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)


@dataclass
class CountedNetwork(FakeChannel):
    """Shows every post until it is deleted, and makes as many requests for that as the network's own channel."""

    clock: StillClock = field(default_factory=StillClock)
    ledger: Ledger = field(default_factory=Ledger)
    deleted_at: dict[str, datetime] = field(default_factory=dict)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        now, name = self.clock.now(), self.spec.name.value
        found = [Seen(verdict=self._verdict(one.id, now)) for one in objects]
        missing = sum(one.verdict is Verdict.GONE for one in found)
        requests = requests_of(self.spec.name, len(objects) - missing, missing)
        for _ in range(requests):
            count_request()
        self.ledger.by_network[name, now.date().isoformat()] += requests
        self.ledger.by_account[account.id, now.date().isoformat()] += requests
        self.ledger.reads[name] += len(objects)
        return found

    def _verdict(self, post_id: str, now: datetime) -> Verdict:
        return Verdict.GONE if now >= self.deleted_at.get(post_id, now + HOUR) else Verdict.LIVE


class Month:
    """The posts of a month at all networks, and the looks at them."""

    def __init__(self, database: Database, posts: int) -> None:
        self.board, self.posts = Board(database), posts
        self.clock, self.ledger, self.random = StillClock(), Ledger(), random.Random(SEED)
        self.deleted_at: dict[str, datetime] = {}
        networks = {
            name: CountedNetwork(
                spec(name, looks=spec_of(name).looks, own_server=False),
                clock=self.clock,
                ledger=self.ledger,
                deleted_at=self.deleted_at,
            )
            for name in ChannelName
        }
        channels = Channels(dict(networks))
        self.store = WatchStore(database, channels, WANTED)
        self.watcher = PostWatcher(self.store, channels, Tokens(), self.clock, 10)

    async def publish(self) -> None:
        """Store all posts of the month; each is due for its first look once its time has come."""
        async with self.board.database.write() as session:
            accounts = []
            for name, first in self.board.accounts.items():
                row = await session.get_one(AccountRow, first)
                others = [
                    AccountRow(**{**row.model_dump(), "id": f"{first}-{n}", "external_id": f"{n}"}) for n in (8, 9)
                ]
                session.add_all(others)
                accounts += [(name, each) for each in (first, *(other.id for other in others))]
            assert len(accounts) == len(ChannelName) * ACCOUNTS_EACH
            await session.flush()
            for number in range(self.posts):
                self._add(session, number, *accounts[number % len(accounts)])
                if number % 500 == 0:
                    await session.flush()

    def _add(self, session: object, number: int, channel: ChannelName, account_id: str) -> None:
        # Most people plan their posts for a full hour of the day.
        at = START + timedelta(days=self.random.randrange(30), hours=self.random.randrange(8, 20))
        content_id, key, post_id = new_id(Prefix.CONTENT), new_id(Prefix.PUBLICATION), f"{channel}-{number}"
        if number % DELETED == 0:
            self.deleted_at[post_id] = at + self.random.random() * (START + MONTH - at)
        times = {"created_at": at, "updated_at": at}
        done = {"status": "published", "completed_as": "published", "publish_by": at + DAY}
        rows = [
            ContentRow(id=content_id, brand_ref=self.board.brand, scheduled_at=at, **done, **times),
            DraftRow(content_id=content_id, draft_version=1, source={}, resolved={key: {"text": "a"}}, created_at=at),
            PublicationRow(
                id=key,
                content_id=content_id,
                account_id=account_id,
                channel=channel,
                place=0,
                status="published",
                due_at=at,
                published_at=at,
                watch_at=at,
                posted=[{"id": post_id}],
                **times,
            ),
        ]
        for row in rows:
            session.add(row)  # type: ignore[attr-defined]

    async def pass_by(self, until: datetime) -> None:
        """Run a round whenever something is due."""
        at = select(func.min(col(PublicationRow.watch_at)))
        while True:
            async with self.board.database.read() as session:
                due = (await session.exec(at)).one()
            if due is None or due > until:
                return
            # A worker that looks every ten minutes, at whatever has become due.
            self.clock.time = max(self.clock.time + timedelta(minutes=10), due)
            await self.watcher.round()

    def table(self) -> str:
        """Requests and posts read, by network, in the words of the guide."""
        lines = [
            "| network | posts read | requests in the month | most in a day | budget of a day |",
            "|---|---|---|---|---|",
        ]
        for name in ChannelName:
            days = {day: count for (network, day), count in self.ledger.by_network.items() if network == name}
            rule = spec_of(name).looks
            budget = rule.of_account * ACCOUNTS_EACH if rule.of_app is None else rule.of_app
            numbers = (self.ledger.reads[name], sum(days.values()), max(days.values(), default=0), budget)
            lines.append(f"| {spec_of(name).title} | " + " | ".join(f"{one:,}" for one in numbers) + " |")
        return "\n".join(lines)


@pytest.mark.parametrize("posts", [500, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)])])
async def test_a_month_of_looks_stays_within_every_budget_and_finds_what_was_deleted(
    tmp_path: Path, posts: int
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'month.db'}")
    month = Month(database, posts)
    try:
        await create_tables(database)
        await month.board.create()
        await month.publish()
        await month.pass_by(START + MONTH)
        for (account_id, day), count in month.ledger.by_account.items():
            async with database.read() as session:
                rule = spec_of(ChannelName((await session.get_one(AccountRow, account_id)).channel)).looks
            assert count <= rule.of_account, (account_id, day)
            budget = await spent_on(database, [account_id], datetime.fromisoformat(day).replace(tzinfo=UTC))
            assert budget == {account_id: count}, "the budget counts what was made"
        for (name, day), count in month.ledger.by_network.items():
            limit = spec_of(ChannelName(name)).looks.of_app
            assert limit is None or count <= limit, (name, day)
        await _expect_each_looked_at(month)
        await _expect_reports(month)
        print(month.table())
    finally:
        await database.close()


async def _expect_each_looked_at(month: Month) -> None:
    """All posts that are three days old were looked at, but for what is waiting for the next day's budget."""
    async with month.board.database.read() as session:
        query = select(PublicationRow).where(col(PublicationRow.published_at) < START + MONTH - 3 * DAY)
        rows = (await session.exec(query)).all()
    never = [row.posted[0]["id"] for row in rows if not (row.watch or {}).get("verdict")]
    deleted_first = [one for one in never if one in month.deleted_at]
    assert len(never) - len(deleted_first) <= len(rows) / 100, f"{len(never)} of {len(rows)} were never looked at"


async def _expect_reports(month: Month) -> None:
    """One report for each post that was found to be deleted, and none for another."""
    async with month.board.database.read() as session:
        events = (await session.exec(select(EventRow.publication_id))).all()
        query = select(PublicationRow).where(col(PublicationRow.hidden_since).is_not(None))
        found = (await session.exec(query)).all()
    assert sorted(events) == sorted(row.id for row in found)
    assert all(row.posted[0]["id"] in month.deleted_at for row in found)
    assert len(found) >= len(month.deleted_at) / 4, "the others were deleted after their last look of the month"
