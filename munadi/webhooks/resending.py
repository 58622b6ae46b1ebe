"""The service that sends past events again: one delivery, all events of a time range, or those that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, NotVisible
from munadi.db.audit import record
from munadi.db.brands.limits import require_deliveries
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.webhooks.delivery_log import DeliveryLog, FoundDelivery, View
from munadi.db.webhooks.missed_events import EventRange
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.webhook import DeliveryDetail, Recover, RecoveryView
from munadi.domain.webhook_requests import Recovery, Replay, Replayed
from munadi.webhooks.service import EndpointReads, disabled


@dataclass(frozen=True)
class ResendService(EndpointReads):
    """Deliveries, replays and recoveries."""

    async def delivery(self, delivery_id: str, caller: Principal) -> DeliveryDetail:
        """One delivery whole, with its texts if the caller may read them. Raises NotVisible."""
        may_read_texts = caller.may(Scope.CONTENTS_READ)
        log, is_possible = DeliveryLog(self.database), is_id(delivery_id, Prefix.DELIVERY)
        found = await log.detail(delivery_id, may_read_texts=may_read_texts) if is_possible else None
        return _visible(delivery_id, found, caller).view

    async def redeliver(self, delivery_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Send a delivery again now, whatever its status. Raises NotVisible, QuotaExceeded, Conflict."""
        log = DeliveryLog(self.database)
        found = await log.find(delivery_id) if is_id(delivery_id, Prefix.DELIVERY) else None
        endpoint = _visible(delivery_id, found, caller).endpoint
        if not endpoint.enabled:
            raise disabled(endpoint.id)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            await require_deliveries(session, endpoint.brand_ref, now)
            record(session, Action.DELIVERY_REDELIVERED, target=delivery_id, brand_ref=endpoint.brand_ref, now=now)
            return Answer.of(await log.redeliver(session, delivery_id, now))

        return await self._once(key.record(self.keyring, endpoint.brand_ref, "deliveries.redeliver"), work)

    async def replay(self, endpoint_id: str, caller: Principal, key: IdempotencyKey, sent: Replay) -> Answer:
        """Send again every event of a range, in the background. The answer's identity has its `recovery`, unless there
        is none. Raises NotVisible, Conflict, ProblemsFound, QuotaExceeded."""
        endpoint = await self.enabled(endpoint_id, caller)
        now = self.clock.now()
        until = _end_of(sent, now)
        record_ = key.record(self.keyring, endpoint.brand_ref, "endpoints.replay")
        if earlier := await self._earlier(record_):
            return earlier
        async with self.database.read() as session:
            await require_deliveries(session, endpoint.brand_ref, now)
        number, more = await self._recoveries.replayable(endpoint_id, EventRange(sent.since, until, sent.types))
        wanted = EventRange(sent.since, more or until, sent.types)
        total = await self._recoveries.count(endpoint_id, wanted, Recover.ALL)

        async def work(session: AsyncSession) -> Answer:
            record(session, Action.ENDPOINT_REPLAYED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
            view = Replayed(replayed=number, next_since=more)
            if not number:
                return Answer.of(view)
            started = await self._recoveries.start(
                session, endpoint_id, wanted, Recover.ALL, total, now, limits=self.limits
            )
            return Answer.of(view, recovery=started.id)

        return await self._once(record_, work)

    async def recover(self, endpoint_id: str, caller: Principal, key: IdempotencyKey, sent: Recovery) -> Answer:
        """Send again the events of a range that did not arrive, in the background. Raises as `replay`."""
        endpoint = await self.enabled(endpoint_id, caller)
        now = self.clock.now()
        wanted = EventRange(sent.since, _end_of(sent, now), sent.types)
        record_ = key.record(self.keyring, endpoint.brand_ref, "endpoints.recover")
        if earlier := await self._earlier(record_):
            return earlier
        async with self.database.read() as session:
            await require_deliveries(session, endpoint.brand_ref, now)
        total = await self._recoveries.count(endpoint_id, wanted, sent.only)

        async def work(session: AsyncSession) -> Answer:
            started = await self._recoveries.start(
                session, endpoint_id, wanted, sent.only, total, now, limits=self.limits
            )
            record(session, Action.ENDPOINT_RECOVERED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
            return Answer.of(started, recovery=started.id)

        return await self._once(record_, work)

    async def recovery(self, endpoint_id: str, recovery_id: str, caller: Principal) -> RecoveryView:
        """The progress of a recovery. Raises NotVisible."""
        await self.get(endpoint_id, caller)
        found = await self._recoveries.get(recovery_id) if is_id(recovery_id, Prefix.RECOVERY) else None
        if found is None or found.endpoint_id != endpoint_id:
            raise NotVisible("recovery", recovery_id)
        return found

    @property
    def _recoveries(self) -> RecoveryStore:
        return RecoveryStore(self.database)


def _visible(delivery_id: str, found: FoundDelivery[View] | None, caller: Principal) -> FoundDelivery[View]:
    """A delivery, if the caller may see its endpoint and what its event is about. Raises NotVisible."""
    if found is None or found.endpoint.deleted_at is not None or not caller.may_see(found.endpoint.brand_ref):
        raise NotVisible("delivery", delivery_id)
    if found.about is not None and not caller.may_see(found.about):
        raise NotVisible("delivery", delivery_id)
    return found


def _end_of(sent: Replay, now: datetime) -> datetime:
    """The end of the range. A range without an instant is a problem."""
    until = sent.until or now
    if sent.since >= until:
        raise ProblemsFound([Problem(pointer="/since", code="RANGE_EMPTY", message="since must be before until")])
    return until
