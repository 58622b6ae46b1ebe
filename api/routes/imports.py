"""Imports: a file of many posts, each accepted or refused for itself, in the background."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.answers import created
from api.deps import ContentProposer, ContentReader, Page, TheServices, invalid_cursor
from api.filters import brand_filter, only_visible
from api.http.body_kind import CSV, IMPORT_TYPES, NDJSON, ZIP, kind_of
from api.http.client_disconnect import while_connected
from api.http.paging import PagingQuery
from api.http.problems import ProblemError
from api.http.uploads import read_file, upload_place
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.openapi.import_examples import IMPORT, RECEIVED, REQUEST_BODY, ROWS
from munadi.domain.imports import ImportRowStatus, ImportRowView, ImportView
from munadi.imports.rows import ImportFormat
from munadi.imports.service import ImportFile

router = APIRouter(prefix="/v1/imports", tags=["imports"])

ImportId = Annotated[str, Path(description="The import's `id`.")]
_FORMATS = {CSV: ImportFormat.CSV, ZIP: None, **dict.fromkeys(NDJSON, ImportFormat.NDJSON)}


@router.post(
    "",
    operation_id="imports.create",
    status_code=202,
    response_model=ImportView,
    responses={**shows(202, RECEIVED), **error_responses(400, 401, 403, 408, 409, 413, 415, 422)},
    openapi_extra=REQUEST_BODY,
    summary="Import posts from a file",
)
async def create_import(
    request: Request,
    services: TheServices,
    principal: ContentProposer,
    idempotency: IdempotencyHeader,
    brand_ref: Annotated[
        str | None, Query(alias="brandRef", description="The brand of the posts. Absent: the key's own brand.")
    ] = None,
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Check each row as it would be accepted, and store no post.")
    ] = False,
) -> Response:
    """Send a CSV, NDJSON or ZIP file of up to 10,000 posts (50 MB; a ZIP as much as a media file). The answer comes
    when every row is stored; the rows are accepted in the background, each for itself, and
    `GET /v1/imports/{id}/rows` has the result of each. A row's `rowKey` works like an Idempotency-Key: the same file
    may be sent again at any time, also mended, and accepts no row twice. The import counts as one API call. The guide
    *Moving in* has the columns."""
    kind = kind_of(request.headers).media_type
    if kind not in _FORMATS:
        detail = f"send the file itself, as {', '.join(sorted(IMPORT_TYPES))}"
        raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", detail)
    with upload_place(services.uploads, brand_ref or principal.only_brand) as share:
        path, sha256 = await read_file(request, services.media_store.incoming, share)
        try:
            file = ImportFile(path, sha256, _FORMATS[kind])
            receiving = services.imports.receive(file, brand_ref, principal, idempotency, dry_run=dry_run)
            answer = await while_connected(request, receiving)
        finally:
            path.unlink(missing_ok=True)
    services.importer.wake()
    return created(answer, "/v1/imports", 202)


@router.get(
    "",
    operation_id="imports.list",
    responses={**shows_page(IMPORT), **error_responses(401, 403, 404, 422)},
    summary="List imports",
)
async def list_imports(
    services: TheServices,
    principal: ContentReader,
    paging: PagingQuery,
    brand_ref: Annotated[
        str | None,
        Query(alias="brandRef", description="The imports of this brand; without it those of the key's brand, or all."),
    ] = None,
) -> Page[ImportView]:
    """Imports of the last 30 days, the newest first."""
    brand = await brand_filter(brand_ref, principal, services)
    found = await services.imports.list(brand, limit=paging.reading, before=paging.after)
    return only_visible(paging.page(found, lambda view: view.id), principal, lambda view: view.brand_ref)


@router.get(
    "/{import_id}",
    operation_id="imports.get",
    responses={**shows(200, IMPORT), **error_responses(401, 403, 404)},
    summary="Read an import",
)
async def get_import(import_id: ImportId, services: TheServices, principal: ContentReader) -> ImportView:
    """How far an import is. It is kept for 30 days after it was sent."""
    return await services.imports.get(import_id, principal)


@router.get(
    "/{import_id}/rows",
    operation_id="imports.rows",
    responses={**shows(200, ROWS), **error_responses(401, 403, 404, 422)},
    summary="List the rows of an import",
)
async def list_rows(
    import_id: ImportId,
    services: TheServices,
    principal: ContentReader,
    paging: PagingQuery,
    status: Annotated[ImportRowStatus | None, Query(description="Only rows of this status.")] = None,
) -> Page[ImportRowView]:
    """The rows with their results, in the order of the file."""
    if paging.after is not None and not paging.after.isdecimal():
        raise invalid_cursor()
    after = int(paging.after or 0)
    found = await services.imports.rows(import_id, principal, status=status, limit=paging.reading, after=after)
    return paging.page(found, lambda row: str(row.line))
