"""The API in process, with an administrator's client, a movable clock and a web server with media.

By default it has the real channels, which are never called: accepting a post sends a network nothing. With
`fake_network=True` Bluesky is the only channel, and a test says what it answers.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import func
from sqlmodel import SQLModel, select

from api.app import create_app
from api.http.connection import Connection
from api.process.services import Services
from munadi.clock import SystemClock
from munadi.config import Settings
from munadi.crypto import create_key
from munadi.db.ids import new_id
from munadi.db.keys.first_key import create_admin_key
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.sealing.secrets import seal_credentials
from munadi.db.tables import AccountRow, BrandRow, ContentRow
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.domain.publication import PublicationStatus
from munadi.domain.reach import EVERY_BRAND, Reach
from munadi.domain.reasons import failure_of
from munadi.ports import Channels
from munadi.process.runtime import key_file
from munadi.publishing.content import LockedContent
from tests.api.client import ApiClient
from tests.api.dashboard import SITE, DashboardBrowser, open_browser
from tests.api.fake_network import FakeAuthorizer, FakeNetwork
from tests.api.servers import MediaSite, open_media_site
from tests.db.seeding import START, Seed, token
from tests.support.events import check_events
from tests.support.ports import LOOPBACK, free_port
from tests.support.statements import statements_of
from tests.support.tables import copy_of, create_tables, fill
from tests.workflows.network import spec

KEY = create_key()
# By whether the network is a fake one: the content of a database, and its admin key.
_FILLED: dict[bool, tuple[sqlite3.Connection, str]] = {}


def later(**by: float) -> str:
    """An instant after `START`."""
    return (START + timedelta(**by)).isoformat()


def of_request(statements: list[str]) -> list[str]:
    """Statements but for transactions, and what any request may do once a second: read its key, store call counts."""
    begin_or_end = ("BEGIN", "SAVEPOINT", "RELEASE")
    found = [each for each in statements if "api_keys" not in each and "api_calls" not in each]
    return [each for each in found if not each.startswith(begin_or_end)]


class StillClock(SystemClock):
    """Stands at `START`, plus what a test adds in `ahead`."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        """The instant."""
        return START + self.ahead


@dataclass
class ApiHarness(ApiClient):
    """The application, its servers, and methods that prepare its database."""

    app: FastAPI
    services: Services
    client: httpx.AsyncClient
    admin_key: str
    site: MediaSite
    clock: StillClock
    folder: Path
    network: FakeNetwork = field(default_factory=lambda: FakeNetwork(spec(ChannelName.BLUESKY)))
    authorizer: FakeAuthorizer = field(default_factory=FakeAuthorizer)
    # Set by a test that inserts rows of events by itself: they need not fit the catalogue.
    has_made_up_events: bool = False

    @asynccontextmanager
    async def locked(self, content_id: str) -> AsyncIterator[LockedContent]:
        """A post under lock. What a test changes is committed at the end."""
        async with self.services.database.write() as session:
            content = await LockedContent.lock(session, content_id, self.clock.now())
            assert content is not None
            yield content
            await content.close()

    async def move(self, content_id: str, *statuses: PublicationStatus) -> None:
        """Move every publication of a post through these states, as a workflow does."""
        async with self.locked(content_id) as content:
            for row in content.publications:
                for status in statuses:
                    if status is PublicationStatus.FAILED:
                        await content.fail(row, failure_of(Reason.PROVIDER_OUTAGE))
                    else:
                        await content.move(row, status, None)
                    if status is PublicationStatus.PUBLISHING:
                        row.epoch += 1
                        row.attempt_count += 1

    async def add_account(self, channel: ChannelName, brand_ref: str = "acme", **columns: Any) -> str:
        """Store a connected account without asking its network. Returns its id."""
        account_id = new_id(Prefix.ACCOUNT)
        values: dict[str, Any] = {
            "external_id": account_id,
            "handle": "acme.example",
            "status": "connected",
            "sealed": seal_credentials(self.services.keyring, account_id, token("access")),
        }
        times = {"created_at": START, "updated_at": START}
        row = AccountRow(id=account_id, brand_ref=brand_ref, channel=channel.value, **times, **values | columns)
        async with self.services.database.write() as session:
            session.add(row)
        return account_id

    async def update_account(self, account_id: str, **columns: Any) -> None:
        """Change columns of an account's row."""
        async with self.services.database.write() as session:
            row = await session.get(AccountRow, account_id)
            assert row is not None
            for name, value in columns.items():
                setattr(row, name, value)

    async def key(
        self,
        *scopes: Scope,
        brand_ref: str | None = None,
        lasts: timedelta | None = None,
        brand_refs: Sequence[str] | None = None,
        caps: KeyCaps | None = None,
    ) -> str:
        """The text of a new key."""
        now, brands = self.clock.now(), brand_refs or ([brand_ref] if brand_ref is not None else None)
        expires_at = now + lasts if lasts is not None else None
        reach = EVERY_BRAND if brands is None else Reach.of(brands)
        async with self.services.database.write() as session:
            _, text = await KeyStore(self.services.database).create(
                session, NewKey("test", scopes, reach, caps, expires_at), now
            )
        return text

    async def key_id(self, key: str) -> str:
        """The id of a key."""
        row = await KeyStore(self.services.database).find(key)
        assert row is not None
        return row.id

    async def revoke(self, key: str) -> None:
        """Revoke a key through the API."""
        assert (await self.delete(f"/v1/keys/{await self.key_id(key)}")).status_code == 204

    @property
    def seed(self) -> Seed:
        """Writes rows into this application's database."""
        return Seed(self.services.database, self.services.keyring)

    async def count(self, table: type[SQLModel] = ContentRow) -> int:
        """The number of rows."""
        async with self.services.database.read() as session:
            return (await session.exec(select(func.count()).select_from(table))).one()

    def statements(self) -> AbstractContextManager[list[str]]:
        """Collects every SQL statement while the block runs."""
        return statements_of(self.services.database)

    def stored_files(self) -> list[Path]:
        """The files of the media store."""
        return [path for path in (self.folder / "media").rglob("*") if path.is_file()]

    def dashboard(self, key: str | None = None) -> AbstractAsyncContextManager[DashboardBrowser]:
        """A browser at the dashboard, signed in if a key is given."""
        return open_browser(self.app, key)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The address of the application behind a real server."""
        port = free_port()
        config = uvicorn.Config(
            self.app, host=LOOPBACK, port=port, lifespan="off", log_config=None, server_header=False, http=Connection
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=None))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        try:
            yield f"http://{LOOPBACK}:{port}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def open_api(
    folder: Path, database_url: str | None = None, *, fresh: bool = True, fake_network: bool = False, **settings: Any
) -> AsyncIterator[ApiHarness]:
    """The API with the brands `acme` and `rival`, if `fresh`.

    With real channels `acme` has one Bluesky account and two on Instagram, `rival` has one Bluesky account.
    """
    authorizer, clock = FakeAuthorizer(), StillClock()
    network = FakeNetwork(spec(ChannelName.BLUESKY), authorizer=authorizer)
    fake = Channels({ChannelName.BLUESKY: network}) if fake_network else None
    given = Settings(data_dir=folder, database_url=database_url, **settings)
    if fresh:
        _write_key(given)
    app = create_app(given, clock=clock, channels=fake)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        open_media_site() as site,
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=SITE) as client,
    ):
        services: Services = app.state.services
        api = ApiHarness(app, services, client, "", site, clock, folder, network, authorizer)
        api.admin_key = await (_fill(api, fake_network) if fresh else create_admin_key(services.database, "admin"))
        yield api
        if not api.has_made_up_events:
            await check_events(services.database)


def _write_key(settings: Settings) -> None:
    """One key for all, so that the tokens of a database that was copied can be read."""
    file = key_file(settings)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(KEY + "\n")


async def _fill(api: ApiHarness, fake_network: bool) -> str:
    """Create the tables, brands and accounts. Returns the text of an admin key.

    That takes longer than most tests, so an SQLite database is a copy of the process's first one.
    """
    database = api.services.database
    is_copied = database.is_sqlite and api.services.settings.secret_keys is None
    if is_copied and fake_network in _FILLED:
        content, key = _FILLED[fake_network]
        fill(database, content)
        return key
    await create_tables(database)
    async with database.write() as session:
        session.add_all([BrandRow(ref=ref, created_at=START) for ref in ("acme", "rival")])
    key = await create_admin_key(database, "admin")
    if not fake_network:
        await api.add_account(ChannelName.BLUESKY)
        await api.add_account(ChannelName.INSTAGRAM, handle="acme.shop")
        await api.add_account(ChannelName.INSTAGRAM, handle="acme.jobs")
        await api.add_account(ChannelName.BLUESKY, "rival")
    if is_copied:
        _FILLED[fake_network] = copy_of(database), key
    return key


def bytes_of(folder: Path) -> bytes:
    """All bytes in the files of a folder, as a thief of the disk reads them."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
