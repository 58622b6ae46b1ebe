"""The service for webhook endpoints: create, change, delete and test them, and rotate their secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.limits import require_deliveries, require_holding
from munadi.db.brands.service import BrandService
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.delivery_log import DeliveryLog
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.shape import ReadBody
from munadi.domain.usage import Limit
from munadi.domain.webhook import DeliveryView, EndpointView, Ordering, Payload, SignatureScheme
from munadi.domain.webhook_headers import VALUE_LIMIT, why_refused
from munadi.domain.webhook_requests import EndpointChange, EndpointCreate, SecretRotation
from munadi.outbound.guard import Guard
from munadi.ports.calls import calling_for
from munadi.webhooks.endpoints import EndpointStore
from munadi.webhooks.sender import WebhookSender


@dataclass(frozen=True)
class EndpointReads(Service):
    """Which endpoints a caller may see."""

    async def get(self, endpoint_id: str, caller: Principal) -> EndpointView:
        """An endpoint with its health. Raises NotVisible, also for one of another brand."""
        endpoint = await self._store.get(endpoint_id) if is_id(endpoint_id, Prefix.ENDPOINT) else None
        if endpoint is None or not caller.may_see(endpoint.brand_ref):
            raise NotVisible("endpoint", endpoint_id)
        return endpoint

    async def list(
        self, brand_ref: str | None, caller: Principal, *, limit: int, after: str | None
    ) -> Sequence[EndpointView]:
        """The endpoints that the caller may see; those that receive a brand's events if it is given."""
        with_global = caller.is_for_all
        return await self._store.list(brand_ref=brand_ref, with_global=with_global, limit=limit, after=after)

    async def enabled(self, endpoint_id: str, caller: Principal) -> EndpointView:
        """An endpoint that events can be sent to. Raises NotVisible, and Conflict for a disabled one."""
        endpoint = await self.get(endpoint_id, caller)
        if not endpoint.enabled:
            raise disabled(endpoint_id)
        return endpoint

    @property
    def _store(self) -> EndpointStore:
        return EndpointStore(self.database, self.keyring)


