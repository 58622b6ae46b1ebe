"""Creates the first API key, directly in the database, because the API itself needs a key."""

from __future__ import annotations

from datetime import UTC, datetime

from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.session import Database
from munadi.domain.key import Scope


async def create_admin_key(database: Database, name: str) -> str:
    """Create an admin key; returns its text, which cannot be read again."""
    async with database.write() as session:
        _, text = await KeyStore(database).create(session, NewKey(name, [Scope.ADMIN]), datetime.now(UTC))
    return text
