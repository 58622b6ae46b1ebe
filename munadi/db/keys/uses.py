"""Writes when keys were last used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import KeyRow
from munadi.db.types import UtcDateTime

_USED = col(KeyRow.last_used_at)
_WRITE = (
    update(KeyRow)
    .where(
        col(KeyRow.id) == bindparam("key_id"),
        or_(_USED.is_(None), bindparam("before", type_=UtcDateTime) >= _USED),
    )
    .values(last_used_at=bindparam("at", type_=UtcDateTime))
)


async def write_uses(session: AsyncSession, used: Mapping[str, datetime], precision: timedelta) -> None:
    """Write the last uses of keys, unless another process wrote a newer one or one shortly before. Always in the same
    order, so that no two processes wait for one another."""
    rows = [{"key_id": key_id, "at": at, "before": at - precision} for key_id, at in sorted(used.items())]
    # By the table: the rows are no objects of the session.
    await (await session.connection()).execute(_WRITE, rows)
