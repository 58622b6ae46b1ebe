"""Brands, the tenants. Administrators change them; every key of a brand can read it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found, require
from api.deps import Page, TheServices
from api.http.paging import PagingQuery
from api.http.problems import ProblemError
from api.idempotency import IdempotencyHeader, Success, respond_once
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from munadi.db.brands.store import BrandExists, BrandStore
from munadi.db.keys.callers import Principal
from munadi.domain.brand import BRAND_REF, BrandLimits, BrandRef, BrandView, Duplicates, UnusableAccounts
from munadi.domain.key import Scope
from munadi.domain.model import WireModel
from munadi.domain.time import ZoneName

router = APIRouter(prefix="/v1/brands", tags=["brands"])

Reader = Annotated[Principal, Depends(require(Scope.ACCOUNTS_READ, Scope.CONTENTS_READ))]
Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]
Ref = Annotated[str, Path(description="The brand's `ref`.", examples=["acme"])]

_EXAMPLE: dict[str, Any] = {
    "name": "Acme Stores",
    "timezone": "Asia/Kolkata",
    "limits": {"accounts": 10},
    "duplicates": "refuse",
    "unusableAccounts": "refuse",
}


class BrandChange(WireModel):
    """The fields that can be changed. Null clears a field."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str | None = Field(None, max_length=200, description="For people.")
    timezone: ZoneName | None = Field(None, description="IANA name, for display and calendars.")
    limits: BrandLimits | None = Field(None, description="What the brand may use; null: no limit.")
    duplicates: Duplicates | None = Field(
        None,
        description="What happens to a post that an account publishes within 24 hours already: `warn` (by default) or "
        "`refuse`. See docs/warnings.md.",
    )
    unusable_accounts: UnusableAccounts | None = Field(
        None,
        description="What happens to a post for an account that must be connected again: `warn` (by default), and it "
        "waits for that, or `refuse`. See docs/accounts.md.",
    )


class BrandCreate(BrandChange):
    """A new brand; only `ref` is required."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ref": "acme", **_EXAMPLE}]})

    ref: BrandRef = Field(description="The brand's short name, unique and never changed.")


@router.post(
    "",
    operation_id="brands.create",
    status_code=201,
    response_model=BrandView,
    responses={**shows(201, examples.BRAND), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    summary="Create a brand",
)
async def create_brand(
    body: BrandCreate, principal: Admin, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Posts, accounts and events belong to a brand. Other calls name it by its `ref`."""
    if principal.brand_ref is not None:
        raise ProblemError(403, "BRAND_RESTRICTED", "Not permitted", "this key works for one brand and makes no others")

    async def create(session: AsyncSession) -> Success:
        made = await BrandStore(services.database).create(
            session,
            ref=body.ref,
            name=body.name,
            timezone=body.timezone,
            limits=body.limits or BrandLimits(),
            duplicates=body.duplicates or Duplicates.WARN,
            unusable_accounts=body.unusable_accounts or UnusableAccounts.WARN,
            now=services.clock.now(),
        )
        return Success(made, 201, {"Location": f"/v1/brands/{made.ref}"})

    try:
        return await respond_once(services, idempotency, None, "brands.create", create)
    except BrandExists:
        raise ProblemError(409, "BRAND_EXISTS", "Exists already", f"there is a brand {body.ref!r}") from None


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
    rows = await store.list(only=principal.brand_ref, limit=paging.reading, after=paging.after, words=words)
    return paging.page(rows, lambda brand: brand.ref)


@router.get(
    "/{ref}",
    operation_id="brands.get",
    responses={**shows(200, examples.BRAND), **error_responses(401, 403, 404, 422)},
    summary="Read a brand",
)
async def get_brand(ref: Ref, principal: Reader, services: TheServices) -> BrandView:
    """One brand."""
    return await visible_brand(ref, principal, services)


@router.patch(
    "/{ref}",
    operation_id="brands.update",
    responses={**shows(200, examples.BRAND), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Change a brand",
)
async def change_brand(ref: Ref, body: BrandChange, principal: Admin, services: TheServices) -> BrandView:
    """Only the fields that you send are changed, within `limits` too; null clears a field.

    Only keys for all brands may set limits.
    """
    before = await visible_brand(ref, principal, services)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "limits" in changes:
        if principal.brand_ref is not None:
            raise ProblemError(403, "BRAND_RESTRICTED", "Not permitted", "a key for one brand sets no limits")
        changes["limits"] = before.limits.changed_by(body.limits) if body.limits else BrandLimits()
    if "duplicates" in changes:
        changes["duplicates"] = (body.duplicates or Duplicates.WARN).value
    if "unusable_accounts" in changes:
        changes["unusable_accounts"] = (body.unusable_accounts or UnusableAccounts.WARN).value
    changed = await BrandStore(services.database).change(ref, changes, services.clock.now())
    if changed is None:
        raise not_found("brand", ref)
    return changed


async def visible_brand(ref: str, principal: Principal, services: Services) -> BrandView:
    """The brand in the path. 404 when there is none, or the key may not see it."""
    brand = await BrandStore(services.database).get(ref) if _is_ref(ref) and principal.may_see(ref) else None
    if brand is None:
        raise not_found("brand", ref)
    return brand


def _is_ref(text: str) -> bool:
    return re.fullmatch(BRAND_REF, text) is not None
