"""Connect links that end unused: each is recorded as expired, with one event."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import col, select, text

from munadi.db.accounts.connections import notify_connection
from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import BrandRow, ConnectionRow
from munadi.db.tables.accounts import IS_OPEN
from munadi.db.types import UtcDateTime
from munadi.domain.connection import ConnectionStatus
from munadi.domain.event import EventType

# A browser that came back from the network is answered within this time.
EXCHANGE = timedelta(minutes=10)
BATCH = 100

_ENDED = Prebuilt(
    select(col(ConnectionRow.id))
    .where(text(IS_OPEN), col(ConnectionRow.expires_at) <= bindparam("now", type_=UtcDateTime))
    .limit(1)
)
# The log of a brand that is being erased gets no more events.
_ERASING = select(col(BrandRow.ref)).where(col(BrandRow.erasing_at).is_not(None))


async def expire_connections(database: Database, now: datetime) -> int:
    """Record of connections that can no longer be completed that they have expired; how many.

    A link that has ended may still be in use: in a browser at the network, or where profiles are chosen.
    """
    if not await database.lookup(lambda connection: _ENDED.read(connection, {"now": now})):
        return 0
    query = select(ConnectionRow).where(text(IS_OPEN), col(ConnectionRow.expires_at) <= now)
    query = query.where(col(ConnectionRow.brand_ref).not_in(_ERASING))
    query = query.order_by(col(ConnectionRow.expires_at)).limit(BATCH).with_for_update(skip_locked=True)
    async with database.write() as session:
        ended = (await session.exec(query)).all()
        over = [row for row in ended if _last_use(row) <= now]
        for row in over:
            row.status, row.choices = ConnectionStatus.EXPIRED.value, []
            row.state_hash, row.sealed, row.updated_at = None, b"", now
            await notify_connection(session, EventType.CONNECTION_EXPIRED, row, now)
    return len(over)


def _last_use(row: ConnectionRow) -> datetime:
    """Until when something that was begun with the link may still be completed."""
    if row.status == ConnectionStatus.WAITING.value:
        return row.expires_at
    return row.state_expires_at or row.updated_at + EXCHANGE
