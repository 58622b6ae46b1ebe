"""Brands, the tenants. Administrators and platforms change them; every key of a brand can read it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.answers import plain
from api.auth import require
from api.deps import Page, TheServices
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.db.brands.store import BrandStore
from munadi.db.keys.callers import Principal
from munadi.domain.brand import BrandView
from munadi.domain.brand_requests import BrandChange, BrandCreate
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/brands", tags=["brands"])

Reader = Annotated[Principal, Depends(require(Scope.ACCOUNTS_READ, Scope.CONTENTS_READ, Scope.BRANDS_WRITE))]
Writer = Annotated[Principal, Depends(require(Scope.BRANDS_WRITE))]
Ref = Annotated[str, Path(description="The brand's `ref`.", examples=["acme"])]


@router.post(
    "",
    operation_id="brands.create",
    status_code=201,
    response_model=BrandView,
    responses={**shows(201, examples.BRAND), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    summary="Create a brand",
)
async def create_brand(
    body: BrandCreate, principal: Writer, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Posts, accounts and events belong to a brand. Other calls name it by its `ref`.

    A key of several brands creates those that a prefix of it includes, such as `acme-*`.
    """
    answer = await services.brands.create(body, principal, idempotency)
    return plain(answer, 201, {"Location": f"/v1/brands/{answer.identity['ref']}"})


@router.get(
    "",
    operation_id="brands.list",
    responses={**shows_page(examples.BRAND), **error_responses(401, 403, 422)},
    summary="List brands",
)
async def list_brands(
    principal: Reader,
    services: TheServices,
    paging: PagingQuery,
    words: Annotated[
        str | None, Query(alias="q", max_length=200, description="A part of the `ref` or of the name.")
    ] = None,
) -> Page[BrandView]:
    """The brands that this key may see, ordered by `ref`."""
    store = BrandStore(services.database)
    rows = await store.list(
        reach=principal.reach, mode=principal.mode, limit=paging.reading, after=paging.after, words=words
    )
    return paging.page(rows, lambda brand: brand.ref)


@router.get(
    "/{ref}",
    operation_id="brands.get",
    responses={**shows(200, examples.BRAND), **error_responses(401, 403, 404, 422)},
    summary="Read a brand",
)
async def get_brand(ref: Ref, principal: Reader, services: TheServices) -> BrandView:
    """One brand."""
    return await services.brands.get(ref, principal)


@router.patch(
    "/{ref}",
    operation_id="brands.update",
    responses={**shows(200, examples.BRAND), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Change a brand",
)
async def change_brand(ref: Ref, body: BrandChange, principal: Writer, services: TheServices) -> BrandView:
    """Only the fields that you send are changed, within `limits` too; null clears a field.

    A key for one brand sets no limits.
    """
    return await services.brands.change(ref, body, principal)
