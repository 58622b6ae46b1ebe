"""The event log: events are numbered after their commit and read by position.

The rule here: a position is given under a lock and only to what is committed, so it never appears below one that
a reader has already seen. A late commit gets a later position.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, literal, text, union_all
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.page_sizes import ids_of_page, length_of
from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import EventRow
from munadi.db.tables.webhooks import FREQUENT_TYPES, HAS_A_RARE_TYPE

BATCH = 1_000
# Any number, as long as nothing else in the database takes the same advisory lock.
_LOCK = 6_855_924_000_418

# An erasure deletes events from anywhere in the log, its end too: a position that was given once is not given again.
# A content's events stay in the order of `sequence` even when two processes' clocks disagree: each sorts by the
# latest instant up to it.
_NUMBER = text(
    """
    UPDATE events SET position = numbered.position FROM (
        SELECT waiting.id AS id,
               (SELECT coalesce(max(position), 0)
                FROM (SELECT max(position) AS position FROM events
                      UNION ALL SELECT max(position) FROM erasures) AS given)
                 + row_number() OVER (ORDER BY waiting.latest, waiting.subject, waiting.sequence, waiting.id)
                 AS position
        FROM (
            SELECT id, sequence, coalesce(content_id, id) AS subject,
                   max(created_at) OVER (PARTITION BY coalesce(content_id, id) ORDER BY sequence) AS latest
            FROM events WHERE position IS NULL
        ) AS waiting
        ORDER BY waiting.latest, waiting.subject, waiting.sequence, waiting.id
        LIMIT :batch
    ) AS numbered
    WHERE events.id = numbered.id
    """
)

_LENGTHS = select(EventRow.id, length_of(col(EventRow.data)))
# Built once: the relay asks twice a second, and the usual answer is nothing.
_WAITING = Prebuilt(select(col(EventRow.id)).where(col(EventRow.position).is_(None)).limit(1))


async def number_events(database: Database) -> int:
    """Number the committed events that have no position; returns their count. One caller numbers at a time."""
    numbered = 0
    while await _waiting(database):
        async with database.write() as session:
            connection = await session.connection()
            await hold_numbering(session)
            count = (await connection.execute(_NUMBER, {"batch": BATCH})).rowcount
        numbered += count
        if count < BATCH:
            break
    return numbered


async def hold_numbering(session: AsyncSession) -> None:
    """Let nothing be numbered until this transaction ends. On SQLite there is one writer anyway."""
    connection = await session.connection()
    if connection.dialect.name != "sqlite":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def events_after(
    session: AsyncSession,
    position: int,
    *,
    limit: int,
    brand_ref: str | None = None,
    types: Collection[str] = (),
) -> tuple[Sequence[EventRow], bool]:
    """The numbered events after a position, in order, and whether there are more: fewer than `limit` where they are
    long. `brand_ref` None: of every brand."""
    row = EventRow
    conditions: list[Any] = [_is_after(position)]
    if brand_ref is not None:
        conditions.append(col(row.brand_ref) == brand_ref)
    if not types:
        return await _page(session, _LENGTHS.where(*conditions), limit)
    if not set(types).isdisjoint(FREQUENT_TYPES):
        return await _page(session, _LENGTHS.where(*conditions, col(row.type).in_(types)), limit)
    # An index has the events of one rare type in order.
    conditions.append(text(HAS_A_RARE_TYPE))
    if len(set(types)) == 1:
        return await _page(session, _LENGTHS.where(*conditions, col(row.type).in_(types)), limit)
    # Each type for itself. `position` is no bare column then, or all events would be read in order.
    rare = select(row.id).where(*conditions).order_by(col(row.position)).limit(limit + 1)
    parts = [select(rare.where(col(row.type) == each).subquery().c.id) for each in sorted(set(types))]
    found = _LENGTHS.where(col(row.id).in_(union_all(*parts)))
    return await _page(session, found, limit, order=func.coalesce(row.position, 0))


async def last_position(session: AsyncSession) -> int:
    """The position of the newest numbered event; 0 before the first."""
    return (await session.exec(select(func.max(EventRow.position)))).one() or 0


async def last_positions(session: AsyncSession, after: int) -> dict[str | None, int]:
    """The position of each brand's newest event after a position. The key None is for events of no brand."""
    position = col(EventRow.position)
    query = select(col(EventRow.brand_ref), func.max(position)).where(position > after).group_by(EventRow.brand_ref)
    return {brand_ref: newest or 0 for brand_ref, newest in (await session.exec(query)).all()}


async def events_of(
    session: AsyncSession, content_id: str, *, after: int, limit: int
) -> tuple[Sequence[EventRow], bool]:
    """A post's numbered events after a position, in order of `sequence`, and whether there are more."""
    return await _page(session, _LENGTHS.where(EventRow.content_id == content_id, _is_after(after)), limit)


def _is_after(position: int) -> ColumnElement[bool]:
    """As a large number, because a client may give any, and PostgreSQL refuses one that the column cannot have."""
    return col(EventRow.position) > literal(position, BigInteger)


async def _page(
    session: AsyncSession, lengths: Any, limit: int, *, order: Any = EventRow.position
) -> tuple[Sequence[EventRow], bool]:
    found = (await session.exec(lengths.order_by(order).limit(limit + 1))).all()
    ids, has_more = ids_of_page(found, limit)
    shown = select(EventRow).where(col(EventRow.id).in_(ids)).order_by(col(EventRow.position))
    return (await session.exec(shown)).all() if ids else (), has_more


async def _waiting(database: Database) -> bool:
    return bool(await database.lookup(_WAITING.read))
