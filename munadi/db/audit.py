"""The audit log: written in the transaction of each change, listed newest first, deleted after a set time.

The rule here: `record` only adds a row to the caller's transaction. So there is no action without its row, and no row
without its action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, delete, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables.audit import IS_NO_NEW_POST, AuditRow
from munadi.domain.audit import Action, AuditEntry, current_actor
from munadi.domain.ids import Prefix

# Rows that one transaction deletes, and how many transactions one clean-up makes: other writers wait for milliseconds.
BATCH, BATCHES = 1_000, 200


@dataclass(frozen=True)
class AuditFilter:
    """Which entries to list; None means all. `since` is inclusive, `until` exclusive."""

    key_id: str | None = None
    brand_ref: str | None = None
    action: Action | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def record(
    session: AsyncSession,
    action: Action,
    *,
    target: str | None,
    brand_ref: str | None,
    now: datetime,
    key_id: str | None = None,
) -> None:
    """Add an action of the current actor to the caller's transaction. `key_id` is used where the actor has no key."""
    session.add(AuditRow(**audit_values(action, target=target, brand_ref=brand_ref, now=now, key_id=key_id)))


def audit_values(
    action: Action, *, target: str | None, brand_ref: str | None, now: datetime, key_id: str | None = None
) -> dict[str, Any]:
    """The row of an action of the current actor, for a caller that inserts it by a statement."""
    actor = current_actor()
    return {
        "id": new_id(Prefix.AUDIT),
        "at": now,
        "key_id": actor.key_id or key_id,
        "brand_ref": brand_ref,
        "action": action.value,
        "target": target,
        "request_id": actor.request_id,
        "address": actor.address,
        "count": 1,
    }


async def list_entries(
    session: AsyncSession, wanted: AuditFilter, *, limit: int, before: str | None
) -> list[AuditEntry]:
    """Entries, the newest first, older than the id `before`."""
    query = select(AuditRow).order_by(col(AuditRow.id).desc()).limit(limit)
    for column, value in (
        (AuditRow.key_id, wanted.key_id),
        (AuditRow.brand_ref, wanted.brand_ref),
        (AuditRow.action, wanted.action),
        (AuditRow.target, wanted.target),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if wanted.action not in (None, Action.CONTENT_CREATED):
        query = query.where(text(IS_NO_NEW_POST))  # true anyway: the condition of the indexes by action
    if wanted.since is not None:
        query = query.where(col(AuditRow.at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(AuditRow.at) < wanted.until)
    if before is not None:
        query = query.where(col(AuditRow.id) < before)
    return [entry_of(row) for row in (await session.exec(query)).all()]


def entry_of(row: AuditRow) -> AuditEntry:
    """An entry as the API returns it."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        key_id=row.key_id,
        brand_ref=row.brand_ref,
        action=row.action,
        target=row.target,
        request_id=row.request_id,
        address=row.address,
        count=row.count,
    )


async def forget_old_entries(database: Database, now: datetime, kept: timedelta) -> int:
    """Delete entries older than `kept`, in batches; returns their number. A later run deletes the rest."""
    total = 0
    for _ in range(BATCHES):
        async with database.write() as session:
            gone = await _oldest(session, now - kept)
            if gone:
                await session.exec(delete(AuditRow).where(col(AuditRow.id).in_(gone)))
        total += len(gone)
        if len(gone) < BATCH:
            break
    return total


async def _oldest(session: AsyncSession, before: datetime) -> Sequence[str]:
    query = select(AuditRow.id).where(col(AuditRow.at) < before).order_by(col(AuditRow.at)).limit(BATCH)
    return (await session.exec(query)).all()
