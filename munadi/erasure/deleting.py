"""Statements that delete rows together with those that refer to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AttemptRow, DeliveryRow, DiscardRow, EventRow, PublicationRow


async def delete_rows(session: AsyncSession, table: Any, *which: Any) -> int:
    """Delete rows of a table; how many."""
    connection = await session.connection()
    result = await connection.execute(delete(table).where(*which))
    return int(result.rowcount)


async def highest_position(session: AsyncSession, *which: Any) -> int | None:
    """The highest position of these events. Call `hold_numbering` before it."""
    return (await session.exec(select(func.max(EventRow.position)).where(*which))).one()


async def delete_events(session: AsyncSession, *which: Any) -> int | None:
    """Delete events with their deliveries; the highest position of them. Call `hold_numbering` before it."""
    position = await highest_position(session, *which)
    ids = select(col(EventRow.id)).where(*which)
    await delete_rows(session, DeliveryRow, col(DeliveryRow.event_id).in_(ids))
    await delete_rows(session, EventRow, *which)
    return position


async def delete_publications(session: AsyncSession, which: Select[Any]) -> None:
    """Delete publications, whose ids the query selects, with their attempts and leftovers."""
    await delete_rows(session, AttemptRow, col(AttemptRow.publication_id).in_(which))
    await delete_rows(session, DiscardRow, col(DiscardRow.publication_id).in_(which))
    await delete_rows(session, PublicationRow, col(PublicationRow.id).in_(which))
