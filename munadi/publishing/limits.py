"""Checks brand limits when a change moves publications into another month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from munadi.db.brands.limits import require_publications
from munadi.domain.brand import BrandLimits
from munadi.domain.publication import PublicationStatus
from munadi.domain.usage import Month, month_counted
from munadi.publishing.content import LockedContent


@dataclass(frozen=True)
class Counted:
    """What a post counts as against the limits of posts: the month of each publication."""

    months: Mapping[str, Month | None]

    @classmethod
    def of(cls, locked: LockedContent) -> Self:
        """As the post is now."""
        months = {
            row.id: month_counted(PublicationStatus(row.status), row.due_at, row.published_at, locked.now)
            for row in locked.publications
        }
        return cls(months)


async def require_moved(locked: LockedContent, limits: BrandLimits, before: Counted) -> None:
    """QuotaExceeded if a change moved publications into a month that is full."""
    if limits.publications_per_month is None:
        return
    after = Counted.of(locked).months
    gained = Counter(month for row_id, month in after.items() if month and month != before.months[row_id])
    if gained:
        await locked.session.flush()
    for month, adding in gained.items():
        await require_publications(
            locked.session, locked.content.brand_ref, limits, month, adding, locked.now, are_stored=True
        )
