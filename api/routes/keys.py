"""API keys: administrators create, list and revoke them. A key is shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.answers import created
from api.auth import require
from api.bodies.parsing import described, read_whole
from api.deps import KeyId, Page, TheServices
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.db.keys.callers import Principal
from munadi.domain.key import Scope
from munadi.domain.key_view import KeyCreate, KeyView, KeyWithText

router = APIRouter(prefix="/v1/keys", tags=["keys"])

Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]
AnyKey = Annotated[Principal, Depends(require(*Scope))]


@router.post(
    "",
    operation_id="keys.create",
    status_code=201,
    response_model=KeyWithText,
    responses={
        **shows(201, {**examples.KEY, "key": "mnd_brand_…"}),
        **error_responses(400, 401, 403, 413, 415, 422),
    },
    summary="Create a key",
    openapi_extra=described(KeyCreate),
)
async def create_key(
    request: Request, principal: Admin, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """The key is shown only in this response. A key for one brand can only create keys for that brand.

    It does not end with the key that made it: each is revoked, or expires, by itself.
    """
    return created(await services.keys.create(read_whole(request, KeyCreate), principal, idempotency), "/v1/keys")


@router.get(
    "",
    operation_id="keys.list",
    responses={**shows_page(examples.KEY), **error_responses(401, 403, 422)},
    summary="List keys",
)
async def list_keys(principal: Admin, services: TheServices, paging: PagingQuery) -> Page[KeyView]:
    """All keys, including revoked and expired ones, in order of creation."""
    found = await services.keys.list(principal, limit=paging.reading, after=paging.after)
    return paging.page(found, lambda key: key.id)


@router.get(
    "/me",
    operation_id="keys.me",
    responses={**shows(200, examples.KEY), **error_responses(401)},
    summary="Read this key",
)
async def get_own_key(principal: AnyKey, services: TheServices) -> KeyView:
    """The key that makes this call: its scopes, its brand and its end. Every key may read itself."""
    return await services.keys.get(principal.key_id, principal)


@router.get(
    "/{key_id}",
    operation_id="keys.get",
    responses={**shows(200, examples.KEY), **error_responses(401, 403, 404, 422)},
    summary="Read a key",
)
async def get_key(key_id: KeyId, principal: Admin, services: TheServices) -> KeyView:
    """One key, without its text."""
    return await services.keys.get(key_id, principal)


@router.delete(
    "/{key_id}",
    operation_id="keys.revoke",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Revoke a key",
)
async def revoke_key(key_id: KeyId, principal: Admin, services: TheServices) -> None:
    """The key stops working at once; keys that were made with it continue to work. Revoking it again changes nothing.

    The audit log names the keys that it made: `GET /v1/audit?action=key.created&keyId=…`.
    """
    await services.keys.revoke(key_id, principal)
