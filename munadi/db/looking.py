"""What an operator asks of a database beside its contents: its clock, and the keys its secrets are sealed under."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, func, select

from munadi.crypto import VERSION
from munadi.db.resealing import SEALED
from munadi.db.session import Database

KEY_ID_BYTES = 8


async def now_there(database: Database) -> datetime | None:
    """The time by the database's own clock; None where it has none but ours (SQLite)."""
    if database.is_sqlite:
        return None
    async with database.read() as session:
        connection = await session.connection()
        now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def sealed_under(database: Database) -> dict[str, int]:
    """How many stored secrets each key has sealed, by the key's id (`KeyRing.key_ids`)."""
    counts: dict[str, int] = {}
    async with database.read() as session:
        connection = await session.connection()
        for place in SEALED:
            sealed = place.table.c[place.column]
            key_id = func.substr(sealed, len(VERSION) + 1, KEY_ID_BYTES, type_=LargeBinary).label("key_id")
            each = select(key_id).where(sealed != b"").subquery()
            query = select(each.c.key_id, func.count()).group_by(each.c.key_id)
            for found, count in (await connection.execute(query)).all():
                counts[bytes(found).hex()] = counts.get(bytes(found).hex(), 0) + count
    return counts
