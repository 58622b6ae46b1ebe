"""Checks brand limits when a change moves publications into another month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from munadi.db.brands.limits import require_publications
from munadi.domain.brand import BrandLimits
from munadi.domain.publication import PublicationStatus
from munadi.domain.usage import Month, month_counted
from munadi.publishing.content import LockedContent


def months_of(locked: LockedContent) -> Mapping[str, Month | None]:
    """The month in which each publication of a post counts."""
    return {
        row.id: month_counted(PublicationStatus(row.status), row.due_at, row.published_at, locked.now)
        for row in locked.publications
    }


async def require_moved(locked: LockedContent, limits: BrandLimits, before: Mapping[str, Month | None]) -> None:
    """QuotaExceeded if a change moved publications into a month that is full."""
    if limits.publications_per_month is None:
        return
    gained = Counter(month for row_id, month in months_of(locked).items() if month and month != before[row_id])
    if gained:
        await locked.session.flush()
    for month, adding in gained.items():
        await require_publications(
            locked.session, locked.content.brand_ref, limits, month, adding, locked.now, are_stored=True
        )
