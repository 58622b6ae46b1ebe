"""Alerts for people: create, list, change, delete, test."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import created, plain
from api.bodies.parsing import described, read_whole
from api.deps import Page, TheServices, WebhookReader, WebhookWriter
from api.filters import brand_filter, only_visible
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.domain.alert import AlertChange, AlertCreate, AlertTest, AlertView
from munadi.domain.brand import BrandRef

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

AlertId = Annotated[str, Path(description="The alert's `id`.")]
_EXAMPLE = {
    "id": "alr_01h2xcejqtf2nbrexx3vqjhp41",
    "brandRef": "acme",
    "service": "ntfy",
    "shown": "ntfys://acme-posts",
    "types": ["failed", "account"],
    "quietHours": {"since": "22:00", "until": "07:00"},
    "digest": None,
    "enabled": True,
    "lastSentAt": "2026-12-01T09:00:12Z",
    "lastError": None,
    "failingSince": None,
    "createdAt": "2026-12-01T08:00:00Z",
    "updatedAt": "2026-12-01T08:00:00Z",
}


@router.post(
    "",
    operation_id="alerts.create",
    status_code=201,
    response_model=AlertView,
    responses={**shows(201, _EXAMPLE), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    summary="Create an alert",
    openapi_extra=described(AlertCreate),
)
async def create_alert(
    request: Request, principal: WebhookWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """People hear of what happens from now on: by mail, in a chat, on a phone. The address is never shown again."""
    answer = await services.alerts.create(read_whole(request, AlertCreate), principal, idempotency)
    return created(answer, "/v1/alerts")


@router.get(
    "",
    operation_id="alerts.list",
    responses={**shows_page(_EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="List alerts",
)
async def list_alerts(
    principal: WebhookReader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: Annotated[BrandRef | None, Query(alias="brandRef", description="Only those about this brand.")] = None,
) -> Page[AlertView]:
    """The alerts that this key may see, with how their last message went."""
    brand = await brand_filter(brand_ref, principal, services)
    rows = await services.alerts.list(brand, limit=paging.reading, after=paging.after)
    return only_visible(paging.page(rows, lambda alert: alert.id), principal, lambda alert: alert.brand_ref)


@router.get(
    "/{alert_id}",
    operation_id="alerts.get",
    responses={**shows(200, _EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read an alert",
)
async def get_alert(alert_id: AlertId, principal: WebhookReader, services: TheServices) -> AlertView:
    """One alert, with how its last message went."""
    return await services.alerts.get(alert_id, principal)


@router.patch(
    "/{alert_id}",
    operation_id="alerts.update",
    responses={**shows(200, _EXAMPLE), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Change an alert",
)
async def change_alert(
    alert_id: AlertId, body: AlertChange, principal: WebhookWriter, services: TheServices
) -> AlertView:
    """Only the fields that you send are changed. What waits to be sent goes to a new address."""
    return await services.alerts.change(alert_id, body, principal)


@router.delete(
    "/{alert_id}",
    operation_id="alerts.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Delete an alert",
)
async def delete_alert(alert_id: AlertId, principal: WebhookWriter, services: TheServices) -> None:
    """Nothing more is sent to it."""
    await services.alerts.delete(alert_id, principal)


@router.post(
    "/{alert_id}/test",
    operation_id="alerts.test",
    response_model=AlertTest,
    responses={**shows(200, {"sent": True, "error": None}), **error_responses(400, 401, 403, 404, 422)},
    summary="Send a test message",
)
async def send_test(
    alert_id: AlertId, principal: WebhookWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Send a message now, also in quiet hours. The response says whether the service took it."""
    return plain(await services.alerts.test(alert_id, principal, idempotency))
