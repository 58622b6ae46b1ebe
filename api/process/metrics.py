"""Metrics of the state of all posts, which the database counts.

Rule: a figure costs the same however many posts there are. Each reads an index of few rows, and at most `COUNTED` of
them. What happens, in place of what is, is counted where it happens (`munadi/telemetry/metrics.py`).

What wakes a person up is counted by itself, because its query is quick: overdue posts are at most `OVERDUE_AGE` old, or
absent. All else may be old while the database is slow. The age of each figure stands beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.contents.overdue import COUNTED, due_soon, overdue_in_all
from munadi.db.session import Database
from munadi.db.tables import IS_PENDING, AccountRow, ContentRow, DeliveryRow
from munadi.db.tables.contents import NEEDS_A_PERSON
from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus
from munadi.ports import Channels
from munadi.process.background import detached

# The statuses of posts that `NEEDS_A_PERSON` names.
NEEDING_A_PERSON = (ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED, ContentStatus.UNCONFIRMED)
# A count is reused for this long at least, and so long that counting takes a twentieth of the time at most.
SHORTEST_REUSE = timedelta(seconds=10)
REUSE_PER_COST = 20
OVERDUE_REUSE, OVERDUE_AGE = timedelta(seconds=5), timedelta(seconds=15)
# How long a scrape waits for new figures; after that it gets what there is. Prometheus gives up after ten seconds.
PATIENCE = 2.0
# A statement that reads a whole table may take longer than those of requests.
COUNTING_SECONDS = 60.0
log = structlog.get_logger("munadi.api")
Count = Callable[[AsyncSession, CollectorRegistry, datetime], Awaitable[None]]


class Figures:
    """The last result of a count, and when it was counted. Only one count runs at a time, however many callers ask."""

    def __init__(self, database: Database, count: Count, reuse: timedelta, reuse_per_cost: int = 0) -> None:
        self._database = database
        self._count = count
        self._reuse = reuse
        self._reuse_per_cost = reuse_per_cost
        self._fresh_until: datetime | None = None
        self._counting: asyncio.Task[None] | None = None
        self.text = b""
        self.names: tuple[str, ...] = ()
        self.counted_at: datetime | None = None

    async def refresh(self, now: datetime) -> None:
        """Count if the last result is old, and wait for it for a while."""
        if self._fresh_until is not None and now < self._fresh_until:
            return
        if self._counting is None or self._counting.done():
            self._counting = detached(self._recount(now))
        await asyncio.wait({self._counting}, timeout=PATIENCE)

    async def close(self) -> None:
        """End a count under way."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.wait({self._counting})

    async def _recount(self, now: datetime) -> None:
        began, registry = time.perf_counter(), CollectorRegistry()
        try:
            async with self._database.read(seconds=COUNTING_SECONDS) as session:
                await self._count(session, registry, now)
        except SQLAlchemyError as error:
            log.warning("metrics.not_counted", error=type(error).__name__)
            return
        self.text = generate_latest(registry)
        self.names = tuple(sorted(metric.name for metric in registry.collect()))
        self.counted_at = now
        cost = timedelta(seconds=time.perf_counter() - began)
        self._fresh_until = now + max(self._reuse, self._reuse_per_cost * cost)


class StateOfWork:
    """The figures of all posts, each with its age."""

    def __init__(self, database: Database) -> None:
        self._overdue = Figures(database, _overdue, OVERDUE_REUSE)
        self._tables = Figures(database, count_state, SHORTEST_REUSE, REUSE_PER_COST)

    async def text(self, now: datetime) -> bytes:
        """The figures as Prometheus reads them."""
        both = (self._overdue, self._tables)
        await asyncio.gather(*(figures.refresh(now) for figures in both))
        ages: dict[str, float] = {}
        registry, found = CollectorRegistry(), b""
        for figures, most in zip(both, (OVERDUE_AGE, None), strict=True):
            if figures.counted_at is None or (most is not None and now - figures.counted_at > most):
                continue
            found += figures.text
            ages |= dict.fromkeys(figures.names, (now - figures.counted_at).total_seconds())
        meaning = "seconds since the database counted the figure of that name"
        gauge = Gauge("munadi_figure_age_seconds", meaning, ["figure"], registry=registry)
        for name, seconds in ages.items():
            gauge.labels(name).set(seconds)
        return found + generate_latest(registry)

    async def close(self) -> None:
        """End what is under way."""
        for figures in (self._overdue, self._tables):
            await figures.close()


