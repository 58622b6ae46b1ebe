"""Past events again: replay every event of a time range, or recover those that did not arrive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.answers import plain
from api.deps import EndpointId, TheServices, WebhookReader, WebhookWriter
from api.idempotency import IdempotencyHeader
from api.openapi import webhook_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from munadi.db.answers import Answer
from munadi.domain.webhook import RecoveryView
from munadi.domain.webhook_requests import Recovery, Replay, Replayed

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
    answer = await services.resends.replay(endpoint_id, principal, idempotency, body)
    return _started(endpoint_id, answer)


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
    answer = await services.resends.recover(endpoint_id, principal, idempotency, body)
    return _started(endpoint_id, answer)


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
    return await services.resends.recovery(endpoint_id, recovery_id, principal)


def _started(endpoint_id: str, answer: Answer) -> Response:
    """202, with the address of the progress if there is anything to send."""
    recovery_id = answer.identity.get("recovery")
    place = f"/v1/webhooks/endpoints/{endpoint_id}/recoveries/{recovery_id}"
    return plain(answer, 202, {"Location": place} if recovery_id else {})
