"""What a preparation left at a network and nobody will use, written down in the transaction that gives it up.

The rule here: nothing whose visible call may ever have been sent is written down (docs/decisions/009). A row that is
not `detached` points at its publication's handle, which a retry may still use; `discards.py` decides when it is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.tables import AttemptRow, PublicationRow
from munadi.db.types import Json, UtcDateTime
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus

# So long the preparation of a failed publication is kept for a retry.
KEPT_FOR_A_RETRY = timedelta(hours=1)


class DiscardRow(SQLModel, table=True):
    """Something to remove. `outcome` null: still to be done; else `removed`, `withdrawn` or `given_up`, with a note."""

    __tablename__ = "discards"
    __table_args__ = (
        Index(
            "discards_due",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
        Index("discards_by_publication", "publication_id"),
    )
    id: str = Field(primary_key=True)
    publication_id: str = Field(foreign_key="publications.id")
    draft_version: int
    handle: dict[str, Any] | None = Field(default=None, sa_type=Json)
    detached: bool = False
    tries: int = 0
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    note: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


def is_over(row: PublicationRow) -> bool:
    """Whether nothing of it will be published, unless somebody retries it."""
    return row.status in (PublicationStatus.CANCELED, PublicationStatus.FAILED)


async def may_have_been_seen(session: AsyncSession, row: PublicationRow) -> bool:
    """Whether a visible call was ever open-ended: then what it used is never touched.

    A restored database does not remember its calls, so what it still has to look for counts as seen.
    """
    if row.look_since is not None:
        return True
    await session.flush()
    query = select(AttemptRow.id).where(
        AttemptRow.publication_id == row.id, or_(col(AttemptRow.is_open), col(AttemptRow.was_uncertain))
    )
    return (await session.exec(query.limit(1))).first() is not None


async def leave_behind(
    session: AsyncSession,
    row: PublicationRow,
    now: datetime,
    *,
    state: Mapping[str, Any] | None = None,
    draft_version: int | None = None,
) -> bool:
    """Have the handle of a publication that is over removed, or `state` that never became one; whether it will be."""
    left = row.handle if state is None else dict(state)
    if not left or await may_have_been_seen(session, row):
        return False
    if state is None and await _is_planned(session, row.id):
        return True
    wait = KEPT_FOR_A_RETRY if state is None and row.status == PublicationStatus.FAILED else timedelta(0)
    session.add(
        DiscardRow(
            id=new_id(Prefix.DISCARD),
            publication_id=row.id,
            draft_version=draft_version or row.handle_draft_version or 0,
            handle=None if state is None else left,
            detached=state is not None,
            next_try_at=now + wait,
            created_at=now,
            updated_at=now,
        )
    )
    return True


async def give_up_handle(session: AsyncSession, row: PublicationRow, now: datetime) -> None:
    """A waiting publication is prepared anew: take its handle away, to be removed. Later saves of it are refused."""
    state, draft_version = row.handle, row.handle_draft_version
    if await leave_behind(session, row, now, state=state or {}, draft_version=draft_version):
        forget_handle(row)
        row.epoch += 1


def forget_handle(row: PublicationRow) -> None:
    """Nothing is prepared."""
    row.handle = row.handle_draft_version = row.handle_expires_at = None
    row.handle_ready = False


async def _is_planned(session: AsyncSession, publication_id: str) -> bool:
    """Whether the handle is to be removed already."""
    query = select(DiscardRow.id).where(
        DiscardRow.publication_id == publication_id,
        col(DiscardRow.next_try_at).is_not(None),
        col(DiscardRow.detached).is_(False),
    )
    return (await session.exec(query.limit(1))).first() is not None
