"""Posts by due day: the number per day and the first ones of each, in four queries."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, union_all
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.modes import Brands
from munadi.db.contents.queries import views_of
from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.content import ContentView


@dataclass(frozen=True)
class DueDay:
    """The number of posts that are due in a time span, and the first of them."""

    total: int
    contents: tuple[ContentView, ...]


@dataclass(frozen=True)
class DueFilter:
    """Which due posts: of these brands, and where they are not empty with one of these statuses, and with a publication
    on one of these channels, and on this account."""

    brands: Brands
    statuses: Collection[str] = ()
    channels: Collection[str] = ()
    account_id: str | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions of a post."""
        found = self.brands.own(col(ContentRow.brand_ref))
        if self.statuses:
            found.append(col(ContentRow.status).in_(self.statuses))
        if self.channels or self.account_id is not None:
            query = select(PublicationRow.id).where(col(PublicationRow.content_id) == col(ContentRow.id))
            if self.channels:
                query = query.where(col(PublicationRow.channel).in_(self.channels))
            if self.account_id is not None:
                query = query.where(PublicationRow.account_id == self.account_id)
            found.append(query.exists())
        return found


async def due_days(session: AsyncSession, wanted: DueFilter, edges: Sequence[datetime], per_day: int) -> list[DueDay]:
    """The due posts of each span between two neighbours of `edges` (ascending)."""
    conditions = wanted.conditions
    at = col(ContentRow.scheduled_at)
    spans = [and_(at >= first, at < end, *conditions) for first, end in pairwise(edges)]
    counted = union_all(*(_count(number, span) for number, span in enumerate(spans))).subquery()
    totals = dict((await session.exec(select(counted.c.day, counted.c.total))).all())
    ids: list[list[str]] = [[] for _ in spans]
    if per_day and any(totals.values()):
        first = union_all(*(_first(number, span, per_day) for number, span in enumerate(spans))).subquery()
        query = select(first.c.day, first.c.id).order_by(first.c.day, first.c.at, first.c.id)
        for number, content_id in (await session.exec(query)).all():
            ids[number].append(content_id)
    views = await views_of(session, list(chain.from_iterable(ids)))
    return [DueDay(totals[number], tuple(views[each] for each in day)) for number, day in enumerate(ids)]


async def due_days_coming_first(
    session: AsyncSession, wanted: DueFilter, edges: Sequence[datetime], per_day: int, *, now: datetime
) -> list[DueDay]:
    """As `due_days`; in the span that has `now`, what is still to come precedes what was due."""
    place = bisect_right(edges, now)
    if not 0 < place < len(edges) or edges[place - 1] == now:
        return await due_days(session, wanted, edges, per_day)
    found = await due_days(session, wanted, [*edges[:place], now, *edges[place:]], per_day)
    past, coming = found[place - 1], found[place]
    today = DueDay(past.total + coming.total, (*coming.contents, *past.contents)[:per_day])
    return [*found[: place - 1], today, *found[place + 1 :]]


def _count(number: int, span: ColumnElement[bool]) -> Select[Any, Any]:
    """The number of posts in a span, with the number of its day."""
    day = literal(number).label("day")
    return select_columns(day, func.count().label("total")).select_from(ContentRow).where(span)


def _first(number: int, span: ColumnElement[bool], per_day: int) -> Select[Any, Any, Any]:
    """The first posts of a span, with the number of its day."""
    at, content_id = col(ContentRow.scheduled_at), col(ContentRow.id)
    found = (
        select(content_id.label("id"), at.label("at")).where(span).order_by(at, content_id).limit(per_day).subquery()
    )
    return select_columns(literal(number).label("day"), found.c.id, found.c.at)
