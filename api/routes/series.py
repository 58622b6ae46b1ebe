"""Series: posts that come again by a rule. Create, list, change and stop them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import created
from api.bodies.parsing import described, read_body
from api.deps import ContentReader, ContentWriter, Page, TheServices
from api.filters import brand_filter, only_visible
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi import planning_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.domain.brand import BrandRef
from munadi.domain.series import SeriesView
from munadi.intake.series import SeriesEdit, SeriesRequest

router = APIRouter(prefix="/v1/series", tags=["series"])

SeriesId = Annotated[str, Path(description="The series' `id`.")]


@router.post(
    "",
    operation_id="series.create",
    status_code=201,
    response_model=SeriesView,
    responses={**shows(201, planning_examples.SERIES), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    summary="Create a series",
    openapi_extra=described(SeriesRequest),
)
async def create_series(
    request: Request, principal: ContentWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """A post that comes again. Each occurrence is an ordinary post, made fourteen days before its time at most."""
    sent, shape = read_body(request, SeriesRequest)
    return created(await services.series.create(sent, shape, principal, idempotency), "/v1/series")


@router.get(
    "",
    operation_id="series.list",
    responses={**shows_page(planning_examples.SERIES), **error_responses(401, 403, 404, 422)},
    summary="List series",
)
async def list_series(
    principal: ContentReader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: Annotated[BrandRef | None, Query(alias="brandRef", description="Only those of this brand.")] = None,
) -> Page[SeriesView]:
    """The series that this key may see, those that have ended, too."""
    brand = await brand_filter(brand_ref, principal, services)
    rows = await services.series.list(brand, limit=paging.reading, after=paging.after)
    return only_visible(paging.page(rows, lambda series: series.id), principal, lambda series: series.brand_ref)


@router.get(
    "/{series_id}",
    operation_id="series.get",
    responses={**shows(200, planning_examples.SERIES), **error_responses(401, 403, 404, 422)},
    summary="Read a series",
)
async def get_series(series_id: SeriesId, principal: ContentReader, services: TheServices) -> SeriesView:
    """One series, with its next dates."""
    return await services.series.get(series_id, principal)


@router.patch(
    "/{series_id}",
    operation_id="series.update",
    response_model=SeriesView,
    responses={**shows(200, planning_examples.SERIES), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Change a series",
    openapi_extra=described(SeriesEdit),
)
async def change_series(
    series_id: SeriesId, request: Request, principal: ContentWriter, services: TheServices
) -> SeriesView:
    """Only the fields that you send are changed. Posts of the series that wait are canceled and made again as it is
    now; one that was edited or moved by itself stays as it is."""
    sent, shape = read_body(request, SeriesEdit)
    return await services.series.change(series_id, sent, shape, principal)


@router.delete(
    "/{series_id}",
    operation_id="series.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Stop a series",
)
async def stop_series(
    series_id: SeriesId,
    principal: ContentWriter,
    services: TheServices,
    cancel: Annotated[bool, Query(description="Whether its posts that wait are canceled, too.")] = False,
) -> None:
    """Nothing more is made. It can still be read, and its posts stay what they are."""
    await services.series.stop(series_id, principal, cancel=cancel)
