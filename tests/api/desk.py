"""The API as a client of one brand meets it: real channels, accounts in the database, and a web server with media.

Networks are never called here: accepting content asks them nothing.
"""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import func
from sqlmodel import SQLModel, select

from api.app import create_app
from api.services import Services
from munadi.config import Settings
from munadi.db.ids import new_id
from munadi.db.keys.first_key import create_admin_key
from munadi.db.keys.store import KeyStore
from munadi.db.sealing.secrets import seal_credentials
from munadi.db.tables import AccountRow, BrandRow, ContentRow
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.publishing.content import LockedContent
from tests.api.door import MovableClock
from tests.db.seeding import token

FAR = "2027-03-01T09:00:00Z"
START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class StillClock(MovableClock):
    """Begins at a fixed instant and stands still, but for what a test adds."""

    def now(self) -> datetime:
        return START + self.ahead


def picture(width: int = 64, height: int = 48, kind: str = "JPEG") -> bytes:
    """An image file."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(buffer, kind)
    return buffer.getvalue()


@dataclass
class Site:
    """A web server on loopback: `files` by path, and how often each was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ")[1]
        self.asked[path] += 1
        content = self.files.get(path)
        status = "200 OK" if content is not None else "404 Not Found"
        content = content or b""
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode())
        writer.write(content)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    """A site with `/a.jpg`, `/b.jpg` and `/notes.txt`."""
    site = Site({"/a.jpg": picture(), "/b.jpg": picture(80, 80), "/notes.txt": b"no picture at all, only words"})
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Desk:
    """The API, an administrator's client, and a site with media."""

    app: FastAPI
    services: Services
    client: httpx.AsyncClient
    site: Site
    clock: StillClock
    folder: Path

    @property
    def on_sqlite(self) -> bool:
        """Which database it is."""
        return self.services.database.is_sqlite

    async def account(self, channel: ChannelName, brand_ref: str = "acme", **columns: Any) -> str:
        """Connect an account; its id."""
        account_id = new_id(Prefix.ACCOUNT)
        values: dict[str, Any] = {
            "external_id": account_id,
            "handle": "acme.example",
            "status": "connected",
            "sealed": seal_credentials(self.services.keyring, account_id, token("access")),
        }
        row = AccountRow(
            id=account_id,
            brand_ref=brand_ref,
            channel=channel.value,
            created_at=START,
            updated_at=START,
            **values | columns,
        )
        async with self.services.database.write() as session:
            session.add(row)
        return account_id

    @property
    def admin_key(self) -> str:
        """The text of the administrator's key."""
        return str(self.client.headers["authorization"]).removeprefix("Bearer ")

    async def key(self, *scopes: Scope, brand_ref: str | None = None) -> dict[str, str]:
        """The header of a new key."""
        return {"Authorization": f"Bearer {await self.key_text(*scopes, brand_ref=brand_ref)}"}

    async def key_text(self, *scopes: Scope, brand_ref: str | None = None) -> str:
        """The text of a new key."""
        async with self.services.database.write() as session:
            _, text = await KeyStore(self.services.database).create(
                session, name="test", scopes=scopes, brand_ref=brand_ref, expires_at=None, now=START
            )
        return text

    def content(self, **changes: Any) -> dict[str, Any]:
        """A request that breaks no rule."""
        body = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"], "scheduledAt": FAR}
        return {name: value for name, value in (body | changes).items() if value is not ...}

    async def accept(self, **changes: Any) -> dict[str, Any]:
        """An accepted content."""
        answer = await self.client.post("/v1/contents", json=self.content(**changes))
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def read(self, content_id: str) -> dict[str, Any]:
        """A content as it is now."""
        found: dict[str, Any] = (await self.client.get(f"/v1/contents/{content_id}")).json()
        return found

    async def count(self, table: type[SQLModel] = ContentRow) -> int:
        """How many rows there are."""
        async with self.services.database.read() as session:
            return (await session.exec(select(func.count()).select_from(table))).one()

    @asynccontextmanager
    async def story(self, content_id: str) -> AsyncIterator[LockedContent]:
        """A content under lock, to bring it where a test needs it."""
        async with self.services.database.write() as session:
            story = await LockedContent.lock(session, content_id, self.clock.now())
            assert story is not None
            yield story
            await story.close()


@asynccontextmanager
async def open_desk(
    folder: Path, database_url: str | None = None, *, fresh: bool = True, **settings: Any
) -> AsyncIterator[Desk]:
    """The brands `acme` (one Bluesky account, two on Instagram) and `rival` (one Bluesky account), if `fresh`."""
    clock = StillClock()
    app = create_app(Settings(data_dir=folder, database_url=database_url, **settings), clock=clock)
    async with open_site() as site, app.router.lifespan_context(app):
        services: Services = app.state.services
        if fresh:
            await _create_tables(services)
        headers = {"Authorization": f"Bearer {await create_admin_key(services.database, 'test')}"}
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://munadi.test", headers=headers) as client:
            desk = Desk(app, services, client, site, clock, folder)
            if fresh:
                await desk.account(ChannelName.BLUESKY)
                await desk.account(ChannelName.INSTAGRAM, handle="acme.shop")
                await desk.account(ChannelName.INSTAGRAM, handle="acme.jobs")
                await desk.account(ChannelName.BLUESKY, "rival")
            yield desk


async def _create_tables(services: Services) -> None:
    async with services.database._writer.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    async with services.database.write() as session:
        session.add_all([BrandRow(ref=ref, created_at=START) for ref in ("acme", "rival")])


def later(**by: float) -> str:
    """An instant after the clock's."""
    return (START + timedelta(**by)).isoformat()
