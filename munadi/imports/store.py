"""The rows of imports in the database. (Port of `service.py` and `running.py`.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, func, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.notify import notify
from munadi.db.tables import ImportLineRow, ImportRow
from munadi.domain.event import EventType
from munadi.domain.imports import (
    ImportCounts,
    ImportProblem,
    ImportRowStatus,
    ImportRowView,
    ImportStatus,
    ImportView,
)

# Until all rows are stored. No import is returned in this state.
RECEIVING = "receiving"
# How long the results of an import are kept, and rows whose upload was cut off.
KEPT, ABANDONED = timedelta(days=30), timedelta(days=1)


@dataclass(frozen=True)
class RowResult:
    """What became of a row. `why`: `statusCode code detail problems` of one that was refused."""

    line: int
    status: ImportRowStatus
    content_id: str | None = None
    why: dict[str, Any] | None = None


def view_of(row: ImportRow) -> ImportView:
    """An import as the API returns it."""
    counts = ImportCounts(
        total=row.total, accepted=row.accepted, repeated=row.repeated, valid=row.valid, refused=row.refused
    )
    return ImportView(
        id=row.id,
        brand_ref=row.brand_ref,
        status=ImportStatus(row.status),
        dry_run=row.dry_run,
        counts=counts,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def row_view(row: ImportLineRow) -> ImportRowView:
    """A row as the API returns it."""
    status, why = ImportRowStatus(row.status), row.result or {}
    taken = {ImportRowStatus.ACCEPTED: 202, ImportRowStatus.REPEATED: 202, ImportRowStatus.VALID: 200}
    return ImportRowView(
        line=row.line,
        row_key=row.row_key,
        status=status,
        content_id=row.content_id,
        status_code=why.get("statusCode", taken.get(status)),
        code=why.get("code"),
        detail=why.get("detail"),
        problems=tuple(ImportProblem.model_validate(each) for each in why.get("problems", ())),
    )


async def add_lines(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Store rows of a file."""
    if rows:
        await (await session.connection()).execute(insert(ImportLineRow), rows)


async def remove(session: AsyncSession, import_ids: Sequence[str], lines: int | None = None) -> bool:
    """Delete imports with their lines, or so many lines of them. Whether there may be more."""
    connection, of_import = await session.connection(), col(ImportLineRow.import_id).in_(import_ids)
    if lines is not None:
        query = select(ImportLineRow.import_id, ImportLineRow.line).where(of_import).limit(lines)
        found = (await session.exec(query)).all()
        for import_id in {each[0] for each in found}:
            numbers = [each[1] for each in found if each[0] == import_id]
            of_one = (col(ImportLineRow.import_id) == import_id, col(ImportLineRow.line).in_(numbers))
            await connection.execute(delete(ImportLineRow).where(*of_one))
        if len(found) == lines:
            return True
    await connection.execute(delete(ImportLineRow).where(of_import))
    await connection.execute(delete(ImportRow).where(col(ImportRow.id).in_(import_ids)))
    return False


async def remove_old(session: AsyncSession, now: datetime, size: int) -> bool:
    """Delete so many lines of an import that is old, or whose upload was cut off. Whether there may be more."""
    created, status = col(ImportRow.created_at), col(ImportRow.status)
    for query in (
        select(ImportRow.id).where(created < now - KEPT, status != ImportStatus.RUNNING.value),
        select(ImportRow.id).where(created < now - ABANDONED, created >= now - KEPT, status == RECEIVING),
    ):
        found = (await session.exec(query.order_by(created).limit(1))).all()
        if found:
            await remove(session, found, size)
            return True
    return False


async def running_of(session: AsyncSession, brand_ref: str) -> int:
    """How many imports of the brand are under way."""
    running = (ImportRow.brand_ref == brand_ref, ImportRow.status == ImportStatus.RUNNING.value)
    return (await session.exec(select(func.count()).select_from(ImportRow).where(*running))).one()


async def pending(session: AsyncSession, import_id: str, count: int) -> Sequence[ImportLineRow]:
    """The next rows without a result."""
    query = select(ImportLineRow).where(ImportLineRow.import_id == import_id, ImportLineRow.status == "pending")
    return (await session.exec(query.order_by(col(ImportLineRow.line)).limit(count))).all()


async def store_results(session: AsyncSession, import_id: str, results: Sequence[RowResult]) -> None:
    """Store the results of rows that were pending, and count them."""
    connection, counted = await session.connection(), dict[str, int]()
    for each in results:
        of_line = (
            col(ImportLineRow.import_id) == import_id,
            col(ImportLineRow.line) == each.line,
            col(ImportLineRow.status) == ImportRowStatus.PENDING.value,
        )
        values = {
            "status": each.status.value,
            "content_id": each.content_id,
            "result": each.why,
            "sent": None,
            "columns": None,
        }
        stored = await connection.execute(update(ImportLineRow).where(*of_line).values(values))
        counted[each.status.value] = counted.get(each.status.value, 0) + stored.rowcount
    more = {name: getattr(ImportRow, name) + count for name, count in counted.items()}
    if more:
        await connection.execute(update(ImportRow).where(col(ImportRow.id) == import_id).values(more))


async def end(session: AsyncSession, import_id: str, status: ImportStatus, now: datetime) -> None:
    """Record that an import has ended, with its event unless it was a dry run."""
    row = await session.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is None or row.status != ImportStatus.RUNNING.value:
        return
    row.status, row.ended_at, row.media = status.value, now, []
    if not row.dry_run:
        data = {"summary": view_of(row).model_dump(mode="json", by_alias=True)}
        await notify(
            session, EventType.IMPORT_COMPLETED, brand_ref=row.brand_ref, data=data, now=now, status=status.value
        )
