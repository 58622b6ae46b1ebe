"""Usage of each brand in a month, against its limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import require
from api.deps import Page, TheServices
from api.http.paging import PagingQuery
from api.openapi import quota_examples
from api.openapi.document import error_responses
from api.process.services import Services
from munadi.db.brands.store import BrandStore
from munadi.db.brands.usage import UsageStore
from munadi.db.keys.callers import Principal
from munadi.domain.brand import BrandView
from munadi.domain.key import Scope
from munadi.domain.usage import MONTH, Month, UsageView

router = APIRouter(prefix="/v1", tags=["usage"])

# Never refused for a limit, because it explains why another call was.
Reader = Annotated[
    Principal,
    Depends(require(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, Scope.WEBHOOKS_READ, Scope.BRANDS_WRITE, limited=False)),
]


@router.get(
    "/usage",
    operation_id="usage.get",
    responses={**quota_examples.USAGES, **error_responses(401, 403, 404, 422)},
    summary="Read usage",
)
async def get_usage(
    principal: Reader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: Annotated[
        str | None, Query(alias="brandRef", description="Without it: the key's brand, or all of its brands.")
    ] = None,
    month: Annotated[
        str | None, Query(pattern=MONTH, description="A UTC month, YYYY-MM; the current one by default.")
    ] = None,
) -> UsageView | Page[UsageView]:
    """One brand's usage. A key for more than one that names none gets a page of its brands, ordered by `ref`."""
    now = services.clock.now()
    wanted = Month(month) if month is not None else Month.of(now)
    named = brand_ref if brand_ref is not None else principal.only_brand
    if named is not None:
        return (await _usage(services, [await services.brands.get(named, principal)], wanted, now))[0]
    brands = await BrandStore(services.database).list(reach=principal.reach, limit=paging.reading, after=paging.after)
    return paging.page(await _usage(services, brands, wanted, now), lambda usage: usage.brand_ref)


async def _usage(services: Services, brands: Sequence[BrandView], month: Month, now: datetime) -> list[UsageView]:
    async with services.calls.undisturbed():
        unwritten = {brand.ref: services.calls.unwritten(brand.ref, month) for brand in brands}
        return await UsageStore(services.database).of(brands, month, now, unwritten, services.settings.limits.of_brand)
