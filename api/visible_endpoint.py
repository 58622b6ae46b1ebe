"""The webhook endpoint that a path names, if the caller may see it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.auth import not_found, require
from api.http.problems import ProblemError
from api.process.services import Services
from munadi.db.keys.callers import Principal
from munadi.db.webhooks.endpoints import EndpointStore
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.webhook import EndpointView

WebhookReader = Annotated[Principal, Depends(require(Scope.WEBHOOKS_READ))]
WebhookWriter = Annotated[Principal, Depends(require(Scope.WEBHOOKS_WRITE))]


def endpoint_store(services: Services) -> EndpointStore:
    """The store of endpoints."""
    return EndpointStore(services.database, services.keyring)


async def visible_endpoint(endpoint_id: str, principal: Principal, services: Services) -> EndpointView:
    """The endpoint; 404 if there is none, or one of another brand."""
    is_possible = is_id(endpoint_id, Prefix.ENDPOINT)
    endpoint = await endpoint_store(services).get(endpoint_id) if is_possible else None
    if endpoint is None or not principal.may_see(endpoint.brand_ref):
        raise not_found("endpoint", endpoint_id)
    return endpoint


def disabled(endpoint_id: str) -> ProblemError:
    """409: nothing is sent to a disabled endpoint."""
    detail = f"{endpoint_id} is disabled; enable it first (PATCH, enabled: true)"
    return ProblemError(409, "ENDPOINT_DISABLED", "The endpoint is disabled", detail)
