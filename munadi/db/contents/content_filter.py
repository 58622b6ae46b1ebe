"""What a list of posts is filtered by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from munadi.db.contents.sources import Place


@dataclass(frozen=True)
class ContentFilter:
    """Which posts to list; None and empty mean all. `overdue_at`: only those that are overdue then. `by_due_time`: the
    latest due first, else the newest. `before` is the (time, id) after which a page continues; the time is that of the
    order."""

    brand_ref: str | None = None
    ids: Collection[str] = ()
    statuses: Collection[str] = ()
    channel: str | None = None
    account_id: str | None = None
    series_id: str | None = None
    client_ref: str | None = None
    held: bool | None = None
    proposed: Collection[str] = ()
    dismissed: bool | None = None
    overdue_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    words: str | None = None
    by_due_time: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: Place | None = None

    @property
    def fields(self) -> frozenset[str]:
        """The names of the filters that are set, without the place."""
        given = {
            each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("before", "by_due_time")
        }
        return frozenset(name for name, value in given.items() if value or value is False)
