"""Records answers for repeated requests, in the same transaction as the change that they report.

An answer is bytes, whose form is its caller's business. It is sealed, because some answers show a secret.

The key is taken first, before any row is locked. Two requests with one key therefore meet at the key: on PostgreSQL
the second waits for a bounded time (then SQLSTATE 55P03, "in flight"), on SQLite writers queue. Either way the second
finds the first one's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """The recorded answer was sealed under an encryption key that has been removed since."""


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of a request, if it has one, and the fingerprints of the request: the first is stored, and a stored one
    matches if it is any of them. `kept`: how long a repetition finds the answer."""

    key: str | None
    fingerprints: tuple[str, ...]
    kept: timedelta = KEPT

    def record(
        self, keyring: KeyRing, brand_ref: str | None, operation: str, *, only_for: str | None = None
    ) -> IdempotencyRecord | None:
        """The record of this request, or None without a key.

        `only_for`: the API key that may get the answer again, since it shows a secret.
        """
        if self.key is None:
            return None
        scope = scope_of(brand_ref, operation if only_for is None else f"{operation} {only_for}")
        return IdempotencyRecord(keyring, scope, self.key, self.fingerprints, self.kept)


@dataclass(frozen=True)
class IdempotencyRecord:
    """The record of one request under its key.

    `scope` is brand and operation. `fingerprints` identify the request: the first is stored, and a stored one matches
    if it is any of them. The answer is kept for so long.
    """

    keyring: KeyRing
    scope: str
    key: str
    fingerprints: tuple[str, ...]
    kept: timedelta = KEPT

    async def find(self, session: AsyncSession) -> bytes | None:
        """The earlier answer, if there is one. Raises KeyReused and ResponseUnreadable."""
        query = select(IdempotencyRow).where(IdempotencyRow.scope == self.scope, IdempotencyRow.key == self.key)
        row = (await session.exec(query)).first()
        return None if row is None else self.read(row)

    def read(self, row: IdempotencyRow) -> bytes:
        """The answer in this record's row. Raises KeyReused and ResponseUnreadable."""
        if row.fingerprint not in self.fingerprints:
            raise KeyReused(self.key)
        try:
            return self.keyring.open(row.answer, **self._place)
        except SealBroken:
            raise ResponseUnreadable(self.key) from None

    async def take(self, session: AsyncSession, now: datetime, answer: bytes | None = None) -> bytes | None:
        """Take the key for this transaction; the earlier answer if it was taken already. Raises as `find`.

        `answer` is the one to record, if it is known already; otherwise `store` writes it later.
        """
        connection = await session.connection()
        is_postgresql = connection.dialect.name == "postgresql"
        if is_postgresql:
            await connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
        values: dict[str, Any] = {
            "scope": self.scope,
            "key": self.key,
            "fingerprint": self.fingerprints[0],
            # Answers are deleted by this time alone, so one that is kept longer has a later one.
            "created_at": now + (self.kept - KEPT),
            "answer": b"" if answer is None else self.keyring.seal(answer, **self._place),
        }
        insert = postgresql.insert if is_postgresql else sqlite.insert
        statement = insert(IdempotencyRow).values(values).on_conflict_do_nothing().returning(col(IdempotencyRow.key))
        if (await connection.execute(statement)).first() is not None:
            return None
        return await self.find(session)

    async def store(self, session: AsyncSession, answer: bytes, about: str | None = None) -> None:
        """Record the answer; it is committed with the change that it reports. `about`: the id of what it shows, if that
        may be deleted."""
        await session.exec(
            update(IdempotencyRow)
            .where(col(IdempotencyRow.scope) == self.scope, col(IdempotencyRow.key) == self.key)
            .values(answer=self.keyring.seal(answer, **self._place), about=about)
        )

    @property
    def _place(self) -> dict[str, str]:
        """The row and column that an answer is sealed for (the key rotation names the same)."""
        return {"table": "idempotency", "row": f"{self.scope} {self.key}", "column": "answer"}


async def find_answers(session: AsyncSession, records: Sequence[IdempotencyRecord]) -> list[bytes | None]:
    """The earlier answer of each record, in one query; None where there is none that can be read."""
    row, found = IdempotencyRow, list[bytes | None]()
    scopes, keys = {each.scope for each in records}, [each.key for each in records]
    rows = (await session.exec(select(row).where(col(row.scope).in_(scopes), col(row.key).in_(keys)))).all()
    by_place = {(one.scope, one.key): one for one in rows}
    for each in records:
        known = by_place.get((each.scope, each.key))
        try:
            found.append(None if known is None else each.read(known))
        except (KeyReused, ResponseUnreadable):
            found.append(None)
    return found


def scope_of(brand_ref: str | None, operation: str) -> str:
    """The scope of a key: those of different brands and operations never meet. None: of no brand."""
    return f"{brand_ref or '*'} {operation}"


async def forget_answers_about(session: AsyncSession, scope: str, subject: str) -> None:
    """Delete answers that show `subject`, which is gone: a repeated request creates it again."""
    await session.exec(
        delete(IdempotencyRow).where(col(IdempotencyRow.scope) == scope, col(IdempotencyRow.about) == subject)
    )


async def forget_old_answers(database: Database, now: datetime) -> int:
    """Delete answers that no client repeats any more; returns how many."""
    async with database.write() as session:
        gone = await session.exec(delete(IdempotencyRow).where(col(IdempotencyRow.created_at) < now - KEPT))
        return int(gone.rowcount)
