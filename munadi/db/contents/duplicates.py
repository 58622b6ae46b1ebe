"""Finds the posts of an account with the same fingerprint that are due within a day of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect
from sqlmodel import col

from munadi.db.tables import PublicationRow
from munadi.domain.publication import PublicationStatus

WINDOW = timedelta(hours=24)
# These have shown no reader anything. An unconfirmed publication may be live, so it counts.
_SHOWN_TO_NOBODY = [PublicationStatus.FAILED.value, PublicationStatus.CANCELED.value]


@dataclass(frozen=True)
class Wanted:
    """A publication to compare: its account, and the fingerprint of its draft."""

    account_id: str
    fingerprint: str


@dataclass(frozen=True)
class Duplicate:
    """The post that an account publishes too, and when it is due there."""

    content_id: str
    due_at: datetime


def find_duplicates(
    connection: Connection, wanted: Sequence[Wanted], due: datetime, own_id: str | None = None
) -> dict[str, Duplicate]:
    """Per account, the last post with the same fingerprint that is due less than a day before or after `due`.

    `own_id` is the post that the publications belong to, if it is stored. One statement for all of them.
    """
    if not wanted:
        return {}
    values: dict[str, object] = {"after": due - WINDOW, "before": due + WINDOW, "own_id": own_id or ""}
    for place, each in enumerate(wanted):
        values |= {f"account_{place}": each.account_id, f"fingerprint_{place}": each.fingerprint}
    rows = connection.execute(_statement(len(wanted)), values).all()
    return {account_id: Duplicate(content_id, due_at) for account_id, content_id, due_at in rows}


@cache
def _statement(count: int) -> CompoundSelect[Any]:
    """One part per publication: each reads one row of the index, however many alike there are."""
    return union_all(*(select(_last_of(place).subquery()) for place in range(count)))


def _last_of(place: int) -> Select[str, str, datetime]:
    row = PublicationRow
    return (
        select(col(row.account_id), col(row.content_id), col(row.due_at))
        .where(
            col(row.account_id) == bindparam(f"account_{place}"),
            col(row.fingerprint) == bindparam(f"fingerprint_{place}"),
            col(row.due_at) > bindparam("after"),
            col(row.due_at) < bindparam("before"),
            col(row.status).not_in(_SHOWN_TO_NOBODY),
            col(row.content_id) != bindparam("own_id"),
        )
        .order_by(col(row.due_at).desc())
        .limit(1)
    )
