"""What each account still has to publish, by why it is not out yet: for the pages that show accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

import sqlalchemy
from sqlalchemy import ColumnElement, Row, func, literal_column, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.queries import sources_of
from munadi.db.tables import PublicationRow
from munadi.domain.publication import WAITING, PublicationStatus

_UNPUBLISHED = [*(status.value for status in WAITING), PublicationStatus.PUBLISHING.value]


class Because(StrEnum):
    """Why a post is not out: it waits for an account or a network, it is not due yet, or it is being published now."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"


@dataclass(frozen=True)
class NextPost:
    """A post that an account still has to publish. `words`: its text or its link; None when it has neither."""

    content_id: str
    due_at: datetime
    because: Because
    words: str | None


@dataclass
class Unpublished:
    """The posts of one account that are not out: how many of each kind, and the first by due time."""

    counts: dict[Because, int] = field(default_factory=dict)
    first: list[NextPost] = field(default_factory=list)

    @property
    def kinds(self) -> list[tuple[Because, int]]:
        """The counts, in the order of `Because`."""
        return [(each, self.counts[each]) for each in Because if self.counts.get(each)]

    @property
    def total(self) -> int:
        """The number of unpublished posts, whatever the cause."""
        return sum(self.counts.values())


async def unpublished_posts(session: AsyncSession, account_ids: Collection[str], shown: int) -> dict[str, Unpublished]:
    """Per account, in four queries; accounts without any are missing. `shown`: how many posts of each are named.

    No query sorts what an account has planned, which may be thousands: each reads the beginning of an index.
    """
    if not account_ids:
        return {}
    by_status = await _by_status(session, account_ids)
    waiting = await _waiting(session, account_ids) if by_status else {}
    found: dict[str, Unpublished] = {}
    for (account_id, status), count in by_status.items():
        counts = found.setdefault(account_id, Unpublished()).counts
        because = Because.PUBLISHING if status == PublicationStatus.PUBLISHING else Because.SCHEDULED
        counts[because] = counts.get(because, 0) + count
    for account_id, each in found.items():
        # PostgreSQL may count a hold that ended meanwhile.
        scheduled = each.counts.get(Because.SCHEDULED, 0)
        held = min(waiting.get(account_id, 0), scheduled)
        each.counts |= {Because.WAITING: held, Because.SCHEDULED: scheduled - held}
    first = await _first(session, by_status, shown)
    sources = await sources_of(session, {row.content_id for rows in first.values() for row in rows})
    for account_id, rows in first.items():
        found[account_id].first = [_named(row, sources[row.content_id]) for row in rows]
    return found


async def _by_status(session: AsyncSession, account_ids: Collection[str]) -> dict[tuple[str, str], int]:
    row = PublicationRow
    query = (
        select(row.account_id, row.status, func.count())
        .where(col(row.account_id).in_(account_ids), col(row.status).in_(_UNPUBLISHED))
        .group_by(col(row.account_id), col(row.status))
    )
    return {(account_id, status): count for account_id, status, count in (await session.exec(query)).all()}


async def _waiting(session: AsyncSession, account_ids: Collection[str]) -> dict[str, int]:
    """From the index of what is held. No bare column, not even to group by, or a database would read all that the
    accounts have planned."""
    row = PublicationRow
    account_id = cast(ColumnElement[str], col(row.account_id)).concat(literal_column("''"))
    query = (
        select(account_id, func.count())
        .where(col(row.hold_reason).is_not(None), row.status == PublicationStatus.QUEUED.value)
        .where(account_id.in_(account_ids))
        .group_by(account_id)
    )
    return dict((await session.exec(query)).all())


async def _first(session: AsyncSession, existing: Iterable[tuple[str, str]], shown: int) -> dict[str, list[Row[Any]]]:
    """The first rows of each account by due time, from the first of each status that it has posts in."""
    row = PublicationRow
    columns = [col(row.account_id), col(row.content_id), col(row.due_at), col(row.status), col(row.hold_reason)]
    parts = [
        sqlalchemy.select(
            sqlalchemy.select(*columns)
            .where(col(row.account_id) == account_id, col(row.status) == status)
            .order_by(col(row.due_at))
            .limit(shown)
            .subquery()
        )
        for account_id, status in existing
    ]
    found: dict[str, list[Row[Any]]] = {}
    if parts:
        rows = (await (await session.connection()).execute(union_all(*parts))).all()
        for each in sorted(rows, key=lambda one: (one.due_at, one.content_id)):
            found.setdefault(each.account_id, []).append(each)
    return {account_id: rows[:shown] for account_id, rows in found.items()}


def _named(row: Row[Any], source: Mapping[str, Any]) -> NextPost:
    if row.status == PublicationStatus.PUBLISHING:
        because = Because.PUBLISHING
    else:
        because = Because.WAITING if row.hold_reason is not None else Because.SCHEDULED
    return NextPost(row.content_id, row.due_at, because, source.get("text") or source.get("link"))
