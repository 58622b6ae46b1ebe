"""The rows of alerts, and what has happened since the last message of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.contents.overdue import Overdue, overdue_by_brand
from munadi.db.events.log import events_after, last_position
from munadi.db.session import Database
from munadi.db.tables import AlertRow, BrandRow, EventRow
from munadi.domain.alert import (
    EVENTS,
    AlertType,
    AlertView,
    Digest,
    QuietHours,
    earliest,
    wait_after,
    wanted_events,
)

# Of one message; what is beyond is counted.
LISTED = 20
# Events that a round may read again: an alert that so many passed without news is moved behind them.
LAG = 1_000
_PLACE = {"table": "alerts", "column": "sealed"}
_UTC = ZoneInfo("UTC")
_IS_ENABLED = col(AlertRow.paused_at).is_(None)


def seal_url(keyring: KeyRing, alert_id: str, url: str) -> bytes:
    """The address, sealed for its row."""
    return keyring.seal(url.encode(), row=alert_id, **_PLACE)


def open_url(keyring: KeyRing, row: AlertRow) -> str:
    """The address. Raises SealBroken."""
    return keyring.open(row.sealed, row=row.id, **_PLACE).decode()


def alert_view(row: AlertRow) -> AlertView:
    """The row as the API shows it."""
    return AlertView(
        id=row.id,
        brand_ref=row.brand_ref,
        service=row.service,
        shown=row.shown,
        types=tuple(AlertType(each) for each in row.types),
        quiet_hours=QuietHours.model_validate(row.quiet_hours) if row.quiet_hours else None,
        digest=Digest(row.digest) if row.digest else None,
        enabled=row.paused_at is None,
        last_sent_at=row.last_sent_at,
        last_error=row.last_error,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@dataclass(frozen=True)
class News:
    """What one message is about. `events` are at most `LISTED`, `more` those beside them; `position` is behind all."""

    alert: AlertRow
    events: Sequence[EventRow]
    more: int
    position: int
    overdue: Overdue
    zone: ZoneInfo


class AlertStore:
    """Alerts as the worker reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def notice(self, now: datetime) -> None:
        """Set when each alert that has news is to be sent, where that is not set yet.

        Alerts without news are moved behind what was read, some events at a time, or each round would read all events
        since the oldest alert was made.
        """
        async with self._database.read() as session:
            waiting = (await session.exec(select(AlertRow).where(col(AlertRow.due_at).is_(None), _IS_ENABLED))).all()
            if not waiting:
                return
            end = await last_position(session)  # first: what is numbered later is read by the next round
            newest = await _newest(session, min(row.position for row in waiting))
            overdue = await overdue_by_brand(session, now)
            zones = await zones_of(session, [row.brand_ref for row in waiting])
        due, over, behind = [], [], []
        for row in waiting:
            late = _late(row, overdue)
            if row.knows_overdue and not late.count:
                over.append(row.id)
            if _has_news(row, newest) or (late.count and not row.knows_overdue):
                view = alert_view(row)
                zone = zones.get(row.brand_ref, _UTC)
                due.append((row.id, earliest(now, zone, view.quiet_hours, view.digest, row.last_sent_at)))
            elif end - row.position > LAG:
                behind.append(row.id)
        if due or over or behind:
            await self._mark(due, over, behind, end)

    async def _mark(
        self, due: Sequence[tuple[str, datetime]], over: Sequence[str], behind: Sequence[str], end: int
    ) -> None:
        async with self._database.write() as session:
            if behind:
                idle = update(AlertRow).where(col(AlertRow.id).in_(behind), col(AlertRow.due_at).is_(None))
                await session.exec(idle.values(position=end))
            if over:
                await session.exec(update(AlertRow).where(col(AlertRow.id).in_(over)).values(knows_overdue=False))
            for alert_id, at in due:
                one = update(AlertRow).where(col(AlertRow.id) == alert_id, col(AlertRow.due_at).is_(None))
                await session.exec(one.values(due_at=at))

    async def due(self, now: datetime, limit: int) -> Sequence[News]:
        """What is to be sent now, the longest waiting first."""
        query = select(AlertRow).where(col(AlertRow.due_at) <= now, _IS_ENABLED)
        query = query.order_by(col(AlertRow.due_at)).limit(limit)
        async with self._database.read() as session:
            rows = (await session.exec(query)).all()
            if not rows:
                return ()
            overdue = await overdue_by_brand(session, now)
            zones = await zones_of(session, [row.brand_ref for row in rows])
            return [await _news(session, row, overdue, zones.get(row.brand_ref, _UTC)) for row in rows]

    async def sent(self, news: News, now: datetime) -> None:
        """The message was taken."""
        values = {
            "position": news.position,
            "due_at": None,
            "knows_overdue": news.alert.knows_overdue or bool(news.overdue.count),
            "failures": 0,
            "failing_since": None,
            "last_error": None,
            "last_sent_at": now,
        }
        await self._write(news.alert, values)

    async def dropped(self, news: News) -> None:
        """There is nothing to send any more."""
        await self._write(news.alert, {"position": news.position, "due_at": None})

    async def failed(self, news: News, error: str, now: datetime) -> None:
        """The message was not taken; it is tried again."""
        failures = news.alert.failures + 1
        values = {
            "due_at": now + wait_after(failures),
            "failures": failures,
            "failing_since": news.alert.failing_since or now,
            "last_error": error,
        }
        await self._write(news.alert, values)

    async def _write(self, alert: AlertRow, values: Mapping[str, Any]) -> None:
        """Unless it was changed meanwhile: then it is sent again, to its new address."""
        async with self._database.write() as session:
            one = update(AlertRow).where(col(AlertRow.id) == alert.id, col(AlertRow.updated_at) == alert.updated_at)
            await session.exec(one.values(**values))


