"""Counts and limits API calls. Without a limit they are counted in memory, and added to the database once a second.

On PostgreSQL each call of a brand with a limit is counted there, so that the limit holds over all processes. On SQLite
such calls are counted in memory, too: a process knows those of others as soon as they are written, so several processes
exceed a limit by at most what they answer within a second (docs/limits.md). Killed, a process forgets what it had not
written; no call is counted twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from munadi.db.keys.calls import Calls, add_calls, read_calls, take_call
from munadi.db.session import Database
from munadi.domain.brand import BrandLimits
from munadi.domain.usage import MINUTE, BrandCalls, Limit, Month, Quota, QuotaExceeded, of_month
from munadi.process.flushing import flushing

log = logging.getLogger("munadi.metering")

FLUSH_SECONDS = 1.0


class CallMeter:
    """The calls that one process answers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answered: dict[str, tuple[str, Calls]] = {}  # by brand, of its newest month
        self._unwritten: dict[tuple[str, str], Calls] = {}  # by brand and month
        self._writing = asyncio.Lock()

    async def admit(self, brand: BrandCalls, now: datetime, *, limited: bool = True) -> tuple[Quota, ...]:
        """Count a call and return the brand's remaining quota. Raises QuotaExceeded: refused and not counted.

        A call that is not `limited` is counted and never refused.
        """
        month, minute = Month.of(now), _minute(now)
        quotas = self._quotas(brand, month, minute, now)
        if limited:
            _require(brand.ref, quotas)
        if quotas and not self._database.is_sqlite:
            return await self._take(brand, now, limited=limited)
        self._of(brand.ref, month).add(minute)
        self._unwritten.setdefault((brand.ref, month.text), Calls()).add(minute)
        return tuple(replace(quota, used=quota.used + 1) for quota in quotas)

    async def _take(self, brand: BrandCalls, now: datetime, *, limited: bool) -> tuple[Quota, ...]:
        """Count a call of a brand with limits in the database. Raises QuotaExceeded if other calls were faster."""
        month, minute, limits = Month.of(now), _minute(now), brand.limits
        most = (limits.api_calls_per_minute, limits.api_calls_per_month) if limited else (None, None)
        taken = await self._database.count(lambda each: take_call(each, brand.ref, month, minute, *most))
        found = taken
        if found is None:
            found = await self._database.lookup(lambda each: read_calls(each, brand.ref, month))
        quotas = _quotas_of(brand.limits, found.within(max(minute, found.minute or minute)), found.calls, now)
        if taken is None:
            _require(brand.ref, quotas)
            raise QuotaExceeded(_refusal(brand.ref, quotas), quotas, max(quota.used for quota in quotas) + 1)
        return tuple(quotas)

    def unwritten(self, brand_ref: str, month: Month) -> Calls:
        """The calls of a brand that are not yet in the database."""
        return self._unwritten.get((brand_ref, month.text)) or Calls()

    async def flush(self) -> None:
        """Add what was counted to the database. What could not be written is kept for the next time; what a commit of
        unknown outcome may have written is not."""
        async with self._writing:
            made, self._unwritten = self._unwritten, {}
            if not made:
                return
            is_added = False
            try:
                async with self._database.write() as session:
                    await add_calls(session, made)
                    is_added = True
            finally:
                if not is_added:
                    self._put_back(made)

    def undisturbed(self) -> AbstractAsyncContextManager[Any]:
        """Nothing is written while the block runs: every call is either in the database or in `unwritten`."""
        return self._writing

    def running(self) -> AbstractAsyncContextManager[None]:
        """Flush every second while the block runs, and once more at its end."""
        return flushing(self.flush, "API calls", log, seconds=FLUSH_SECONDS)

    def _put_back(self, made: dict[tuple[str, str], Calls]) -> None:
        for key, one in made.items():
            if one.minute is not None:
                self._unwritten.setdefault(key, Calls()).add(one.minute, one.calls, one.minute_calls)

    def _of(self, brand_ref: str, month: Month) -> Calls:
        """The counts of this process in this month."""
        known = self._answered.get(brand_ref)
        if known is None or known[0] != month.text:
            known = self._answered[brand_ref] = (month.text, Calls())
        return known[1]

    def _quotas(self, brand: BrandCalls, month: Month, minute: datetime, now: datetime) -> list[Quota]:
        limits = brand.limits
        if limits.api_calls_per_minute is None and limits.api_calls_per_month is None:
            return []
        written = Calls(brand.calls, brand.minute, brand.minute_calls)
        unwritten, ours = self.unwritten(brand.ref, month), self._of(brand.ref, month)
        # A batch that is being written is in neither number, so this process's own counts are the minimum.
        within = max(ours.within(minute), written.within(minute) + unwritten.within(minute))
        return _quotas_of(limits, within, max(ours.calls, written.calls + unwritten.calls), now)


def _quotas_of(limits: BrandLimits, within: int, calls: int, now: datetime) -> list[Quota]:
    """The limits on calls that a brand has, `within` this minute and in this month."""
    found, minute = [], _minute(now)
    if (limit := limits.api_calls_per_minute) is not None:
        found.append(Quota(Limit.API_CALLS_PER_MINUTE, limit, within, MINUTE, minute + MINUTE - now))
    if (limit := limits.api_calls_per_month) is not None:
        found.append(of_month(Limit.API_CALLS_PER_MONTH, limit, calls, Month.of(now), now))
    return found


def _require(brand_ref: str, quotas: Sequence[Quota]) -> None:
    """Raises QuotaExceeded where nothing is left."""
    if spent := [quota for quota in quotas if not quota.left]:
        raise QuotaExceeded(_refusal(brand_ref, spent), spent, max(quota.used for quota in spent) + 1)


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _refusal(brand_ref: str, spent: Sequence[Quota]) -> str:
    said = " and ".join(f"{quota.limit} API calls a {_span(quota.window)}" for quota in spent)
    return f"the brand {brand_ref!r} may make {said}"


def _span(window: timedelta | None) -> str:
    return "minute" if window == MINUTE else "month"
