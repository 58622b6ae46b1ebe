"""Makes the posts of series, some days ahead of their times.

Each post is accepted like any other, in a transaction that also locks its series and notes the date. So a kill leaves
both or neither; and a unique index of the posts lets a series have one for each date, whatever was noted.
What passes without a post is counted and never made later.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice, zip_longest

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import NotPermitted
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.session import Database
from munadi.db.tables import SeriesRow
from munadi.domain.audit import Actor, acting
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.reach import Reach
from munadi.domain.series import SeriesEnd
from munadi.domain.usage import QuotaExceeded
from munadi.intake.recurrence import Due
from munadi.ports import Clock
from munadi.publishing.media_use import MediaGone
from munadi.publishing.series_rows import AHEAD, end_series, placed, plan_of
from munadi.publishing.service import PostService
from munadi.publishing.slot_turns import OccurrenceMade

log = logging.getLogger("munadi.series")

# After a refusal it is tried again: an account may be connected by then.
AGAIN = timedelta(minutes=10)
# Of one series in one turn; the others have theirs in between.
AT_ONCE, SERIES_AT_ONCE = 20, 50
_NO_KEY = IdempotencyKey(None, ())


class SeriesChanged(Exception):
    """The series was changed or ended since it was read; nothing was made."""


@dataclass(frozen=True)
class OccurrenceMaker:
    """Makes what is to be made. Any number of them may run: one gets each date."""

    database: Database
    posts: PostService
    clock: Clock

    async def make_due(self) -> int:
        """Make the next posts of every series that has some to make; how many series were looked at."""
        query = select(SeriesRow).where(col(SeriesRow.next_at) <= self.clock.now()).order_by(col(SeriesRow.next_at))
        async with self.database.read() as session:
            rows = (await session.exec(query.limit(SERIES_AT_ONCE))).all()
        for row in rows:
            try:
                await self._advance(row)
            except SeriesChanged:
                continue  # it is read again in the next round
        return len(rows)

    async def _advance(self, row: SeriesRow) -> None:
        """Settle the next dates of a series, and note when it is looked at again."""
        plan, now = plan_of(row), self.clock.now()
        dates = list(islice(plan.rule.after(row.made_through), AT_ONCE + 1))
        for due, following in zip_longest(dates, dates[1:]):
            if due.at > now + AHEAD:
                await self._note(row, next_at=due.at - AHEAD)
                return
            if due is dates[-1] and len(dates) > AT_ONCE:
                await self._note(row, next_at=now)
                return
            if due.at <= now:
                await self._note(row, missed=due.on)
                continue
            try:
                await self._make(row, due, following.at if following else None)
            except OccurrenceMade:
                await self._note(row, settled=due.on)
            except (ProblemsFound, QuotaExceeded, NotPermitted, MediaGone) as error:
                log.warning("the series %s cannot make %s: %s", row.id, due.on, error)
                await self._note(row, next_at=min(due.at, now + AGAIN), problems=_problems_of(error))
                return
        await self._finish(row, now)

    async def _make(self, row: SeriesRow, due: Due, following: datetime | None) -> None:
        request = plan_of(row).request(due, following)
        caller = Principal(row.created_by_key or "", frozenset({Scope.CONTENTS_WRITE}), Reach.of([row.brand_ref]))
        with acting(Actor(key_id=row.created_by_key, brand_ref=row.brand_ref)):
            await self.posts.accept(request, (), caller, _NO_KEY, beside=partial(self._settle, row, due.on))

    async def _settle(self, row: SeriesRow, on: date, session: AsyncSession, _content_id: str) -> None:
        """Note in the transaction of its post that a date is made. Raises SeriesChanged."""
        stored = await _locked(session, row)
        stored.made_through, stored.problems = on, []

    async def _note(
        self,
        row: SeriesRow,
        *,
        next_at: datetime | None = None,
        missed: date | None = None,
        settled: date | None = None,
        problems: list[Problem] | None = None,
    ) -> None:
        """Note what became of a date, or when the next one is looked at. Raises SeriesChanged."""
        async with self.database.write() as session:
            stored = await _locked(session, row)
            stored.made_through = missed or settled or stored.made_through
            stored.missed += missed is not None
            stored.next_at = next_at or stored.next_at
            if problems is not None:
                stored.problems = [each.model_dump(mode="json") for each in problems]

    async def _finish(self, row: SeriesRow, now: datetime) -> None:
        """End a series whose last date has passed; else look at it again then."""
        last = max((due.at for due in plan_of(row).rule.all()), default=now)
        if last > now:
            await self._note(row, next_at=last)
            return
        async with self.database.write() as session:
            await end_series(session, await _locked(session, row), SeriesEnd.FINISHED, now)


async def _locked(session: AsyncSession, known: SeriesRow) -> SeriesRow:
    """Lock a series as it was read. Raises SeriesChanged if it is another by now."""
    query = select(SeriesRow).where(SeriesRow.id == known.id, SeriesRow.version == known.version)
    row = (await session.exec(query.with_for_update().execution_options(populate_existing=True))).first()
    if row is None or row.ended_at is not None:
        raise SeriesChanged
    return row


def _problems_of(error: Exception) -> list[Problem]:
    if isinstance(error, ProblemsFound):
        return [placed(each) for each in error.problems[:10]]
    if isinstance(error, QuotaExceeded):
        return [error.problem]
    if isinstance(error, NotPermitted) and error.problems:
        return list(error.problems[:10])
    return [Problem(pointer="", code="INVALID_REQUEST", message=str(error) or "a file was deleted", rule="refused")]
