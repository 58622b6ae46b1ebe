"""API keys: create, read, list and revoke them. Only a hash of each is stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.keys.callers import forget_callers, key_hash
from munadi.db.session import Database
from munadi.db.tables import KeyRow
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix
from munadi.domain.key import ALPHABET, RANDOM_LENGTH, Scope, kind_of, write_key


class KeyStore:
    """Keys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        session: AsyncSession,
        *,
        name: str,
        scopes: Sequence[Scope],
        brand_ref: str | None,
        expires_at: datetime | None,
        now: datetime,
    ) -> tuple[KeyRow, str]:
        """Create a key in the caller's transaction: its row and its text, which cannot be read again."""
        text = write_key(kind_of(scopes, brand_ref), "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))
        row = KeyRow(
            id=new_id(Prefix.KEY),
            name=name,
            hash=key_hash(text),
            hint=text[-4:],
            scopes=[scope.value for scope in scopes],
            brand_ref=brand_ref,
            created_at=now,
            expires_at=expires_at,
        )
        session.add(row)
        record(session, Action.KEY_CREATED, target=row.id, brand_ref=brand_ref, now=now)
        await session.flush()
        return row, text

    async def find(self, text: str) -> KeyRow | None:
        """The row of a key in any state; None when there is no such key."""
        async with self._database.read() as session:
            return (await session.exec(select(KeyRow).where(KeyRow.hash == key_hash(text)))).first()

    async def get(self, key_id: str) -> KeyRow | None:
        """A key by id."""
        async with self._database.read() as session:
            return await session.get(KeyRow, key_id)

    async def list(self, *, brand_ref: str | None, limit: int, after: str | None) -> Sequence[KeyRow]:
        """Keys in order of id after `after`; of one brand if it is given."""
        query = select(KeyRow).order_by(col(KeyRow.id)).limit(limit)
        if brand_ref is not None:
            query = query.where(KeyRow.brand_ref == brand_ref)
        if after is not None:
            query = query.where(col(KeyRow.id) > after)
        async with self._database.read() as session:
            return (await session.exec(query)).all()

    async def revoke(self, key_id: str, now: datetime) -> KeyRow | None:
        """Revoke a key: here at once, in other processes within a second. Repeats change nothing. None: no such key."""
        async with self._database.write() as session:
            row = await session.get(KeyRow, key_id, with_for_update=True)
            if row is not None and row.revoked_at is None:
                row.revoked_at = now
                record(session, Action.KEY_REVOKED, target=key_id, brand_ref=row.brand_ref, now=now)
        forget_callers(self._database)
        return row
