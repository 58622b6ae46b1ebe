"""API keys: administrators and platforms create, change, rotate and revoke them. A key is shown once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from api.answers import created, plain
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
from munadi.domain.key_view import KeyChange, KeyCreate, KeyRotation, KeyView, KeyWithText

router = APIRouter(prefix="/v1/keys", tags=["keys"])

Keeper = Annotated[Principal, Depends(require(Scope.KEYS_WRITE))]
AnyKey = Annotated[Principal, Depends(require(*Scope))]


class Children(StrEnum):
    """What happens to the keys that a revoked key made."""

    KEEP = "keep"
    REVOKE = "revoke"


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
    request: Request, principal: Keeper, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """The key is shown only in this response. It may do no more than the key that makes this call: its scopes and
    brands are among that key's, its caps are no looser, and it ends no later. Where the request gives no caps and no
    end, it has those of that key.

    What it publishes counts against the caps of the keys that it descends from, too.
    """
    return created(await services.keys.create(read_whole(request, KeyCreate), principal, idempotency), "/v1/keys")


@router.get(
    "",
    operation_id="keys.list",
    responses={**shows_page(examples.KEY), **error_responses(401, 403, 422)},
    summary="List keys",
)
async def list_keys(
    principal: Keeper,
    services: TheServices,
    paging: PagingQuery,
    parent_id: Annotated[
        str | None, Query(alias="parentId", max_length=40, description="Only those that this key made.")
    ] = None,
) -> Page[KeyView]:
    """The keys that work only for brands of this key, including revoked and expired ones, in order of creation."""
    found = await services.keys.list(principal, limit=paging.reading, after=paging.after, parent_id=parent_id)
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
async def get_key(key_id: KeyId, principal: Keeper, services: TheServices) -> KeyView:
    """One key, without its text."""
    return await services.keys.get(key_id, principal)


@router.patch(
    "/{key_id}",
    operation_id="keys.update",
    responses={**shows(200, examples.KEY), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Change a key",
)
async def change_key(key_id: KeyId, body: KeyChange, principal: Keeper, services: TheServices) -> KeyView:
    """Only the fields that you send are changed, within `caps` too. Afterwards the key may do no more than the one that
    makes this call. Other processes notice within a second.

    While keys that it made work for brands that it would lose, this is refused (`KEY_HAS_CHILDREN`).
    """
    return await services.keys.change(key_id, body, principal)


@router.post(
    "/{key_id}/rotate",
    operation_id="keys.rotate",
    response_model=KeyWithText,
    responses={
        **shows(200, {**examples.KEY, "key": "mnd_brand_…", "previousExpiresAt": "2026-12-02T03:30:00Z"}),
        **error_responses(400, 401, 403, 404, 409, 413, 415, 422),
    },
    summary="Rotate a key",
)
async def rotate_key(
    key_id: KeyId,
    principal: Keeper,
    services: TheServices,
    idempotency: IdempotencyHeader,
    body: Annotated[KeyRotation | None, Body()] = None,
) -> Response:
    """The key gets another text, which only this response shows. Its id, its rights and what it has used of its caps
    stay. The text before is valid until the overlap ends; a text from before that one ends now."""
    overlap = (body or KeyRotation()).overlap
    return plain(await services.keys.rotate(key_id, overlap, principal, idempotency))


@router.delete(
    "/{key_id}",
    operation_id="keys.revoke",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Revoke a key",
)
async def revoke_key(
    key_id: KeyId,
    principal: Keeper,
    services: TheServices,
    children: Annotated[
        Children,
        Query(description="The keys that it made, and those that these made: they continue to work, or end with it."),
    ] = Children.KEEP,
) -> None:
    """The key stops working at once, also its text from before a rotation. Revoking it again changes nothing.

    Without `children=revoke`, keys that were made with it continue to work; `GET /v1/keys?parentId=…` lists them. Its
    caps still hold for them.
    """
    await services.keys.revoke(key_id, principal, children=children is Children.REVOKE)
