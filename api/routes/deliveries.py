"""Webhook deliveries: list them, read one whole, and resend one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import plain
from api.deps import BrandFilter, DeliveryId, Page, TheServices, WebhookReader, WebhookWriter
from api.filters import brand_filter, object_filter
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import webhook_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.domain.ids import Prefix
from munadi.domain.webhook import DeliveryDetail, DeliveryStatus, DeliveryView

router = APIRouter(prefix="/deliveries")


def _id_query(alias: str, prefix: Prefix, description: str) -> object:
    pattern = f"^{prefix.value}_[0-9a-z]{{26}}$"
    return Query(alias=alias, max_length=40, pattern=pattern, description=description)


@router.get(
    "",
    operation_id="webhooks.deliveries.list",
    responses={**shows_page(webhook_examples.DELIVERY), **error_responses(401, 403, 404, 422)},
    summary="List deliveries",
)
async def list_deliveries(
    principal: WebhookReader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: BrandFilter = None,
    endpoint_id: Annotated[str | None, _id_query("endpointId", Prefix.ENDPOINT, "Only to this endpoint.")] = None,
    event_id: Annotated[str | None, _id_query("eventId", Prefix.EVENT, "Only of this event.")] = None,
    content_id: Annotated[str | None, _id_query("contentId", Prefix.CONTENT, "Only about this post.")] = None,
    status: Annotated[DeliveryStatus | None, Query(description="Only with this status.")] = None,
    deferred: Annotated[
        bool, Query(description="Only those that wait because a brand's limit on deliveries is reached.")
    ] = False,
) -> Page[DeliveryView]:
    """The newest first, each with all attempts and at most the first 1 kB of each response.

    A page may have fewer than `limit`, or none, although there are more: `nextCursor` says whether there are.
    """
    wanted = DeliveryFilter(
        brand_ref=await brand_filter(brand_ref, principal, services),
        endpoint_id=await object_filter(endpoint_id, Prefix.ENDPOINT, principal, services),
        event_id=await object_filter(event_id, Prefix.EVENT, principal, services),
        content_id=await object_filter(content_id, Prefix.CONTENT, principal, services),
        status=status,
        deferred=deferred,
        live_only=principal.leaves_out_tests,
    )
    rows, last = await DeliveryLog(services.database).list(wanted, limit=paging.limit, before=paging.after)
    return paging.up_to(rows, last)


@router.get(
    "/{delivery_id}",
    operation_id="webhooks.deliveries.get",
    responses={**shows(200, webhook_examples.DELIVERY_DETAIL), **error_responses(401, 403, 404, 422)},
    summary="Read a delivery",
)
async def get_delivery(delivery_id: DeliveryId, principal: WebhookReader, services: TheServices) -> DeliveryDetail:
    """One delivery whole: its newest request as it was sent, and each attempt with its response (16 kB at most)."""
    return await services.resends.delivery(delivery_id, principal)


@router.post(
    "/{delivery_id}/redeliver",
    operation_id="webhooks.deliveries.redeliver",
    status_code=202,
    response_model=DeliveryView,
    responses={**shows(202, webhook_examples.DELIVERY), **error_responses(400, 401, 403, 404, 409, 422)},
    summary="Redeliver",
)
async def redeliver(
    delivery_id: DeliveryId, principal: WebhookWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Resend now, whatever the delivery's status, with a fresh retry schedule. The event keeps its id."""
    return plain(await services.resends.redeliver(delivery_id, principal, idempotency), 202)
