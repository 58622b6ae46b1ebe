"""The API in process, with keys for it, and networks and subscribers that do what a test says."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.services import Services
from munadi.clock import SystemClock
from munadi.config import Settings
from munadi.db.keys.first_key import create_admin_key
from munadi.db.keys.store import KeyStore
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.domain.key import Scope
from munadi.ports import AccountImport, Channels, Connection
from tests.api.authority import Authority
from tests.db.seeding import Seed, token
from tests.workflows.network import FakeChannel, spec

READ_AND_WRITE = tuple(scope for scope in Scope if scope is not Scope.ADMIN)


@dataclass
class Network(FakeChannel):
    """`verifying` and `refreshing` hold the errors of the next calls; without one they succeed."""

    verifying: deque[ChannelError] = field(default_factory=deque)
    refreshing: deque[ChannelError] = field(default_factory=deque)
    handle: str = "acme.example"
    facts: dict[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ("publish",)

    async def verify(self, given: AccountImport) -> Connection:
        self.calls.append(("verify", None))
        if self.verifying:
            raise self.verifying.popleft()
        secret = given.access_token or given.password
        assert secret is not None
        credentials = Credentials(access_token=secret, refresh_token=given.refresh_token, expires_at=given.expires_at)
        external_id = given.external_id or "did:plc:1"
        profile = Profile(external_id=external_id, handle=self.handle, scopes=self.scopes, facts=self.facts)
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        self.calls.append(("refresh", None))
        if self.refreshing:
            raise self.refreshing.popleft()
        return token("refreshed", "refresh-refreshed")


class MovableClock(SystemClock):
    """The system's clock, moved ahead as far as a test says."""

    ahead = timedelta(0)

    def now(self) -> Any:
        return super().now() + self.ahead


@dataclass
class Door:
    """The application, an administrator's client, and more keys."""

    app: FastAPI
    services: Services
    client: httpx.AsyncClient
    admin_key: str
    network: Network
    clock: MovableClock
    authority: Authority = field(default_factory=Authority)

    async def key(self, *scopes: Scope | str, brand_ref: str | None = None, lasts: timedelta | None = None) -> str:
        """A new key's text."""
        now = self.clock.now()
        async with self.services.database.write() as session:
            _, text = await KeyStore(self.services.database).create(
                session,
                name="test",
                scopes=[Scope(scope) for scope in scopes],
                brand_ref=brand_ref,
                expires_at=now + lasts if lasts is not None else None,
                now=now,
            )
        return text

    async def ask(self, method: str, path: str, *, key: str | None = None, **options: Any) -> httpx.Response:
        """A request as the administrator, or with another key; `key=""` sends none."""
        headers = dict(options.pop("headers", {}))
        text = self.admin_key if key is None else key
        if text:
            headers["Authorization"] = f"Bearer {text}"
        return await self.client.request(method, path, headers=headers, **options)

    @property
    def seed(self) -> Seed:
        """Rows in this application's database."""
        return Seed(self.services.database, self.services.keyring)


@asynccontextmanager
async def open_door(folder: Path, **settings: Any) -> AsyncIterator[Door]:
    """An application over a new SQLite database with the brands `acme` and `rival`."""
    network, clock, authority = Network(spec(ChannelName.BLUESKY)), MovableClock(), Authority()
    channels = Channels({ChannelName.BLUESKY: network}, {ChannelName.BLUESKY: authority})
    app = create_app(Settings(data_dir=folder, **settings), clock=clock, channels=channels)
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        await Seed(services.database).create()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://munadi.test") as client:
            admin = await create_admin_key(services.database, "admin")
            door = Door(app, services, client, admin, network, clock, authority)
            await door.ask("POST", "/v1/brands", json={"ref": "rival"})
            yield door


class Subscriber:
    """A web server that answers each request with the next of its statuses, the last one again and again."""

    def __init__(self, statuses: Sequence[int]) -> None:
        self._statuses = deque(statuses)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.requests.append((headers, body))
        status = self._statuses.popleft() if len(self._statuses) > 1 else self._statuses[0]
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def subscriber(*statuses: int) -> AsyncIterator[Subscriber]:
    """A subscriber on loopback."""
    made = Subscriber(statuses or (204,))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


def bytes_of(folder: Path) -> bytes:
    """Everything that is written there, as somebody who stole the disk reads it."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
