"""What each account still has to publish, by why it is not out yet: for the pages that show accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ContentRow, DraftRow, PublicationRow
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
        return [(each, self.counts[each]) for each in Because if each in self.counts]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


async def unpublished_posts(session: AsyncSession, account_ids: Collection[str], shown: int) -> dict[str, Unpublished]:
    """Per account, in two queries; accounts without any are missing. `shown`: how many posts of each are named."""
    found: dict[str, Unpublished] = {}
    row = PublicationRow
    # By the label: the same expression twice has parameters of two names, and PostgreSQL takes them for two.
    counted = (
        select(col(row.account_id), _because().label("because"), func.count())
        .where(*_of(account_ids))
        .group_by(col(row.account_id), "because")
    )
    connection = await session.connection()
    for account_id, because, count in (await connection.execute(counted)).all():
        found.setdefault(account_id, Unpublished()).counts[Because(because)] = count
    for account_id, post in await _first(session, account_ids, shown) if found else ():
        found[account_id].first.append(post)
    return found


async def _first(session: AsyncSession, account_ids: Collection[str], shown: int) -> Iterable[tuple[str, NextPost]]:
    row = PublicationRow
    place = func.row_number().over(partition_by=col(row.account_id), order_by=(col(row.due_at), col(row.id)))
    ranked = (
        select(
            col(row.account_id),
            col(row.content_id),
            col(row.due_at),
            _because().label("because"),
            place.label("number"),
        )
        .where(*_of(account_ids))
        .subquery()
    )
    named = (
        select(ranked.c.account_id, ranked.c.content_id, ranked.c.due_at, ranked.c.because, col(DraftRow.source))
        .join(ContentRow, col(ContentRow.id) == ranked.c.content_id)
        .join(
            DraftRow,
            and_(
                col(DraftRow.content_id) == col(ContentRow.id),
                col(DraftRow.draft_version) == col(ContentRow.draft_version),
            ),
        )
        .where(ranked.c.number <= shown)
        .order_by(ranked.c.account_id, ranked.c.number)
    )
    rows = (await (await session.connection()).execute(named)).all()
    return [
        (account_id, NextPost(content_id, due_at, Because(because), source.get("text") or source.get("link")))
        for account_id, content_id, due_at, because, source in rows
    ]


def _of(account_ids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    row = PublicationRow
    return col(row.account_id).in_(account_ids), col(row.status).in_(_UNPUBLISHED)


def _because() -> ColumnElement[str]:
    row = PublicationRow
    return case(
        (col(row.status) == PublicationStatus.PUBLISHING.value, Because.PUBLISHING.value),
        (col(row.hold_reason).is_not(None), Because.WAITING.value),
        else_=Because.SCHEDULED.value,
    )