async def zones_of(session: AsyncSession, refs: Collection[str | None]) -> dict[str | None, ZoneInfo]:
    """The time zones of these brands that have one."""
    wanted = {ref for ref in refs if ref is not None}
    query = select(BrandRow.ref, BrandRow.timezone).where(col(BrandRow.ref).in_(wanted))
    return {ref: ZoneInfo(zone) for ref, zone in (await session.exec(query)).all() if zone}


async def _newest(session: AsyncSession, after: int) -> dict[tuple[str | None, str], int]:
    """The newest event of each brand and type that alerts are about."""
    row, kinds = EventRow, [each.value for each in EVENTS]
    query = select(row.brand_ref, row.type, func.max(row.position)).where(
        col(row.type).in_(kinds), col(row.position) > after
    )
    found = (await session.exec(query.group_by(col(row.brand_ref), col(row.type)))).all()
    return {(brand, kind): position or 0 for brand, kind, position in found}


def _has_news(row: AlertRow, newest: Mapping[tuple[str | None, str], int]) -> bool:
    kinds = set(wanted_events([AlertType(each) for each in row.types]))
    return any(
        kind in kinds and position > row.position and row.brand_ref in (None, brand)
        for (brand, kind), position in newest.items()
    )


def _late(row: AlertRow, overdue: Mapping[str, Overdue]) -> Overdue:
    if row.types and AlertType.OVERDUE not in row.types:
        return Overdue()
    if row.brand_ref is not None:
        return overdue.get(row.brand_ref, Overdue())
    return sum(overdue.values(), Overdue())


async def _news(session: AsyncSession, row: AlertRow, overdue: Mapping[str, Overdue], zone: ZoneInfo) -> News:
    kinds = wanted_events([AlertType(each) for each in row.types])
    end, more = await last_position(session), 0
    found: Sequence[EventRow] = ()
    if kinds:
        found, has_more = await events_after(session, row.position, limit=LISTED, brand_ref=row.brand_ref, types=kinds)
        end = max(end, found[-1].position or 0) if found else end
        more = await _count(session, row, kinds, found[-1].position or 0, end) if has_more else 0
    late = Overdue() if row.knows_overdue else _late(row, overdue)
    return News(row, found, more, end, late, zone)


async def _count(session: AsyncSession, row: AlertRow, kinds: Sequence[str], after: int, end: int) -> int:
    position = col(EventRow.position)
    query = select(func.count()).where(col(EventRow.type).in_(kinds), position > after, position <= end)
    if row.brand_ref is not None:
        query = query.where(col(EventRow.brand_ref) == row.brand_ref)
    return (await session.exec(query)).one()
