"""Media: store files, and serve them to networks under signed URLs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.bodies.brand import named_brand
from api.bodies.parsing import described, read_body
from api.deps import ContentReader, ContentWriter, MediaId, Page, TheServices
from api.filters import brand_filter
from api.http.client_disconnect import while_connected
from api.http.media_response import stored_response
from api.http.paging import PagingQuery
from api.http.problems import ProblemError
from api.http.uploads import read_upload, upload_place
from api.idempotency import IdempotencyHeader, Success, respond_once
from api.openapi import content_examples, examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from api.views import MediaView, media_view
from munadi.db.audit import record
from munadi.db.contents import media as stored
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.tables import MediaRow
from munadi.domain.audit import Action
from munadi.domain.problem import Problem, ProblemsFound
from munadi.intake.media import IntakeMedia, reuse_stored
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import MediaRequest, MediaUrlRequest
from munadi.media.reader import MEDIA_URL_PURPOSE
from munadi.media.signing import verify_url
from munadi.publishing import media_deletion as deletion
from munadi.publishing import media_use

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
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    query: UploadQuery = None,
) -> Response:
    """Store a file, sent as `multipart/form-data` (`file`, `brandRef`) or fetched from `url`; it is probed at once.

    Without `brandRef` it belongs to the key's brand; a key for all brands creates media that every brand may use.
    """
    if "boundary" in request.scope["state"]:  # the edge found a multipart form
        return await _add_uploaded(request, services, principal, idempotency)
    problems = ProblemCollector()
    sent, shape = read_body(request, MediaUrlRequest)
    problems.extend(shape)
    brand_ref = await named_brand(sent.brand_ref, principal, services, problems)
    problems.raise_if_any()
    media = [("", MediaRequest(url=sent.url))]
    fetching = services.posts.checker.media.fetch(brand_ref, media, services.clock.now(), problems)
    return await _keep(services, idempotency, brand_ref, await while_connected(request, fetching), problems)


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
    async with services.database.read() as session:
        rows = await stored.list_media(session, brand, limit=paging.reading, before=paging.after)
    return paging.page([media_view(row) for row in rows], lambda view: view.id)


@router.get(
    "/v1/media/{media_id}",
    operation_id="media.get",
    responses={**shows(200, content_examples.MEDIA), **error_responses(401, 403, 404)},
    summary="Read media",
)
async def get_media(media_id: MediaId, services: TheServices, principal: ContentReader) -> MediaView:
    """A stored media with its probed facts."""
    return media_view(await _visible(media_id, services, principal))


async def _visible(media_id: str, services: Services, principal: Principal) -> MediaRow:
    """A file that the key may use; otherwise 404."""
    async with services.database.read() as session:
        row = await stored.find_media(session, media_id)
    if row is None or not (row.brand_ref is None or principal.may_see(row.brand_ref)):
        raise not_found("media", media_id)
    return row


@router.delete(
    "/v1/media/{media_id}",
    status_code=204,
    operation_id="media.delete",
    responses=error_responses(401, 403, 404, 409),
    summary="Delete media",
)
async def delete_media(media_id: MediaId, services: TheServices, principal: ContentWriter) -> None:
    """Delete a file that no post or draft needs. A post needs it until it is published or canceled, a failed one until
    its failures are dismissed. The bytes are removed soon afterwards, unless the same file is stored for another brand.
    Media that belong to every brand are deleted by a key for all brands only."""
    await _of_caller(media_id, services, principal)
    async with services.database.write() as session:
        try:
            deleted = await deletion.delete_media(session, media_id, services.clock.now())
        except deletion.MediaInUse as error:
            raise _in_use(media_id, error) from None
    if not deleted:
        raise not_found("media", media_id)


async def _of_caller(media_id: str, services: Services, principal: Principal) -> None:
    """404 for media that the key may not see, 403 for those that other brands may use too."""
    row = await _visible(media_id, services, principal)
    if not principal.may_see(row.brand_ref):
        detail = f"the media {media_id} belongs to every brand; delete it with a key for all brands"
        raise ProblemError(403, "BRAND_RESTRICTED", "Not permitted", detail)


def _in_use(media_id: str, error: deletion.MediaInUse) -> ProblemError:
    """The refusal to delete a file that is needed, naming what needs it."""
    named, more = ", ".join(error.ids), " and others" if error.has_more else ""
    detail = (
        f"the media {media_id} is needed by {named}{more}; delete the drafts, and let the posts be published, cancel "
        "or edit them, or dismiss their failures; then try again"
    )
    problems = [
        Problem(pointer="", code="MEDIA_IN_USE", message=f"{each} needs it", rule="media_in_use", actual=each)
        for each in error.ids
    ]
    return ProblemError(409, "MEDIA_IN_USE", "Still needed", detail, errors=problems)


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
    named = await named_brand(request.query_params.get("brandRef"), principal, services, problems)
    problems.raise_if_any()
    with upload_place(services.uploads, named) as share:
        upload = await read_upload(request, services.media_store, services.settings.media.max_bytes, share, problems)
        try:
            brand_ref = await named_brand(upload.brand_ref, principal, services, problems)
            if upload.path is None or problems.has("/brandRef"):
                raise ProblemsFound(problems.all)
            path, now = upload.path, services.clock.now()
            probing = services.posts.checker.media.uploaded(
                brand_ref, path, upload.sha256, upload.declared_type, upload.name, now, problems
            )
            collected = await while_connected(request, probing)
        except BaseException:
            upload.discard()
            raise
        return await _keep(services, upload.identified(idempotency), brand_ref, collected, problems)


async def _keep(
    services: Services,
    idempotency: IdempotencyKey,
    brand_ref: str | None,
    collected: IntakeMedia,
    problems: ProblemCollector,
) -> Response:
    try:
        problems.raise_if_any()
        return await _stored(services, idempotency, brand_ref, collected)
    finally:
        collected.discard()


async def _stored(
    services: Services, idempotency: IdempotencyKey, brand_ref: str | None, collected: IntakeMedia
) -> Response:
    await media_use.put_files(services.database, collected, services.media_store)
    digest = collected.new[0].sha256

    async def store(session: AsyncSession) -> Success:
        rows = await reuse_stored(session, brand_ref, collected, locked=True)
        await media_use.add_media(session, collected)
        view = media_view(rows[digest])
        record(session, Action.MEDIA_CREATED, target=view.id, brand_ref=brand_ref, now=services.clock.now())
        return Success(view, 201, {"Location": f"/v1/media/{view.id}"}, about=view.id)

    return await respond_once(services, idempotency, brand_ref, "media.create", store)
