"""Stores responses for repeated requests, in the same transaction as the change that they report.

The key is taken first, before any row is locked. Two requests with one key therefore meet at the key: on PostgreSQL
the second waits for a bounded time (then SQLSTATE 55P03, "in flight"), on SQLite writers queue. Either way the second
finds the first one's response.

Bodies are sealed, because some responses show a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.session import LOCK_TIMEOUT_MS, Database
from munadi.db.tables import IdempotencyRow

KEPT = timedelta(hours=48)


class KeyReused(Exception):
    """The key was used before, for another request."""


class ResponseUnreadable(Exception):
    """The stored response was sealed under an encryption key that has been removed since."""


@dataclass(frozen=True)
class StoredResponse:
    """A successful response, as it was first sent."""

    status_code: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class IdempotencyRecord:
    """The record of one request under its key.

    `scope` is brand and operation. `fingerprints` identify the request: the first is stored, and a stored one matches
    if it is any of them.
    """

    keyring: KeyRing
    scope: str
    key: str
    fingerprints: tuple[str, ...]

    async def find(self, session: AsyncSession) -> StoredResponse | None:
        """The earlier response, if there is one. Raises KeyReused and ResponseUnreadable."""
        query = select(IdempotencyRow).where(IdempotencyRow.scope == self.scope, IdempotencyRow.key == self.key)
        row = (await session.exec(query)).first()
        if row is None:
            return None
        if row.fingerprint not in self.fingerprints:
            raise KeyReused(self.key)
        try:
            return StoredResponse(row.status_code, row.headers, self.keyring.open(row.body, **self._place))
        except SealBroken:
            raise ResponseUnreadable(self.key) from None

    async def take(
        self, session: AsyncSession, now: datetime, response: StoredResponse | None = None
    ) -> StoredResponse | None:
        """Take the key for this transaction; the earlier response if it was taken already. Raises as `find`.

        `response` is the one to store, if it is known already; otherwise `store` writes it later.
        """
        connection = await session.connection()
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            await connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
        values: dict[str, Any] = {
            "scope": self.scope,
            "key": self.key,
            "fingerprint": self.fingerprints[0],
            "created_at": now,
            **(self._columns(response) if response else {"status_code": 0, "headers": {}, "body": b""}),
        }
        insert = postgresql.insert if is_postgresql else sqlite.insert
        statement = insert(IdempotencyRow).values(values).on_conflict_do_nothing().returning(col(IdempotencyRow.key))
        if (await connection.execute(statement)).first() is not None:
            return None
        return await self.find(session)

    async def store(self, session: AsyncSession, response: StoredResponse) -> None:
        """Store the response; it is committed with the change that it reports."""
        await session.exec(
            update(IdempotencyRow)
            .where(col(IdempotencyRow.scope) == self.scope, col(IdempotencyRow.key) == self.key)
            .values(**self._columns(response))
        )

    @property
    def _place(self) -> dict[str, str]:
        """The row and column that a body is sealed for (the key rotation names the same)."""
        return {"table": "idempotency", "row": f"{self.scope} {self.key}", "column": "body"}

    def _columns(self, response: StoredResponse) -> dict[str, Any]:
        body = self.keyring.seal(response.body, **self._place)
        return {"status_code": response.status_code, "headers": response.headers, "body": body}


def scope_of(brand_ref: str | None, operation: str) -> str:
    """The scope of a key: those of different brands and operations never meet. None: of no brand."""
    return f"{brand_ref or '*'} {operation}"


async def forget_answers_at(session: AsyncSession, scope: str, location: str) -> None:
    """Delete responses of creations that point at `location`, which is gone: a repeated request creates it again."""
    pointing = col(IdempotencyRow.headers)["Location"].as_string() == location
    await session.exec(delete(IdempotencyRow).where(col(IdempotencyRow.scope) == scope, pointing))


async def forget_old_answers(database: Database, now: datetime) -> int:
    """Delete responses that no client repeats any more; returns how many."""
    async with database.write() as session:
        gone = await session.exec(delete(IdempotencyRow).where(col(IdempotencyRow.created_at) < now - KEPT))
        return int(gone.rowcount)
