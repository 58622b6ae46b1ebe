"""Media: store files, and serve them to networks under signed URLs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.answers import created
from api.auth import not_found
from api.bodies.parsing import described, read_body
from api.deps import ContentReader, ContentWriter, DraftWriter, MediaId, Page, TheServices
from api.filters import brand_filter, only_visible
from api.http.client_disconnect import while_connected
from api.http.media_response import stored_response
from api.http.paging import PagingQuery
from api.http.uploads import read_upload, upload_place
from api.idempotency import IdempotencyHeader
from api.openapi import content_examples, examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.media import MediaView
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.requests import MediaUrlRequest
from munadi.media.reader import MEDIA_URL_PURPOSE
from munadi.media.signing import verify_url

router = APIRouter(tags=["media"])
# `read_upload` and the limits on calls read it where it is.
UploadQuery = Annotated[
    str | None, Query(alias="brandRef", description="The brand of an uploaded file, if the form has none.")
]


def _described() -> dict[str, Any]:
    """The two forms of the body: JSON with a URL, or a multipart form with the file."""
    made = described(MediaUrlRequest, examples.MEDIA)
    made["requestBody"]["content"]["multipart/form-data"] = {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                "brandRef": {"type": "string"},
            },
        }
    }
    return made


@router.post(
    "/v1/media",
    operation_id="media.create",
    status_code=201,
    response_model=MediaView,
    responses=error_responses(400, 401, 403, 409, 413, 415, 422),
    openapi_extra=_described(),
)
async def add_media(
    request: Request,
    services: TheServices,
    principal: DraftWriter,
    idempotency: IdempotencyHeader,
    query: UploadQuery = None,
) -> Response:
    """Store a file, sent as `multipart/form-data` (`file`, `brandRef`) or fetched from `url`; it is probed at once.

    Without `brandRef` it belongs to the key's brand; a key for all brands creates media that every brand may use.
    """
    if "boundary" in request.scope["state"]:  # the edge found a multipart form
        return await _add_uploaded(request, services, principal, idempotency)
    sent, shape = read_body(request, MediaUrlRequest)
    storing = services.media.fetch(sent, shape, principal, idempotency)
    return created(await while_connected(request, storing), "/v1/media")


@router.get(
    "/v1/media",
    operation_id="media.list",
    responses={**shows_page(content_examples.MEDIA), **error_responses(401, 403, 404, 422)},
    summary="List media",
)
async def list_media(
    services: TheServices,
    principal: ContentReader,
    paging: PagingQuery,
    brand_ref: Annotated[
        str | None,
        Query(alias="brandRef", description="The media of this brand; without it those of the key's brand, or all."),
    ] = None,
) -> Page[MediaView]:
    """Stored media with their probed facts, newest first. Media that belong to every brand (`brandRef` null) are listed
    only for a key for all brands that names no brand."""
    brand = await brand_filter(brand_ref, principal, services)
    found = await services.media.list(brand, limit=paging.reading, before=paging.after)
    return only_visible(paging.page(found, lambda view: view.id), principal, lambda view: view.brand_ref)


@router.get(
    "/v1/media/{media_id}",
    operation_id="media.get",
    responses={**shows(200, content_examples.MEDIA), **error_responses(401, 403, 404)},
    summary="Read media",
)
async def get_media(media_id: MediaId, services: TheServices, principal: ContentReader) -> MediaView:
    """A stored media with its probed facts."""
    return await services.media.get(media_id, principal)


@router.delete(
    "/v1/media/{media_id}",
    status_code=204,
    operation_id="media.delete",
    responses=error_responses(401, 403, 404, 409),
    summary="Delete media",
)
async def delete_media(media_id: MediaId, services: TheServices, principal: ContentWriter) -> None:
    """Delete a file that no post or draft needs, and that is no brand's logo. A post needs it until it is published or
    canceled, a failed one until its failures are dismissed. The bytes are removed soon afterwards, unless the same file
    is stored for another brand. Media that belong to every brand are deleted by a key for all brands only."""
    await services.media.delete(media_id, principal)


@router.api_route("/media/{digest}/{token}/{filename}", methods=["GET", "HEAD"], include_in_schema=False)
async def serve_media(digest: str, token: str, filename: str, request: Request, services: TheServices) -> Response:
    """A stored file, for networks: anyone with a signed URL that has not expired may read it, also in ranges."""
    keys = services.keyring.derive(MEDIA_URL_PURPOSE)
    if not verify_url(digest, token, filename, keys, now=services.clock.now()):
        raise not_found("media", filename)
    try:
        return await stored_response(request, services.media_store, digest)
    except FileNotFoundError:
        raise not_found("media", filename) from None


async def _add_uploaded(
    request: Request, services: Services, principal: Principal, idempotency: IdempotencyKey
) -> Response:
    """Store an uploaded file. A brand in the query is checked before the form is read, and the upload is one of its."""
    problems = ProblemCollector()
    named = await services.brands.named(request.query_params.get("brandRef"), principal, problems)
    problems.raise_if_any()
    with upload_place(services.uploads, named) as share:
        upload = await read_upload(request, services.media_store, services.settings.media.max_bytes, share, problems)
        storing = services.media.keep(upload, principal, idempotency, problems)
        return created(await while_connected(request, storing), "/v1/media")
