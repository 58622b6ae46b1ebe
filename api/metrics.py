"""Metrics of all posts, counted by the database. That reads whole tables, so the result is reused for a while."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.overdue import overdue_in_all
from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow, DeliveryRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus
from munadi.ports import Channels

# Upper bounds of lateness in seconds: from "on time" over "a burst" to "a long outage".
LATENESS_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


# A count is reused for this long at least, and so long that counting takes a twentieth of the time at most.
SHORTEST_REUSE = timedelta(seconds=10)
REUSE_PER_COST = 20


class StateOfWork:
    """The last result of `state_of`. Whatever the number of requests, only one counts at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = asyncio.Lock()
        self._text = b""
        self._fresh_until: datetime | None = None

    async def text(self, now: datetime) -> bytes:
        """The numbers as Prometheus reads them."""
        async with self._counting:
            if self._fresh_until is None or now >= self._fresh_until:
                began = time.perf_counter()
                self._text = generate_latest(await state_of(self._database, now))
                cost = timedelta(seconds=time.perf_counter() - began)
                self._fresh_until = now + max(SHORTEST_REUSE, REUSE_PER_COST * cost)
            return self._text


def versions_of(channels: Channels) -> bytes:
    """When networks end the versions of their APIs that are called, for an alert before that."""
    registry = CollectorRegistry()
    meaning = "when the network ends the called version of its API, in seconds since 1970"
    gauge = Gauge("munadi_api_version_ends_timestamp_seconds", meaning, ["channel"], registry=registry)
    for name, channel in channels.by_name.items():
        if (ends := channel.spec.version_ends) is not None:
            gauge.labels(name.value).set(datetime(ends.year, ends.month, ends.day, tzinfo=UTC).timestamp())
    return generate_latest(registry)


async def state_of(database: Database, now: datetime) -> CollectorRegistry:
    """Gauges, and how late posts were, over all brands.

    A status that nothing is in stands at zero, so that an alert can be written on it.
    """
    registry = CollectorRegistry()
    async with database.read() as session:
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
        overdue = Gauge(
            "munadi_contents_overdue", "contents that are due and that no worker claimed", registry=registry
        )
        overdue.set((await overdue_in_all(session, now)).count)
        registry.register(await _lateness(session))
    return registry


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
