"""What an erasure is about, and the rows that it is recorded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ErasureRow
from munadi.domain.erasure import ErasureCounts, ErasureStatus, ErasureView, ErasureWait


@dataclass(frozen=True)
class Scope:
    """A running erasure: of a whole brand, or of one account of it."""

    id: str
    brand_ref: str
    account_id: str | None
    requested_at: datetime


def scope_of(row: ErasureRow) -> Scope:
    """The scope of a running erasure, which always has a brand."""
    assert row.brand_ref is not None, "only an answer about nobody has no brand, and that has ended"
    return Scope(row.id, row.brand_ref, row.account_id, row.requested_at)


def view_of(row: ErasureRow) -> ErasureView:
    """An erasure as the API returns it."""
    return ErasureView(
        id=row.id,
        status=ErasureStatus.RUNNING if row.ended_at is None else ErasureStatus.DONE,
        brand_ref=row.brand_ref,
        account_id=row.account_id,
        counts=ErasureCounts(**row.counts),
        waits_for=ErasureWait(row.waits_for) if row.waits_for and row.ended_at is None else None,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
    )


async def add_to(
    session: AsyncSession,
    scope: Scope,
    now: datetime,
    counts: Mapping[str, int],
    *,
    workflows: Mapping[str, str] | None = None,
    position: int | None = None,
) -> None:
    """Record what this transaction erases: numbers, the workflows that Temporal must forget, the highest position."""
    row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
    row.counts = {**row.counts, **{name: row.counts.get(name, 0) + more for name, more in counts.items() if more}}
    row.workflows = {**row.workflows, **(workflows or {})}
    row.position = max((each for each in (row.position, position) if each is not None), default=None)
    row.updated_at = now
