"""Answers kept for repeated requests, in the same transaction as what they tell about.

The rule here: the key is taken first, before anything is read under lock, and the answer is written last. Two
requests with one key therefore meet at the key: on PostgreSQL the second waits for a bounded time (then SQLSTATE
55P03, "in flight"), on SQLite the writers queue; either way it finds the first one's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import LOCK_TIMEOUT_MS, Database
from munadi.db.tables import IdempotencyRow

KEPT = timedelta(hours=48)


class KeyReused(Exception):
    """The key was used before, for another request."""


@dataclass(frozen=True)
class StoredResponse:
    """An answer as it was first given."""

    status_code: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class IdempotencyRecord:
    """One request under its key. `scope` is brand and operation. `fingerprints` stand for what was asked: the first is
    stored, and a stored one matches if it is any of them."""

    scope: str
    key: str
    fingerprints: tuple[str, ...]

    @property
    def place(self) -> dict[str, str]:
        """Where the answer is sealed for (`munadi.db.sealing.rotation` knows the same)."""
        return {"table": "idempotency", "row": f"{self.scope} {self.key}", "column": "body"}

    async def answer(self, session: AsyncSession) -> StoredResponse | None:
        """The answer given before, if any. Raises KeyReused."""
        query = select(IdempotencyRow).where(IdempotencyRow.scope == self.scope, IdempotencyRow.key == self.key)
        row = (await session.exec(query)).first()
        if row is None:
            return None
        if row.fingerprint not in self.fingerprints:
            raise KeyReused(self.key)
        return StoredResponse(row.status_code, row.headers, row.body)

    async def take(
        self, session: AsyncSession, now: datetime, answer: StoredResponse | None = None
    ) -> StoredResponse | None:
        """Take the key for this transaction; the earlier answer when it was taken already. Raises KeyReused.

        `answer` is ours if it is known already; else `keep` writes it down.
        """
        connection = await session.connection()
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            await connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
        values: dict[str, Any] = {
            "scope": self.scope,
            "key": self.key,
            "fingerprint": self.fingerprints[0],
            "status_code": answer.status_code if answer else 0,
            "headers": answer.headers if answer else {},
            "body": answer.body if answer else b"",
            "created_at": now,
        }
        insert = postgresql.insert if is_postgresql else sqlite.insert
        statement = insert(IdempotencyRow).values(values).on_conflict_do_nothing().returning(col(IdempotencyRow.key))
        if (await connection.execute(statement)).first() is not None:
            return None
        return await self.answer(session)

    async def keep(self, session: AsyncSession, answer: StoredResponse) -> None:
        """Write the answer down; it is committed with what it tells about."""
        await session.exec(
            update(IdempotencyRow)
            .where(col(IdempotencyRow.scope) == self.scope, col(IdempotencyRow.key) == self.key)
            .values(status_code=answer.status_code, headers=answer.headers, body=answer.body)
        )


async def forget_old_answers(database: Database, now: datetime) -> int:
    """Drop answers that no client still asks for; how many."""
    async with database.write() as session:
        gone = await session.exec(delete(IdempotencyRow).where(col(IdempotencyRow.created_at) < now - KEPT))
        return int(gone.rowcount)