@dataclass(frozen=True)
class EndpointService(EndpointReads):
    """Endpoints. `guard` checks their addresses, `sender` sends tests."""

    brands: BrandService
    guard: Guard
    sender: WebhookSender

    async def create(self, sent: ReadBody[EndpointCreate], caller: Principal, key: IdempotencyKey) -> Answer:
        """Create an endpoint; the answer shows its secret. Raises ProblemsFound, QuotaExceeded."""
        problems, fields = ProblemCollector(sent.problems), sent.fields
        brand_ref = await self.brands.named(fields.get("brand_ref"), caller, problems)
        if "url" in fields:
            with calling_for(brand_ref):
                await self.guard.find(fields["url"], "/url", problems)
        _check_payload(fields.get("payload"), caller, problems)
        _check_headers(fields.get("headers"), problems)
        problems.raise_if_any()
        wanted = sent.model

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            await require_holding(session, brand_ref, Limit.ENDPOINTS, self.limits, now)
            made = await self._store.create(
                session,
                url=wanted.url,
                brand_ref=brand_ref,
                types=wanted.types or (),
                channels=wanted.channels or (),
                description=wanted.description,
                enabled=wanted.enabled is not False,
                payload=wanted.payload or _default_payload(caller),
                signature=wanted.signature or SignatureScheme.V1,
                ordering=wanted.ordering or Ordering.NONE,
                max_per_second=wanted.max_per_second,
                headers=wanted.headers,
                created_by_key=caller.key_id,
                metadata=wanted.metadata,
                now=now,
            )
            return Answer.of(made)

        record_ = key.record(self.keyring, brand_ref, "endpoints.create", only_for=caller.key_id)
        return await self._once(record_, work)

    async def change(self, endpoint_id: str, sent: EndpointChange, caller: Principal) -> EndpointView:
        """Change the fields that were sent. Enabling sends the events stored meanwhile. Raises NotVisible,
        ProblemsFound."""
        before = await self.get(endpoint_id, caller)
        changes = {name: getattr(sent, name) for name in sent.model_fields_set}
        _refuse_null(changes, "url", "enabled", "payload", "ordering")
        problems = ProblemCollector()
        _check_headers(changes.get("headers"), problems)
        if changes.get("payload") is not before.payload:
            _check_payload(changes.get("payload"), caller, problems)
        problems.raise_if_any()
        for name in ("types", "channels"):
            if name in changes:
                changes[name] = changes[name] or ()
        if "metadata" in changes:
            changes["own_metadata"] = changes.pop("metadata")
        if sent.url is not None:
            with calling_for(before.brand_ref):
                await self.guard.find(sent.url, "/url", problems)
            problems.raise_if_any()
            if sent.url != before.url and _default_payload(caller) is Payload.THIN:
                # Or a key that may not read texts could have them sent to an address of its own.
                changes["payload"] = Payload.THIN
        changed = await self._store.change(endpoint_id, changes, self.clock.now())
        if changed is None:
            raise NotVisible("endpoint", endpoint_id)
        return changed

    async def delete(self, endpoint_id: str, caller: Principal) -> None:
        """Delete an endpoint with its pending deliveries. Raises NotVisible."""
        await self.get(endpoint_id, caller)
        await self._store.delete(endpoint_id, self.clock.now())

    async def rotate(self, endpoint_id: str, caller: Principal, key: IdempotencyKey, wanted: SecretRotation) -> Answer:
        """Create a new secret, which the answer shows. Raises NotVisible."""
        endpoint = await self.get(endpoint_id, caller)

        async def work(session: AsyncSession) -> Answer:
            rotated = await self._store.rotate(
                session,
                endpoint_id,
                self.clock.now(),
                revoke_previous=wanted.revoke_previous,
                signature=wanted.signature,
            )
            if rotated is None:
                raise NotVisible("endpoint", endpoint_id)
            return Answer.of(rotated)

        record_ = key.record(self.keyring, endpoint.brand_ref, "endpoints.rotate", only_for=caller.key_id)
        return await self._once(record_, work)

    async def test(self, endpoint_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Send a `webhook.test` event now, also to a disabled endpoint; the answer is its delivery. Raises NotVisible,
        QuotaExceeded."""
        endpoint = await self.get(endpoint_id, caller)
        record_ = key.record(self.keyring, endpoint.brand_ref, "endpoints.test")
        if earlier := await self._earlier(record_):
            return earlier
        async with self.database.read() as session:
            await require_deliveries(session, endpoint.brand_ref, self.clock.now())
        with calling_for(endpoint.brand_ref):
            sent = await self._send_test(endpoint_id)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            record(session, Action.ENDPOINT_TESTED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
            return Answer.of(sent)

        return await self._once(record_, work)

    async def _send_test(self, endpoint_id: str) -> DeliveryView:
        """Create the event, send it once and record the result. A failed test is not retried."""
        log, store = DeliveryLog(self.database), DeliveryStore(self.database, self.keyring)
        async with self.database.write() as session:
            delivery_id = await log.test(session, endpoint_id, self.clock.now())
        due = await store.take_test(delivery_id, self.clock.now())
        if due is not None:
            result = await self.sender.send(
                url=due.url,
                message_id=due.event_id,
                body=due.body,
                secrets=due.secrets,
                timestamp=self.clock.now(),
                headers=due.headers,
            )
            await store.record_test(due, result, self.clock.now())
        found = await log.find(delivery_id)
        assert found is not None
        return found[0]


def disabled(endpoint_id: str) -> Conflict:
    """The refusal to send events to a disabled endpoint."""
    detail = f"{endpoint_id} is disabled; enable it first (PATCH, enabled: true)"
    return Conflict("ENDPOINT_DISABLED", "The endpoint is disabled", detail)


def _default_payload(caller: Principal) -> Payload:
    """The default payload for this key: a key that may not read posts gets events without their texts."""
    return Payload.FULL if caller.may(Scope.CONTENTS_READ) else Payload.THIN


def _check_payload(wanted: Payload | None, caller: Principal, problems: ProblemCollector) -> None:
    if wanted is Payload.FULL and _default_payload(caller) is Payload.THIN:
        message = "full events contain the texts of posts; a key without contents:read can only use thin ones"
        problems.add("/payload", "SCOPE_MISSING", message, limit=Payload.THIN.value, actual=wanted.value)


def _check_headers(headers: Mapping[str, str] | None, problems: ProblemCollector) -> None:
    """Report each header that is not allowed. A secret value is never repeated."""
    seen: set[str] = set()
    for name, value in (headers or {}).items():
        pointer = "/headers/" + name.replace("~", "~0").replace("/", "~1")
        if reason := why_refused(name, value):
            is_long = len(value) > VALUE_LIMIT
            limit, actual = (VALUE_LIMIT, len(value)) if is_long else (None, name[:100])
            problems.add(pointer, "HEADER_REFUSED", reason, limit=limit, actual=actual)
        if name.lower() in seen:
            problems.add(pointer, "HEADER_REFUSED", "the same header is given twice", actual=name)
        seen.add(name.lower())


def _refuse_null(changes: Mapping[str, Any], *names: str) -> None:
    found = [
        Problem(pointer=f"/{name}", code="INVALID_FIELD", message="cannot be null")
        for name in names
        if name in changes and changes[name] is None
    ]
    if found:
        raise ProblemsFound(found)
