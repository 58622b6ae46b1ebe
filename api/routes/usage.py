"""Usage of each brand in a month, against its limits, and what it published by day, for bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from api.auth import require
from api.day_range import day_range, edges_of
from api.deps import Page, TheServices
from api.http.paging import PagingQuery
from api.http.problems import refused
from api.openapi import quota_examples
from api.openapi.document import error_responses
from api.process.services import Services
from munadi.db.brands.store import BrandStore
from munadi.db.brands.usage import UsageStore
from munadi.db.brands.usage_days import published_days_of
from munadi.db.keys.callers import Principal
from munadi.domain.brand import BrandView
from munadi.domain.insights import DAYS
from munadi.domain.key import Scope
from munadi.domain.problem import Problem
from munadi.domain.time import Day
from munadi.domain.usage import MONTH, Month, UsageView
from munadi.domain.usage_days import UsageDays

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
    brands = await BrandStore(services.database).list(
        reach=principal.reach, mode=principal.mode, limit=paging.reading, after=paging.after
    )
    return paging.page(await _usage(services, brands, wanted, now), lambda usage: usage.brand_ref)


@router.get(
    "/usage/days",
    operation_id="usage.days",
    response_model=UsageDays,
    responses={**quota_examples.USAGE_DAYS, **error_responses(401, 403, 404, 422)},
    summary="Read usage by day",
)
async def get_usage_by_day(
    principal: Reader,
    services: TheServices,
    brand_ref: Annotated[
        str | None, Query(alias="brandRef", description="Without it: the key's brand. A key for more names one.")
    ] = None,
    since: Annotated[
        Day | None, Query(description=f"The first day, in UTC. Absent: {DAYS} days with the last one.")
    ] = None,
    until: Annotated[Day | None, Query(description="The last day, in UTC. Absent: today.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> UsageDays | Response:
    """How many publications a brand had by day and network, and what their networks charge for them.

    A publication counts on the day of its `publishedAt`, in UTC. With `Accept: text/csv` the days are lines of CSV.
    """
    first, last = day_range(since, until, services.clock.now().date())
    named = brand_ref if brand_ref is not None else principal.only_brand
    if named is None:
        message = "name a brand with brandRef: this key works for more than one"
        raise refused([Problem(pointer="?brandRef", code="MISSING_FIELD", message=message, rule="missing")])
    brand = await services.brands.get(named, principal)
    async with services.database.read() as session:
        counts = await published_days_of(session, brand.ref, *edges_of(first, last))
    found = UsageDays.of(brand.ref, first, last, counts)
    if "text/csv" not in (accept or ""):
        return found
    file = f'attachment; filename="usage-{brand.ref}-{first}-{last}.csv"'
    return Response(found.csv(), headers={"Content-Disposition": file}, media_type="text/csv; charset=utf-8")


async def _usage(services: Services, brands: Sequence[BrandView], month: Month, now: datetime) -> list[UsageView]:
    async with services.calls.undisturbed():
        unwritten = {brand.ref: services.calls.unwritten(brand.ref, month) for brand in brands}
        return await UsageStore(services.database).of(brands, month, now, unwritten, services.settings.limits.of_brand)
