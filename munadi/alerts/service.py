"""The service for alerts: create, list, change, delete and test them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.alerts.messages import TEST
from munadi.alerts.sending import AddressRefused, AlertSender, Destination
from munadi.alerts.store import alert_view, open_url, seal_url
from munadi.db.answers import Answer, Conflict, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.service import BrandService
from munadi.db.events.log import last_position
from munadi.db.idempotency import IdempotencyKey
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal
from munadi.db.tables import AlertRow
from munadi.domain.alert import AlertChange, AlertCreate, AlertTest, AlertView, problem_of
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.shape import ReadBody

# Of one brand, and of none. Each costs the worker a process for each message.
MOST = 20


@dataclass(frozen=True)
class AlertService(Service):
    """Alerts. `sender` reads addresses and sends tests."""

    brands: BrandService
    sender: AlertSender

    async def create(self, sent: ReadBody[AlertCreate], caller: Principal, key: IdempotencyKey) -> Answer:
        problems, fields = ProblemCollector(sent.problems), sent.fields
        brand_ref = await self.brands.named(fields.get("brand_ref"), caller, problems)
        found = await self._read(fields.get("url"), problems)
        _check(fields, problems)
        problems.raise_if_any()
        wanted = sent.model
        assert found is not None

        async def work(session: AsyncSession) -> Answer:
            now, alert_id = self.clock.now(), new_id(Prefix.ALERT)
            await _require_room(session, brand_ref)
            row = AlertRow(
                id=alert_id,
                brand_ref=brand_ref,
                service=found.service,
                shown=found.shown,
                sealed=seal_url(self.keyring, alert_id, wanted.url),
                types=[each.value for each in wanted.types or ()],
                quiet_hours=wanted.quiet_hours.model_dump(by_alias=False) if wanted.quiet_hours else None,
                digest=wanted.digest.value if wanted.digest else None,
                position=await last_position(session),
                paused_at=now if wanted.enabled is False else None,
                created_by_key=caller.key_id,
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            record(session, Action.ALERT_CREATED, target=alert_id, brand_ref=brand_ref, now=now)
            await session.flush()
            return Answer.of(alert_view(row))

        return await self._once(key.record(self.keyring, brand_ref, "alerts.create", only_for=caller.key_id), work)

    async def get(self, alert_id: str, caller: Principal) -> AlertView:
        """An alert. Raises NotVisible, also for one of another brand."""
        async with self.database.read() as session:
            return alert_view(await _visible(session, alert_id, caller))

    async def list(self, brand_ref: str | None, *, limit: int, after: str | None) -> Sequence[AlertView]:
        """The alerts in order of id: those about one brand, or all, for a caller of all brands alone."""
        query = select(AlertRow).order_by(col(AlertRow.id)).limit(limit)
        if brand_ref is not None:
            query = query.where(col(AlertRow.brand_ref) == brand_ref)
        if after is not None:
            query = query.where(col(AlertRow.id) > after)
        async with self.database.read() as session:
            return [alert_view(row) for row in (await session.exec(query)).all()]

    async def change(self, alert_id: str, sent: AlertChange, caller: Principal) -> AlertView:
        await self.get(alert_id, caller)
        given, problems = sent.model_fields_set, ProblemCollector()
        if "url" in given and sent.url is None:
            problems.add("/url", "MISSING_FIELD", "an alert needs an address; delete it to have none")
        if "enabled" in given and sent.enabled is None:
            problems.add("/enabled", "INVALID_FIELD", "true or false")
        found = await self._read(sent.url, problems)
        _check({"quiet_hours": sent.quiet_hours}, problems)
        problems.raise_if_any()
        async with self.database.write() as session:
            row = await _visible(session, alert_id, caller, for_update=True)
            now = self.clock.now()
            if found is not None and sent.url is not None:
                row.service, row.shown = found.service, found.shown
                row.sealed = seal_url(self.keyring, row.id, sent.url)
                row.failures, row.failing_since, row.last_error = 0, None, None
                row.due_at = now if row.due_at is not None else None
            if "types" in given:
                row.types = [each.value for each in sent.types or ()]
            if "quiet_hours" in given:
                row.quiet_hours = sent.quiet_hours.model_dump(by_alias=False) if sent.quiet_hours else None
            if "digest" in given:
                row.digest = sent.digest.value if sent.digest else None
            if given & {"quiet_hours", "digest"}:
                row.due_at = None  # computed anew in the next round
            if sent.enabled is not None:
                await _enable(session, row, now, is_enabled=sent.enabled)
            row.updated_at = now
            record(session, Action.ALERT_UPDATED, target=row.id, brand_ref=row.brand_ref, now=now)
            return alert_view(row)

    async def delete(self, alert_id: str, caller: Principal) -> None:
        """Delete an alert. Raises NotVisible."""
        async with self.database.write() as session:
            row = await _visible(session, alert_id, caller, for_update=True)
            record(session, Action.ALERT_DELETED, target=row.id, brand_ref=row.brand_ref, now=self.clock.now())
            await session.delete(row)

    async def test(self, alert_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Send a test message now. Raises NotVisible."""
        async with self.database.read() as session:
            row = await _visible(session, alert_id, caller)
        record_ = key.record(self.keyring, row.brand_ref, "alerts.test", only_for=caller.key_id)
        if earlier := await self._earlier(record_):
            return earlier
        done = await self.sender.send(open_url(self.keyring, row), "Munadi", TEST)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            record(session, Action.ALERT_TESTED, target=alert_id, brand_ref=row.brand_ref, now=now)
            return Answer.of(AlertTest(sent=done.ok, error=done.error))

        return await self._once(record_, work)

    async def _read(self, url: str | None, problems: ProblemCollector) -> Destination | None:
        if url is None:
            return None
        try:
            return await self.sender.read(url)
        except AddressRefused as error:
            problems.add("/url", "ALERT_URL_UNKNOWN", str(error))
            return None


def _check(fields: Any, problems: ProblemCollector) -> None:
    if (trouble := problem_of(fields.get("quiet_hours"))) is not None:
        problems.add("/quietHours", "QUIET_HOURS_EMPTY", trouble)


async def _visible(session: AsyncSession, alert_id: str, caller: Principal, *, for_update: bool = False) -> AlertRow:
    row = None
    if is_id(alert_id, Prefix.ALERT):
        row = await session.get(AlertRow, alert_id, with_for_update=for_update or None)
    if row is None or not caller.may_see(row.brand_ref):
        raise NotVisible("alert", alert_id)
    return row


async def _enable(session: AsyncSession, row: AlertRow, now: datetime, *, is_enabled: bool) -> None:
    """Pause an alert, or let it continue with what happens from now on."""
    if is_enabled and row.paused_at is not None:
        row.paused_at, row.position = None, await last_position(session)
        row.due_at, row.knows_overdue = None, False
        row.failures, row.failing_since, row.last_error = 0, None, None
    elif not is_enabled:
        row.paused_at = row.paused_at or now


async def _require_room(session: AsyncSession, brand_ref: str | None) -> None:
    of_brand = col(AlertRow.brand_ref) == brand_ref if brand_ref is not None else col(AlertRow.brand_ref).is_(None)
    count = (await session.exec(select(func.count()).select_from(AlertRow).where(of_brand))).one()
    if count >= MOST:
        detail = f"there are {count} alerts here, and at most {MOST}; delete one first"
        raise Conflict("TOO_MANY_ALERTS", "Too many alerts", detail)
