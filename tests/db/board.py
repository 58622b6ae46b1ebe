"""Posts in any state, inserted directly, and their rows afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import update
from sqlmodel import col, select

from munadi.crypto import KeyRing, create_key
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, BrandRow, ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import ClaimResult
from munadi.publishing import changes
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.content import LockedContent
from munadi.publishing.preparations import seal_state
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.states import roll_up
from tests.db.seeding import START

CHANNELS = tuple(ChannelName)


@dataclass(frozen=True)
class Put:
    """An inserted post, and the ids of its publications in order."""

    content_id: str
    ids: tuple[str, ...]

    @property
    def id(self) -> str:
        """The first publication."""
        return self.ids[0]


class Board:
    """One brand with an account per channel. Inserts its posts and reads their rows."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.keyring = KeyRing([create_key()])
        self.schedule = ScheduleStore(database, self.keyring)
        self.store = AttemptStore(database, self.keyring)
        self.accounts = {channel: new_id(Prefix.ACCOUNT) for channel in CHANNELS}
        self.brand = f"brand-{uuid4().hex}"

    async def create(self) -> None:
        async with self.database.write() as session:
            session.add(BrandRow(ref=self.brand, created_at=START))
            await session.flush()
            for channel, account_id in self.accounts.items():
                session.add(
                    AccountRow(
                        id=account_id,
                        brand_ref=self.brand,
                        channel=channel,
                        external_id="1",
                        handle="h",
                        status="connected",
                        sealed=b"",
                        created_at=START,
                        updated_at=START,
                    )
                )

    async def put(
        self,
        *statuses: PublicationStatus | str,
        due: datetime = START,
        publish_by: datetime | None = None,
        content: dict[str, Any] | None = None,
        **row: Any,
    ) -> Put:
        """Insert a post with a publication in each of these statuses, on channels in order. `row` is for all.

        `handle` in it is a state, which is sealed.
        """
        handle = row.pop("handle", None)
        ids = tuple(new_id(Prefix.PUBLICATION) for _ in statuses)
        content_id = new_id(Prefix.CONTENT)
        times = {"created_at": START, "updated_at": START}
        values: dict[str, Any] = {
            "status": roll_up(PublicationStatus(status) for status in statuses).value,
            "scheduled_at": due,
            "publish_by": publish_by or due + timedelta(days=1),
            **times,
        }
        resolved = {key: {"text": "hello"} for key in ids}
        async with self.database.write() as session:
            session.add(ContentRow(id=content_id, brand_ref=self.brand, **(values | (content or {}))))
            await session.flush()
            session.add(
                DraftRow(content_id=content_id, draft_version=1, source={}, resolved=resolved, created_at=START)
            )
            for place, (key, status) in enumerate(zip(ids, statuses, strict=True)):
                channel = CHANNELS[place]
                whose = {"account_id": self.accounts[channel], "channel": channel}
                given = {"status": PublicationStatus(status).value, "due_at": due, **whose, **times, **row}
                if handle is not None:
                    given["sealed_preparation"] = seal_state(self.keyring, key, handle)
                session.add(
                    PublicationRow(
                        id=key,
                        content_id=content_id,
                        place=place,
                        **given,
                    )
                )
        return Put(content_id, ids)

    async def attempt(self, publication_id: str, *, number: int = 1, is_open: bool = True, epoch: int = 0) -> str:
        """Insert an attempt of a minute ago. Returns its id."""
        made = AttemptRow(
            id=new_id(Prefix.ATTEMPT),
            publication_id=publication_id,
            stage="post",
            number=number,
            epoch=epoch,
            holder="w",
            is_open=is_open,
            intent_at=START - timedelta(minutes=1),
            deadline_at=START - timedelta(seconds=30),
        )
        async with self.database.write() as session:
            session.add(made)
        await self.set(publication_id, attempt_count=number)
        return made.id

    @asynccontextmanager
    async def locked(self, content_id: str, now: datetime = START) -> AsyncIterator[LockedContent]:
        """A locked post, which is committed when the block ends."""
        async with self.database.write() as session:
            post = await LockedContent.lock(session, content_id, now)
            assert post is not None
            yield post

    async def claim(self, put: Put, now: datetime = START, *, place: int = 0) -> ClaimResult:
        """Claim a publication of a post, without a token for its call."""
        key = put.ids[place]
        taken = await self.store.claim(put.content_id, key, epoch=0, holder="w", now=now, period=None)
        assert taken is not None
        return taken

    async def cancel(self, put: Put) -> bool:
        """Cancel a post. Returns whether that was still possible."""
        try:
            async with self.locked(put.content_id) as post:
                return await changes.cancel(post) == [put.id]
        except changes.ChangeRefused:
            return False

    async def set(self, publication_id: str, **values: Any) -> None:
        await self._update(PublicationRow, publication_id, values)

    async def set_content(self, content_id: str, **values: Any) -> None:
        await self._update(ContentRow, content_id, values)

    async def set_attempt(self, attempt_id: str, **values: Any) -> None:
        await self._update(AttemptRow, attempt_id, values)

    async def set_account(self, channel: ChannelName, **values: Any) -> None:
        await self._update(AccountRow, self.accounts[channel], values)

    async def row(self, publication_id: str) -> PublicationRow:
        return await self._get(PublicationRow, publication_id)

    async def content(self, content_id: str) -> ContentRow:
        return await self._get(ContentRow, content_id)

    async def account(self, channel: ChannelName) -> AccountRow:
        return await self._get(AccountRow, self.accounts[channel])

    async def attempts(self, publication_id: str) -> Sequence[AttemptRow]:
        query = select(AttemptRow).where(AttemptRow.publication_id == publication_id).order_by(col(AttemptRow.number))
        async with self.database.read() as session:
            return (await session.exec(query)).all()

    async def events(self, content_id: str) -> Sequence[EventRow]:
        query = select(EventRow).where(EventRow.content_id == content_id).order_by(col(EventRow.sequence))
        async with self.database.read() as session:
            return (await session.exec(query)).all()

    async def types(self, content_id: str) -> list[str]:
        """The types of its events, in order, without the common prefix."""
        return [event.type.removeprefix("content.") for event in await self.events(content_id)]

    async def _get(self, table: Any, key: str) -> Any:
        async with self.database.read() as session:
            row = await session.get(table, key)
            assert row is not None
            return row

    async def _update(self, table: Any, key: str, values: dict[str, Any]) -> None:
        async with self.database.write() as session:
            await session.exec(update(table).where(table.id == key).values(**values))
