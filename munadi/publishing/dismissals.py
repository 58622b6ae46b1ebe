"""Failures that a person has dealt with: they stay failures, and need no attention any more.

A dismissal ends with the next change of the publication's status, so that a new failure is never hidden by an old one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from munadi.db.tables import PublicationRow
from munadi.domain.publication import PublicationStatus

S = PublicationStatus


def dismissed_at(publications: Iterable[PublicationRow]) -> datetime | None:
    """When the last failure of a post was dismissed; None while one is not, or something else needs a person."""
    found: list[datetime] = []
    for row in publications:
        if row.status == S.UNCONFIRMED or (row.status == S.FAILED and row.dismissed_at is None):
            return None
        if row.dismissed_at is not None:
            found.append(row.dismissed_at)
    return max(found, default=None)