def versions_of(channels: Channels) -> bytes:
    """When networks end the versions of their APIs that are called, for an alert before that."""
    registry = CollectorRegistry()
    meaning = "when the network ends the called version of its API, in seconds since 1970"
    gauge = Gauge("munadi_api_version_ends_timestamp_seconds", meaning, ["channel"], registry=registry)
    for name, channel in channels.by_name.items():
        if (ends := channel.spec.version_ends) is not None:
            gauge.labels(name.value).set(datetime(ends.year, ends.month, ends.day, tzinfo=UTC).timestamp())
    return generate_latest(registry)


async def _overdue(session: AsyncSession, registry: CollectorRegistry, now: datetime) -> None:
    meaning = "contents that are due and that no worker claimed"
    overdue = Gauge("munadi_contents_overdue", meaning, registry=registry)
    overdue.set((await overdue_in_all(session, now)).count)
    meaning = f"contents that are due within five minutes or before, and that no worker claimed; at most {COUNTED}"
    soon = Gauge("munadi_contents_due_soon", meaning, registry=registry)
    soon.set(await due_soon(session, now))


async def count_state(session: AsyncSession, registry: CollectorRegistry, now: datetime) -> None:
    """Gauges over all brands. A status that nothing is in stands at zero, so that an alert can be written on it."""
    await _accounts(session, registry)
    await _needing_a_person(session, registry)
    wakes = select(col(ContentRow.id)).where(col(ContentRow.wake_seq) > col(ContentRow.wake_ack))
    # Counted among the pending ones that were read, so that retries far ahead do not cost more.
    waiting = select(col(DeliveryRow.next_attempt_at)).where(IS_PENDING).limit(COUNTED).subquery().c
    due = select(func.count()).where(waiting.next_attempt_at < now)
    deferred = select(col(DeliveryRow.id)).where(col(DeliveryRow.deferred_for).is_not(None))
    for name, meaning, query in (
        ("munadi_wakes_pending", "contents whose workflow has not read a change", _counted(wakes)),
        ("munadi_deliveries_due", "deliveries whose time has come", due),
        ("munadi_deliveries_deferred", "deliveries that wait because a brand's limit is reached", _counted(deferred)),
    ):
        Gauge(name, f"{meaning}; at most {COUNTED}", registry=registry).set((await session.exec(query)).one())


def _counted(rows: SelectOfScalar[Any]) -> SelectOfScalar[int]:
    """The number of rows, of which at most `COUNTED` are read."""
    return select(func.count()).select_from(rows.limit(COUNTED).subquery())


async def _accounts(session: AsyncSession, registry: CollectorRegistry) -> None:
    """There are few accounts for each post, and a brand's limit bounds them."""
    gauge = Gauge("munadi_accounts", "connected accounts by status", ["status"], registry=registry)
    for status in AccountStatus:
        gauge.labels(status.value).set(0)
    query = select(col(AccountRow.status), func.count()).group_by(col(AccountRow.status))
    for status_text, count in (await session.exec(query)).all():
        gauge.labels(status_text).set(count)


async def _needing_a_person(session: AsyncSession, registry: CollectorRegistry) -> None:
    """Posts that failed or whose outcome is unknown, and that nobody has dismissed."""
    meaning = f"posts that a person must look at, by status; at most {COUNTED} together"
    gauge = Gauge("munadi_contents_needing_a_person", meaning, ["status"], registry=registry)
    for status in NEEDING_A_PERSON:
        gauge.labels(status.value).set(0)
    found = select(col(ContentRow.status)).where(text(NEEDS_A_PERSON)).limit(COUNTED).subquery().c
    query = select(found.status, func.count()).group_by(found.status)
    for status_text, count in (await session.exec(query)).all():
        gauge.labels(status_text).set(count)
