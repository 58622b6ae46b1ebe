"""Metrics of all posts, counted by the database. That reads whole tables, so a result is reused for a while.

What wakes a person up is counted by itself, because its query is quick: overdue posts are at most `OVERDUE_AGE` old, or
absent. All else may be old while the database is slow. The age of each figure stands beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.overdue import overdue_in_all
from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow, DeliveryRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus
from munadi.ports import Channels
from munadi.process.background import detached

# Upper bounds of lateness in seconds: from "on time" over "a burst" to "a long outage".
LATENESS_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


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
        self._tables = Figures(database, _tables, SHORTEST_REUSE, REUSE_PER_COST)

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


async def _tables(session: AsyncSession, registry: CollectorRegistry, now: datetime) -> None:
    """Gauges, and how late posts were, over all brands.

    A status that nothing is in stands at zero, so that an alert can be written on it.
    """
    await _by_status(session, registry, "publications", PublicationRow, PublicationStatus)
    await _by_status(session, registry, "accounts", AccountRow, AccountStatus)
    await _by_status(session, registry, "deliveries", DeliveryRow, DeliveryStatus)
    pending = select(func.count()).where(col(ContentRow.wake_seq) > col(ContentRow.wake_ack))
    late = select(func.count()).where(
        DeliveryRow.status == DeliveryStatus.PENDING, col(DeliveryRow.next_attempt_at) < now
    )
    deferred = select(func.count()).where(col(DeliveryRow.deferred_for).is_not(None))
    for name, meaning, query in (
        ("munadi_wakes_pending", "contents whose workflow has not read a change", pending),
        ("munadi_deliveries_due", "deliveries whose time has come", late),
        ("munadi_deliveries_deferred", "deliveries that wait because a brand's limit is reached", deferred),
    ):
        Gauge(name, meaning, registry=registry).set((await session.exec(query)).one())
    registry.register(await _lateness(session))


async def _by_status(
    session: AsyncSession,
    registry: CollectorRegistry,
    what: str,
    table: type[PublicationRow] | type[AccountRow] | type[DeliveryRow],
    statuses: type[PublicationStatus] | type[AccountStatus] | type[DeliveryStatus],
) -> None:
    gauge = Gauge(f"munadi_{what}", f"{what} by status", ["status"], registry=registry)
    for status in statuses:
        gauge.labels(status.value).set(0)
    query = select(col(table.status), func.count()).group_by(col(table.status))
    for status_text, count in (await session.exec(query)).all():
        gauge.labels(status_text).set(count)


class _Lateness(Collector):
    """A histogram counted by the database: the posts of all workers, also from before a restart."""

    def __init__(self, family: HistogramMetricFamily) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


async def _lateness(session: AsyncSession) -> Collector:
    """The lateness of published posts by channel: the start of the visible call minus the due time."""
    late = col(PublicationRow.lateness_ms)
    bounds = [(late <= round(seconds * 1000), place) for place, seconds in enumerate(LATENESS_BOUNDS)]
    bucket = case(*bounds, else_=len(LATENESS_BOUNDS)).label("bucket")
    query = (
        select(col(PublicationRow.channel), bucket, func.count(), func.sum(late))
        .where(late.is_not(None))
        .group_by(col(PublicationRow.channel), "bucket")
    )
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(LATENESS_BOUNDS) + 1))
    totals: dict[str, float] = defaultdict(float)
    for channel, place, count, milliseconds in (await session.exec(query)).all():
        counts[channel][place] = count
        totals[channel] += int(milliseconds or 0) / 1000
    family = HistogramMetricFamily(
        "munadi_publish_lateness_seconds", "from the due time to the first byte of the visible call", labels=["channel"]
    )
    for channel, found in sorted(counts.items()):
        family.add_metric([channel], _cumulative(found), totals[channel])
    return _Lateness(family)


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    """Prometheus counts in each bucket what is in those below it too."""
    names = [*map(str, LATENESS_BOUNDS), "+Inf"]
    return list(zip(names, accumulate(counts), strict=True))
