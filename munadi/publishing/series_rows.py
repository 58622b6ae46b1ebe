"""The rows of series: what they plan, how they end, and the view of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media_uses import forget_uses
from munadi.db.events.notify import notify
from munadi.db.tables import ContentRow, SeriesRow
from munadi.domain.event import EventType
from munadi.domain.problem import Problem
from munadi.domain.series import Occurrence, SeriesEnd, SeriesStatus, SeriesView
from munadi.intake.recurrence import Recurrence
from munadi.intake.series import SeriesPlan

# Posts are made this long before their time: long enough to be seen and approved.
AHEAD = timedelta(days=14)
SHOWN = 10


def plan_of(row: SeriesRow) -> SeriesPlan:
    """A series as it makes its occurrences."""
    rule = Recurrence.stored(row.rrule, row.start, row.timezone)
    return SeriesPlan(row.id, row.brand_ref, rule, row.content, row.variants)


async def end_series(session: AsyncSession, row: SeriesRow, ended_as: SeriesEnd, now: datetime) -> None:
    """End a series that is locked, with its event."""
    row.ended_at, row.ended_as, row.next_at, row.updated_at = now, ended_as.value, None, now
    row.version, row.problems = row.version + 1, []
    await forget_uses(session, row.id)
    view = await series_view(session, row, now)
    data = {"series": view.model_dump(mode="json")}
    await notify(session, EventType.SERIES_ENDED, brand_ref=row.brand_ref, data=data, now=now, status=row.ended_as)


async def series_view(session: AsyncSession, row: SeriesRow, now: datetime) -> SeriesView:
    """A series as the API returns it, with its next dates."""
    upcoming: list[Occurrence] = []
    if row.ended_at is None:
        ahead = (due for due in plan_of(row).rule.all() if due.at > now)
        dates = list(islice(ahead, SHOWN))
        query = select(col(ContentRow.occurrence), col(ContentRow.id)).where(
            col(ContentRow.series_id) == row.id, col(ContentRow.occurrence).in_([due.on for due in dates])
        )
        made = {row[0]: row[1] for row in (await (await session.connection()).execute(query)).all()}
        upcoming = [Occurrence(occurrence=due.on, at=due.at, content_id=made.get(due.on)) for due in dates]
    return SeriesView(
        id=row.id,
        brand_ref=row.brand_ref,
        status=SeriesStatus.ACTIVE if row.ended_at is None else SeriesStatus.ENDED,
        rrule=row.rrule,
        start=row.start,
        timezone=row.timezone,
        content=row.content,
        variants=tuple(row.variants),
        upcoming=tuple(upcoming),
        missed=row.missed,
        problems=tuple(Problem.model_validate(each) for each in row.problems),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
        ended_as=SeriesEnd(row.ended_as) if row.ended_as else None,
    )


def placed(problem: Problem, variant: int | None = None) -> Problem:
    """A problem of an occurrence where the series has that field."""
    pointer = problem.pointer
    if variant is not None and pointer == "/text":
        return problem.model_copy(update={"pointer": f"/variants/{variant}"})
    if pointer.split("/")[1:2] in (["brandRef"], ["timezone"]):
        return problem
    return problem.model_copy(update={"pointer": f"/content{pointer}"})
