"""Webhook endpoints: create, change, rotate secrets, test. Deliveries and recoveries have modules of their own."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.bodies.brand import named_brand
from api.bodies.endpoint_headers import check_headers
from api.bodies.parsing import described, read_whole
from api.bodies.webhooks import EndpointChange, EndpointCreate, SecretRotation
from api.deps import EndpointId, Page, TheServices
from api.filters import brand_filter
from api.http.outside_problems import check_url, find_url
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader, Success, earlier_response, respond_once, secret_operation
from api.openapi import webhook_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.routes import deliveries, recoveries
from api.visible_endpoint import WebhookReader, WebhookWriter, endpoint_store, visible_endpoint
from api.webhook_test import send_test
from munadi.db.audit import record
from munadi.db.brands.limits import require_deliveries, require_holding
from munadi.db.keys.callers import Principal
from munadi.domain.audit import Action
from munadi.domain.brand import BrandRef
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.usage import Limit
from munadi.domain.webhook import DeliveryView, EndpointView, EndpointWithSecret, Ordering, Payload, SignatureScheme
from munadi.intake.problems import ProblemCollector
from munadi.ports.calls import calling_for

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
CREATE, ROTATE = "endpoints.create", "endpoints.rotate"
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
    body, readable, shape = read_whole(request, EndpointCreate)
    problems = ProblemCollector(shape)
    brand_ref = await named_brand(readable.get("brand_ref"), principal, services, problems)
    if "url" in readable:
        with calling_for(brand_ref):
            await find_url(services.webhook_guard, readable["url"], "/url", problems)
    _check_payload(readable.get("payload"), principal, problems)
    check_headers(readable.get("headers"), problems)
    problems.raise_if_any()
    assert body is not None

    async def create(session: AsyncSession) -> Success:
        most = services.settings.limits.endpoints
        await require_holding(session, brand_ref, Limit.ENDPOINTS, most, services.clock.now())
        made = await endpoint_store(services).create(
            session,
            url=body.url,
            brand_ref=brand_ref,
            types=body.types or (),
            channels=body.channels or (),
            description=body.description,
            enabled=body.enabled is not False,
            payload=body.payload or _default_payload(principal),
            signature=body.signature or SignatureScheme.V1,
            ordering=body.ordering or Ordering.NONE,
            max_per_second=body.max_per_second,
            headers=body.headers,
            created_by_key=principal.key_id,
            now=services.clock.now(),
        )
        return Success(made, 201, {"Location": f"/v1/webhooks/endpoints/{made.id}"})

    return await respond_once(services, idempotency, brand_ref, secret_operation(principal.key_id, CREATE), create)


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
    rows = await endpoint_store(services).list(
        brand_ref=brand,
        with_global=principal.brand_ref is None,
        limit=paging.reading,
        after=paging.after,
    )
    return paging.page(rows, lambda endpoint: endpoint.id)


@router.get(
    "/endpoints/{endpoint_id}",
    operation_id="webhooks.endpoints.get",
    responses={**shows(200, webhook_examples.ENDPOINT), **error_responses(401, 403, 404, 422)},
    summary="Read an endpoint",
)
async def get_endpoint(endpoint_id: EndpointId, principal: WebhookReader, services: TheServices) -> EndpointView:
    """One endpoint with its health."""
    return await visible_endpoint(endpoint_id, principal, services)


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
    before = await visible_endpoint(endpoint_id, principal, services)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    _refuse_null(changes, "url", "enabled", "payload", "ordering")
    problems = ProblemCollector()
    check_headers(changes.get("headers"), problems)
    if changes.get("payload") is not before.payload:
        _check_payload(changes.get("payload"), principal, problems)
    problems.raise_if_any()
    for name in ("types", "channels"):
        if name in changes:
            changes[name] = changes[name] or ()
    if body.url is not None:
        with calling_for(before.brand_ref):
            await check_url(services.webhook_guard, body.url, "/url")
        if body.url != before.url and _default_payload(principal) is Payload.THIN:
            # Or a key that may not read texts could have them sent to an address of its own.
            changes["payload"] = Payload.THIN
    changed = await endpoint_store(services).change(endpoint_id, changes, services.clock.now())
    if changed is None:
        raise not_found("endpoint", endpoint_id)
    return changed


@router.delete(
    "/endpoints/{endpoint_id}",
    operation_id="webhooks.endpoints.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Delete an endpoint",
)
async def delete_endpoint(endpoint_id: EndpointId, principal: WebhookWriter, services: TheServices) -> None:
    """Nothing more is sent to it, including pending deliveries."""
    await visible_endpoint(endpoint_id, principal, services)
    await endpoint_store(services).delete(endpoint_id, services.clock.now())


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
    wanted = body or SecretRotation()
    endpoint = await visible_endpoint(endpoint_id, principal, services)

    async def rotate(session: AsyncSession) -> Success:
        rotated = await endpoint_store(services).rotate(
            session,
            endpoint_id,
            services.clock.now(),
            revoke_previous=wanted.revoke_previous,
            signature=wanted.signature,
        )
        if rotated is None:
            raise not_found("endpoint", endpoint_id)
        return Success(rotated)

    return await respond_once(
        services, idempotency, endpoint.brand_ref, secret_operation(principal.key_id, ROTATE), rotate
    )


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
    endpoint = await visible_endpoint(endpoint_id, principal, services)
    if replay := await earlier_response(services, idempotency, endpoint.brand_ref, "endpoints.test"):
        return replay
    async with services.database.read() as session:
        await require_deliveries(session, endpoint.brand_ref, services.clock.now())
    with calling_for(endpoint.brand_ref):
        sent = await send_test(services, endpoint_id)

    async def answer(session: AsyncSession) -> Success:
        now = services.clock.now()
        record(session, Action.ENDPOINT_TESTED, target=endpoint_id, brand_ref=endpoint.brand_ref, now=now)
        return Success(sent)

    return await respond_once(services, idempotency, endpoint.brand_ref, "endpoints.test", answer)


def _default_payload(principal: Principal) -> Payload:
    """The default payload for this key: a key that may not read posts gets events without their texts."""
    return Payload.FULL if principal.may(Scope.CONTENTS_READ) else Payload.THIN


def _check_payload(wanted: Payload | None, principal: Principal, problems: ProblemCollector) -> None:
    if wanted is Payload.FULL and _default_payload(principal) is Payload.THIN:
        message = "full events contain the texts of posts; a key without contents:read can only use thin ones"
        problems.add("/payload", "SCOPE_MISSING", message, limit=Payload.THIN.value, actual=wanted.value)


def _refuse_null(changes: dict[str, Any], *names: str) -> None:
    found = [
        Problem(pointer=f"/{name}", code="INVALID_FIELD", message="cannot be null")
        for name in names
        if name in changes and changes[name] is None
    ]
    if found:
        raise ProblemsFound(found)
