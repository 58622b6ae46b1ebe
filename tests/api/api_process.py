"""Processes of the API over one SQLite file, with brands, accounts and keys, as an operator runs them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from munadi.config import Settings
from munadi.db.ids import new_id
from munadi.db.keys.first_key import create_admin_key
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.sealing.secrets import seal_credentials
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.reach import Reach
from munadi.process.runtime import keyring_of
from tests.db.seeding import START, token
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

MUNADI = [sys.executable, "-P", "-m", "munadi.cli"]
BRANDS = ("acme", "rival")


@dataclass
class ApiProcesses:
    """`urls`: one for each process. Each brand has a Bluesky account. `key` is an administrator's."""

    folder: Path
    urls: list[str]
    database: Database
    key: str = ""
    processes: list[Process] = field(default_factory=list)

    def client(self, key: str | None = None, at: int = 0, timeout: float = 20) -> httpx.AsyncClient:
        """A client of one process, with the administrator's key unless another is given; "" sends none."""
        given = self.key if key is None else key
        headers = {"Authorization": f"Bearer {given}"} if given else {}
        return httpx.AsyncClient(base_url=self.urls[at], headers=headers, timeout=timeout)

    async def brand_key(self, brand_ref: str, *scopes: Scope) -> str:
        """A key of one brand."""
        async with self.database.write() as session:
            _, text = await KeyStore(self.database).create(
                session,
                NewKey(brand_ref, scopes or (Scope.CONTENTS_READ, Scope.CONTENTS_WRITE), Reach.of([brand_ref])),
                START,
            )
        return text


@asynccontextmanager
async def api_processes(
    folder: Path, count: int = 1, env: Mapping[str, str] | None = None
) -> AsyncIterator[ApiProcesses]:
    """Start `count` processes; they end with the block, by themselves."""
    shared = {"MUNADI_DATA_DIR": str(folder), **(env or {})}
    with Process([*MUNADI, "db", "upgrade"], log=folder / "upgrade.log", env=shared) as upgrade:
        assert await asyncio.to_thread(upgrade.wait, 120) == 0, upgrade.output
    ports = [free_port() for _ in range(count)]
    settings = Settings(data_dir=folder, database_url=(env or {}).get("MUNADI_DATABASE_URL"))
    database = Database(settings.database)
    found = ApiProcesses(folder, [f"http://{LOOPBACK}:{port}" for port in ports], database)
    async with AsyncExitStack() as opened:
        opened.push_async_callback(database.close)
        found.key = await create_admin_key(database, "admin")
        await _add_accounts(database, settings)
        for number, port in enumerate(ports):
            public = {"MUNADI_PUBLIC_URL": found.urls[0], "MUNADI_API__PORT": str(port)}
            process = Process([*MUNADI, "api"], log=folder / f"api-{number}.log", env=shared | public)
            found.processes.append(opened.enter_context(process))
        for port, process in zip(ports, found.processes, strict=True):
            await asyncio.to_thread(process.wait_for_port, port, 120)
        yield found


async def _add_accounts(database: Database, settings: Settings) -> None:
    keyring, times = keyring_of(settings), {"created_at": START, "updated_at": START}
    async with database.write() as session:
        session.add_all([BrandRow(ref=ref, created_at=START) for ref in BRANDS])
        await session.flush()
        for ref in BRANDS:
            account_id = new_id(Prefix.ACCOUNT)
            values = {"external_id": account_id, "handle": f"{ref}.example", "status": "connected"}
            sealed = seal_credentials(keyring, account_id, token("access"))
            session.add(AccountRow(id=account_id, brand_ref=ref, channel="bluesky", sealed=sealed, **values, **times))
