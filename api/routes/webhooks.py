"""Webhook endpoints: create, change, rotate secrets, test. Deliveries and recoveries have modules of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.answers import created, plain
from api.bodies.parsing import described, read_whole
from api.deps import EndpointId, Page, TheServices, WebhookReader, WebhookWriter
from api.filters import brand_filter, only_visible
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import webhook_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.routes import deliveries, recoveries
from munadi.domain.brand import BrandRef
from munadi.domain.webhook import DeliveryView, EndpointView, EndpointWithSecret
from munadi.domain.webhook_requests import EndpointChange, EndpointCreate, SecretRotation

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
router.include_router(deliveries.router)
router.include_router(recoveries.router)


_RECEIVES = "Only those that receive this brand's events: its own, and those of all brands."
_WITH_SECRET = {**webhook_examples.ENDPOINT, "secret": "whsec_…"}


@router.post(
    "/endpoints",
    operation_id="webhooks.endpoints.create",
    status_code=201,
    response_model=EndpointWithSecret,
    responses={**shows(201, _WITH_SECRET), **error_responses(400, 401, 403, 413, 415, 422)},
    summary="Create an endpoint",
    openapi_extra=described(EndpointCreate),
)
async def create_endpoint(
    request: Request, principal: WebhookWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """The signing secret is shown only in this response. The URL must be public https (loopback in development)."""
    answer = await services.endpoints.create(read_whole(request, EndpointCreate), principal, idempotency)
    return created(answer, "/v1/webhooks/endpoints")


@router.get(
    "/endpoints",
    operation_id="webhooks.endpoints.list",
    responses={**shows_page(webhook_examples.ENDPOINT), **error_responses(401, 403, 404, 422)},
    summary="List endpoints",
)
async def list_endpoints(
    principal: WebhookReader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: Annotated[BrandRef | None, Query(alias="brandRef", description=_RECEIVES)] = None,
) -> Page[EndpointView]:
    """The endpoints that this key may see, without their secrets."""
    brand = await brand_filter(brand_ref, principal, services)
    rows = await services.endpoints.list(brand, principal, limit=paging.reading, after=paging.after)
    page = paging.page(rows, lambda endpoint: endpoint.id)
    return only_visible(page, principal, lambda endpoint: endpoint.brand_ref)


@router.get(
    "/endpoints/{endpoint_id}",
    operation_id="webhooks.endpoints.get",
    responses={**shows(200, webhook_examples.ENDPOINT), **error_responses(401, 403, 404, 422)},
    summary="Read an endpoint",
)
async def get_endpoint(endpoint_id: EndpointId, principal: WebhookReader, services: TheServices) -> EndpointView:
    """One endpoint with its health."""
    return await services.endpoints.get(endpoint_id, principal)


@router.patch(
    "/endpoints/{endpoint_id}",
    operation_id="webhooks.endpoints.update",
    responses={**shows(200, webhook_examples.ENDPOINT), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Change an endpoint",
)
async def change_endpoint(
    endpoint_id: EndpointId, body: EndpointChange, principal: WebhookWriter, services: TheServices
) -> EndpointView:
    """Only the fields that you send are changed. Enabling an endpoint sends the events stored while it was disabled.

    A key without `contents:read` that changes the URL makes the endpoint thin."""
    return await services.endpoints.change(endpoint_id, body, principal)


@router.delete(
    "/endpoints/{endpoint_id}",
    operation_id="webhooks.endpoints.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Delete an endpoint",
)
async def delete_endpoint(endpoint_id: EndpointId, principal: WebhookWriter, services: TheServices) -> None:
    """Nothing more is sent to it, including pending deliveries."""
    await services.endpoints.delete(endpoint_id, principal)


@router.post(
    "/endpoints/{endpoint_id}/rotate-secret",
    operation_id="webhooks.endpoints.rotateSecret",
    response_model=EndpointWithSecret,
    responses={**shows(200, _WITH_SECRET), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Rotate an endpoint's secret",
)
async def rotate_secret(
    endpoint_id: EndpointId,
    principal: WebhookWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
    body: SecretRotation | None = None,
) -> Response:
    """Create a new secret. The old one also signs for 24 hours, so that you can switch without downtime; with
    `revokePrevious` it ends at once."""
    return plain(await services.endpoints.rotate(endpoint_id, principal, idempotency, body or SecretRotation()))


@router.post(
    "/endpoints/{endpoint_id}/test",
    operation_id="webhooks.endpoints.test",
    response_model=DeliveryView,
    responses={**shows(200, webhook_examples.DELIVERY), **error_responses(400, 401, 403, 404, 422)},
    summary="Send a test event",
)
async def send_test_event(
    endpoint_id: EndpointId, principal: WebhookWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Send a `webhook.test` event now, also to a disabled endpoint. The response has the result."""
    return plain(await services.endpoints.test(endpoint_id, principal, idempotency))
