"""First rows, a fixed clock, and a network that refreshes tokens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlmodel import col, select

from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.store import AccountStore
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import BrandRow, ContentRow, DiscardRow, DraftRow, EventRow, PublicationRow
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.account_view import AccountView
from munadi.domain.channel import ChannelName
from munadi.domain.delivery import SendResult
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError
from munadi.domain.ids import Prefix
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.webhook import EndpointWithSecret
from munadi.ports import Channels, Connection
from munadi.publishing import account_changes
from munadi.publishing.content import LockedContent
from munadi.publishing.preparations import seal_state
from munadi.webhooks.endpoints import EndpointStore
from tests.support.tables import create_tables
from tests.workflows.network import FakeChannel, spec

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
TIMES = {"created_at": START, "updated_at": START}
OK = SendResult(ok=True, status_code=204, duration_ms=3, error=None, response_head="")
BROKEN = SendResult(ok=False, status_code=500, duration_ms=3, error="HTTP_STATUS: 500", response_head="oh\0no")
GONE = SendResult(ok=False, status_code=410, duration_ms=3, error="HTTP_STATUS: 410", response_head="", gone=True)


class StillClock:
    """A clock that stands still until a test moves it. `monotonic` is the loop's time."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class RefreshingNetwork(FakeChannel):
    """Answers `refresh` after some seconds with what the test prepared."""

    def __init__(self, answer: Credentials | ChannelError, moment: float = 0.05) -> None:
        super().__init__(spec(ChannelName.BLUESKY))
        self.answer = answer
        self.moment = moment
        self.refreshed: list[str] = []
        self.asked = asyncio.Event()

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        self.refreshed.append(account.credentials.access_token.get_secret_value())
        self.asked.set()
        await asyncio.sleep(self.moment)
        if isinstance(self.answer, ChannelError):
            raise self.answer
        return self.answer

    @property
    def channels(self) -> Channels:
        return Channels({ChannelName.BLUESKY: self})


class Seed:
    """One brand, `acme`, in a database with all tables."""

    def __init__(self, database: Database, keyring: KeyRing | None = None) -> None:
        self.database = database
        self.keyring = keyring or KeyRing([create_key()])
        self.accounts = AccountStore(database, self.keyring)
        self.endpoints = EndpointStore(database, self.keyring)

    async def create(self) -> None:
        await create_tables(self.database)
        async with self.database.write() as session:
            session.add(BrandRow(ref="acme", created_at=START))

    async def account(self, credentials: Credentials | None = None, *, now: datetime = START) -> AccountView:
        connection = Connection(
            Profile(external_id="did:plc:1", handle="acme.example"), credentials or token("first", "refresh-first")
        )
        async with self.database.write() as session:
            return await account_changes.connect(
                session, self.keyring, "acme", ChannelName.BLUESKY, connection, login=None, now=now
            )

    async def endpoint(self, **given: Any) -> EndpointWithSecret:
        values: dict[str, Any] = {
            "url": "https://hooks.example/munadi",
            "brand_ref": None,
            "types": (),
            "channels": (),
            "description": None,
            "enabled": True,
            "now": START,
        }
        async with self.database.write() as session:
            return await self.endpoints.create(session, **(values | given))

    async def content(self, account_id: str, *, hold: HoldReason | None = None, now: datetime = START) -> str:
        """Insert a post with one queued publication, perhaps held, and two events (accepted and held)."""
        content_id, publication_id = new_id(Prefix.CONTENT), new_id(Prefix.PUBLICATION)
        times = {"created_at": now, "updated_at": now}
        async with self.database.write() as session:
            session.add(
                ContentRow(
                    id=content_id,
                    brand_ref="acme",
                    status="queued",
                    scheduled_at=now,
                    publish_by=now + timedelta(days=1),
                    **times,
                )
            )
            await session.flush()
            said = {"text": "hello"}
            resolved = {publication_id: said}
            session.add(
                DraftRow(content_id=content_id, draft_version=1, source=said, resolved=resolved, created_at=now)
            )
            session.add(
                PublicationRow(
                    id=publication_id,
                    content_id=content_id,
                    account_id=account_id,
                    channel="bluesky",
                    place=0,
                    status="queued",
                    due_at=now,
                    **times,
                )
            )
            await session.flush()
            post = await LockedContent.lock(session, content_id, now)
            assert post is not None
            await post.emit(EventType.CONTENT_ACCEPTED)
            if hold is not None:
                await post.hold(post.publications[0], hold, None)
            await post.close()
        return content_id

    async def prepared(self, content_id: str, state: dict[str, Any]) -> None:
        """Insert a post whose publication has a handle, and another handle that is to be removed."""
        async with self.database.write() as session:
            row = (await session.exec(select(PublicationRow).where(PublicationRow.content_id == content_id))).one()
            row.sealed_preparation = seal_state(self.keyring, row.id, state)
            given = {"draft_version": 1, "detached": True, "sealed_preparation": row.sealed_preparation}
            session.add(DiscardRow(id=new_id(Prefix.DISCARD), publication_id=row.id, **given, **TIMES))

    async def set_status(self, content_id: str, status: PublicationStatus) -> None:
        async with self.database.write() as session:
            row = (await session.exec(select(PublicationRow).where(PublicationRow.content_id == content_id))).one()
            row.status = status.value

    async def publication(self, content_id: str) -> PublicationRow:
        async with self.database.read() as session:
            return (await session.exec(select(PublicationRow).where(PublicationRow.content_id == content_id))).one()

    async def events(self, *types: EventType) -> list[EventRow]:
        query = select(EventRow).where(col(EventRow.type).in_([kind.value for kind in types]))
        async with self.database.read() as session:
            return list((await session.exec(query.order_by(col(EventRow.id)))).all())


def token(access: str, refresh: str | None = None, expires_at: datetime | None = None) -> Credentials:
    """Credentials."""
    return Credentials(
        access_token=SecretStr(access), refresh_token=SecretStr(refresh) if refresh else None, expires_at=expires_at
    )
