"""Past events again: replay every event of a time range, or recover those that did not arrive."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.bodies.webhooks import Recovery, Replay, Replayed
from api.deps import EndpointId, TheServices
from api.idempotency import IdempotencyHeader, Success, earlier_response, respond_once
from api.openapi import webhook_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.visible_endpoint import WebhookReader, WebhookWriter, disabled, visible_endpoint
from munadi.db.audit import record
from munadi.db.brands.limits import require_deliveries
from munadi.db.webhooks.missed_events import EventRange
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.webhook import Recover, RecoveryView

router = APIRouter(prefix="/endpoints")


@router.post(
    "/{endpoint_id}/replay",
    operation_id="webhooks.endpoints.replay",
    status_code=202,
    response_model=Replayed,
    responses={
        **shows(202, {"replayed": 12, "nextSince": None}),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
    },
    summary="Replay events",
)
async def replay_events(
    endpoint_id: EndpointId,
    body: Replay,
    principal: WebhookWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
) -> Response:
    """Send again, in the background, every event of the range that the endpoint subscribed to, with its original id.

    `Location` is where its progress can be read. A replay that overlaps a running one extends it."""
    endpoint = await visible_endpoint(endpoint_id, principal, services)
    if not endpoint.enabled:
        raise disabled(endpoint_id)
    now = services.clock.now()
    until = _end_of(body, now)
    if replayed := await earlier_response(services, idempotency, endpoint.brand_ref, "endpoints.replay"):
        return replayed
    store = RecoveryStore(services.database)
    async with services.database.read() as session:
        await require_deliveries(session, endpoint.brand_ref, now)
    number, more = await store.replayable(endpoint_id, EventRange(body.since, until, body.types))
    wanted = EventRange(body.since, more or until, body.types)
    total = await store.count(endpoint_id, wanted, Recover.ALL)

    async def answer(session: AsyncSession) -> Success:
        record(session, Action.ENDPOINT_REPLAYED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
        response = Replayed(replayed=number, next_since=more)
        if not number:
            return Success(response, 202)
        most = services.settings.limits.recoveries
        started = await store.start(session, endpoint_id, wanted, Recover.ALL, total, now, most=most)
        return Success(response, 202, _location(started))

    return await respond_once(services, idempotency, endpoint.brand_ref, "endpoints.replay", answer)


@router.post(
    "/{endpoint_id}/recover",
    operation_id="webhooks.endpoints.recover",
    status_code=202,
    response_model=RecoveryView,
    responses={**shows(202, webhook_examples.RECOVERY), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Recover missed events",
)
async def recover_events(
    endpoint_id: EndpointId,
    body: Recovery,
    principal: WebhookWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
) -> Response:
    """Send again, in the background, the events of the range that did not arrive, with their original ids.

    `only: failed` takes those whose delivery was given up, `only: missed` those that were never sent to the endpoint;
    without it both. They are sent after what is new, so they delay nothing. A recovery that overlaps a running one of
    the same kind extends it."""
    endpoint = await visible_endpoint(endpoint_id, principal, services)
    if not endpoint.enabled:
        raise disabled(endpoint_id)
    now = services.clock.now()
    wanted = EventRange(body.since, _end_of(body, now), body.types)
    if earlier := await earlier_response(services, idempotency, endpoint.brand_ref, "endpoints.recover"):
        return earlier
    store = RecoveryStore(services.database)
    async with services.database.read() as session:
        await require_deliveries(session, endpoint.brand_ref, now)
    total = await store.count(endpoint_id, wanted, body.only)

    async def start(session: AsyncSession) -> Success:
        most = services.settings.limits.recoveries
        started = await store.start(session, endpoint_id, wanted, body.only, total, now, most=most)
        record(session, Action.ENDPOINT_RECOVERED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
        return Success(started, 202, _location(started))

    return await respond_once(services, idempotency, endpoint.brand_ref, "endpoints.recover", start)


@router.get(
    "/{endpoint_id}/recoveries/{recovery_id}",
    operation_id="webhooks.endpoints.recoveries.get",
    responses={**shows(200, webhook_examples.RECOVERY), **error_responses(401, 403, 404, 422)},
    summary="Read a recovery",
)
async def get_recovery(
    endpoint_id: EndpointId,
    recovery_id: Annotated[str, Path(description="The recovery's `id`.")],
    principal: WebhookReader,
    services: TheServices,
) -> RecoveryView:
    """The progress of a recovery."""
    await visible_endpoint(endpoint_id, principal, services)
    is_possible = is_id(recovery_id, Prefix.RECOVERY)
    found = await RecoveryStore(services.database).get(recovery_id) if is_possible else None
    if found is None or found.endpoint_id != endpoint_id:
        raise not_found("recovery", recovery_id)
    return found


def _location(started: RecoveryView) -> dict[str, str]:
    return {"Location": f"/v1/webhooks/endpoints/{started.endpoint_id}/recoveries/{started.id}"}


def _end_of(body: Replay, now: datetime) -> datetime:
    """The end of the range. A range without an instant is a problem."""
    until = body.until or now
    if body.since >= until:
        raise ProblemsFound([Problem(pointer="/since", code="RANGE_EMPTY", message="since must be before until")])
    return until
