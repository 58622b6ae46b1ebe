"""Apps of a brand's own at networks: set, list and remove them. A secret is never returned."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from api.auth import require
from api.deps import Page, TheServices
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.routes.brands import Ref
from munadi.db.keys.callers import Principal
from munadi.domain.brand_app import AppPut, BrandAppView
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/brands/{ref}/apps", tags=["brands"])

Reader = Annotated[Principal, Depends(require(Scope.ACCOUNTS_READ, Scope.BRANDS_WRITE))]
Writer = Annotated[Principal, Depends(require(Scope.ACCOUNTS_WRITE, Scope.BRANDS_WRITE))]
Channel = Annotated[ChannelName, Path(description="The network.", examples=["x"])]

EXAMPLE: dict[str, Any] = {
    "brandRef": "acme",
    "channel": "x",
    "login": None,
    "clientId": "8127361",
    "review": "approved",
    "redirectUri": "https://munadi.example/v1/oauth/x/callback",
    "deauthorizeUri": None,
    "dataDeletionUri": None,
    "webhookUri": None,
    "accounts": 2,
    "createdAt": "2026-12-01T09:00:00Z",
    "updatedAt": "2026-12-01T09:00:00Z",
}


@router.put(
    "/{channel}",
    operation_id="brands.apps.put",
    responses={**shows(200, EXAMPLE), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Set a brand's app",
)
async def put_app(ref: Ref, channel: Channel, body: AppPut, principal: Writer, services: TheServices) -> BrandAppView:
    """From now on the brand's accounts at this network are connected through this app, by links and by imports.

    Accounts that are connected already stay with the app that their owner consented to. With the same `clientId` the
    secret is replaced for all of them. The secret is stored encrypted and never returned.
    """
    return await services.apps.put(ref, channel, body, principal)


@router.get(
    "",
    operation_id="brands.apps.list",
    responses={**shows_page(EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="List a brand's apps",
)
async def list_apps(ref: Ref, principal: Reader, services: TheServices) -> Page[BrandAppView]:
    """The brand's own apps, all of them, without their secrets."""
    return Page[BrandAppView](data=tuple(await services.apps.list(ref, principal)))


@router.get(
    "/{channel}",
    operation_id="brands.apps.get",
    responses={**shows(200, EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read a brand's app",
)
async def get_app(ref: Ref, channel: Channel, principal: Reader, services: TheServices) -> BrandAppView:
    """The brand's own app at a network, without its secret; 404 where the installation's app is used."""
    return await services.apps.get(ref, channel, principal)


@router.delete(
    "/{channel}",
    operation_id="brands.apps.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Remove a brand's app",
)
async def delete_app(ref: Ref, channel: Channel, principal: Writer, services: TheServices) -> None:
    """New accounts are connected through the installation's app again. Accounts that were connected through this one
    keep it, with its secret, until they are reconnected or disconnected."""
    await services.apps.delete(ref, channel, principal)
