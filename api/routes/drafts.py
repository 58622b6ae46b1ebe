"""Saved drafts: posts that are not finished. Submitting one is `POST /v1/contents` with it, and ends it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.bodies.brand import named_brand
from api.bodies.drafts import CREATES, DRAFT, EDITS, DraftCreate, DraftEdit, require_bounded
from api.bodies.parsing import body_of, described, read_body, read_sent
from api.deps import (
    BrandFilter,
    ContentReader,
    ContentWriter,
    DraftId,
    IfMatch,
    Page,
    TheServices,
    check_match,
    etag,
    require_match,
)
from api.filters import brand_filter
from api.http.client_disconnect import while_connected
from api.http.paging import PagingQuery
from api.http.problems import ProblemError
from api.idempotency import IdempotencyHeader, Success, earlier_response, respond_once, send
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.post_answers import accepted
from api.post_checks import check_post
from api.process.services import Services
from munadi.db.brands.limits import require_holding
from munadi.db.contents import saved_drafts
from munadi.db.keys.callers import Principal
from munadi.db.tables import SavedDraftRow
from munadi.domain.content import ContentView
from munadi.domain.ids import Prefix, is_id
from munadi.domain.saved_draft import DraftCheck, SavedDraft
from munadi.domain.usage import Limit, QuotaExceeded
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import ContentRequest, EmptyRequest
from munadi.intake.validation import Validation
from munadi.publishing.answers import DraftOvertaken
from munadi.publishing.service import takes_long

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])
CREATE = "drafts.create"
Json = dict[str, Any]


@router.post(
    "",
    status_code=201,
    response_model=SavedDraft,
    responses={**shows(201, DRAFT), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    operation_id="drafts.create",
    summary="Save a draft",
    openapi_extra=described(DraftCreate, CREATES),
)
async def create_draft(
    request: Request, principal: ContentWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Keep a post that is not finished. It is checked as `POST /v1/contents/validate` does, and never refused for what
    is missing or wrong: `problems` lists that. Only an unknown brand is refused."""
    brand_ref = await _brand_of(request, principal, services)
    if earlier := await earlier_response(services, idempotency, brand_ref, CREATE):
        return earlier
    content = {**body_of(request), "brandRef": brand_ref}
    check = _kept(await check_post(request, services, principal, content))

    async def create(session: AsyncSession) -> Success:
        await require_holding(session, brand_ref, Limit.DRAFTS, services.settings.limits.drafts, services.clock.now())
        made = await saved_drafts.add_draft(session, brand_ref, content, check, services.clock.now())
        return Success(made, 201, {"Location": f"/v1/drafts/{made.id}", "ETag": etag(made.version)})

    try:
        return await respond_once(services, idempotency, brand_ref, CREATE, create)
    except QuotaExceeded as error:
        detail = f"{error}; submit or delete some first"
        raise ProblemError(409, "TOO_MANY_DRAFTS", "Too many drafts", detail, errors=[error.problem]) from None


@router.get(
    "",
    operation_id="drafts.list",
    responses={**shows_page(DRAFT), **error_responses(401, 403, 404, 422)},
    summary="List drafts",
)
async def list_drafts(
    principal: ContentReader,
    services: TheServices,
    paging: PagingQuery,
    brand_ref: BrandFilter = None,
) -> Page[SavedDraft]:
    """Drafts that are not submitted yet, the newest first. A page of long drafts has fewer than `limit`: `nextCursor`
    says whether there are more."""
    brand = await brand_filter(brand_ref, principal, services)
    async with services.database.read() as session:
        found, has_more = await saved_drafts.list_drafts(session, brand, limit=paging.limit, before=paging.after)
    return paging.part(found, lambda draft: draft.id, has_more=has_more)


@router.get(
    "/{draft_id}",
    response_model=SavedDraft,
    responses={**shows(200, DRAFT), **error_responses(401, 403, 404, 422)},
    operation_id="drafts.get",
    summary="Read a draft",
)
async def get_draft(draft_id: DraftId, principal: ContentReader, services: TheServices) -> Response:
    """A draft with the problems of its last check. A later change sends the `ETag` as If-Match."""
    draft = await _visible(draft_id, principal, services)
    if draft.content_id is not None:
        raise not_found("draft", draft_id)
    return _answer(saved_drafts.draft_view(draft))


@router.patch(
    "/{draft_id}",
    response_model=SavedDraft,
    responses={**shows(200, DRAFT), **error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428)},
    operation_id="drafts.update",
    summary="Change a draft",
    openapi_extra=described(DraftEdit, EDITS),
)
async def change_draft(
    draft_id: DraftId, request: Request, principal: ContentWriter, services: TheServices, if_match: IfMatch = None
) -> Response:
    """Absent fields stay as they are; null removes a field. The draft is checked again."""
    require_match(if_match)
    sent, shape = read_body(request, DraftEdit)
    draft = await _open(draft_id, principal, services)
    problems = ProblemCollector(shape)
    if sent.brand_ref not in (None, draft.brand_ref):
        problems.add("/brandRef", "BRAND_FIXED", "a draft stays with its brand; save a new one for the other brand")
    problems.raise_if_any()
    check_match(if_match, draft.version)
    content = {name: value for name, value in {**draft.content, **body_of(request)}.items() if value is not None}
    content["brandRef"] = draft.brand_ref
    require_bounded(content)
    check = _kept(await check_post(request, services, principal, content))
    async with services.database.write() as session:
        changed = await saved_drafts.change_draft(session, draft, content, check, services.clock.now())
    return _answer(changed) if changed else await _overtaken(draft_id, principal, services, if_match)


@router.delete(
    "/{draft_id}",
    status_code=204,
    responses=error_responses(400, 401, 403, 404, 409, 412, 422),
    operation_id="drafts.delete",
    summary="Delete a draft",
)
async def delete_draft(
    draft_id: DraftId, principal: ContentWriter, services: TheServices, if_match: IfMatch = None
) -> None:
    """Nothing of it is kept. If-Match is optional."""
    draft = await _open(draft_id, principal, services)
    check_match(if_match, draft.version)
    async with services.database.write() as session:
        gone = await saved_drafts.delete_draft(session, draft, services.clock.now())
    if not gone:
        await _overtaken(draft_id, principal, services, if_match)


@router.post(
    "/{draft_id}/submit",
    status_code=202,
    response_model=ContentView,
    responses=error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422),
    operation_id="drafts.submit",
    summary="Submit a draft",
)
async def submit_draft(
    draft_id: DraftId,
    request: Request,
    principal: ContentWriter,
    services: TheServices,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Accept the draft as a post, exactly as `POST /v1/contents` does, with the same problems.

    The draft ends in the same transaction, so it becomes one post at most. If-Match is optional."""
    draft = await _visible(draft_id, principal, services)
    if draft.content_id is not None and (earlier := await services.posts.submitted(draft, idempotency)):
        return accepted(earlier)
    _require_open(draft)
    check_match(if_match, draft.version)
    sent, shape = read_sent(draft.content, ContentRequest)
    submitting = services.posts.submit(draft, sent, shape, idempotency)
    try:
        return accepted(await (while_connected(request, submitting) if takes_long(sent) else submitting))
    except DraftOvertaken:
        return await _overtaken(draft_id, principal, services, if_match)


async def _overtaken(draft_id: str, principal: Principal, services: Services, if_match: str | None) -> Response:
    """The refusal of a change that came second."""
    draft = await _open(draft_id, principal, services)
    check_match(if_match, draft.version)
    detail = f"the draft was changed at the same time and is at version {draft.version} now; read it, then try again"
    raise ProblemError(409, "DRAFT_CHANGED", "Changed meanwhile", detail, headers={"ETag": etag(draft.version)})


async def _brand_of(request: Request, principal: Principal, services: Services) -> str:
    sent, shape = read_body(request, DraftCreate)
    problems = ProblemCollector(shape)
    if sent.brand_ref is None and principal.brand_ref is None and not shape:
        problems.add("/brandRef", "MISSING_FIELD", "name the brand; this key may see more than one")
    brand_ref = await named_brand(sent.brand_ref, principal, services, problems)
    problems.raise_if_any()
    assert brand_ref is not None
    return brand_ref


async def _visible(draft_id: str, principal: Principal, services: Services) -> SavedDraftRow:
    """A draft, also a submitted one, if the key may see it; otherwise 404."""
    async with services.database.read() as session:
        possible = is_id(draft_id, Prefix.SAVED_DRAFT)
        draft = await saved_drafts.find_draft(session, draft_id) if possible else None
    if draft is None or not principal.may_see(draft.brand_ref):
        raise not_found("draft", draft_id)
    return draft


async def _open(draft_id: str, principal: Principal, services: Services) -> SavedDraftRow:
    draft = await _visible(draft_id, principal, services)
    _require_open(draft)
    return draft


def _require_open(draft: SavedDraftRow) -> None:
    """409 for a draft that was submitted."""
    if draft.content_id is not None:
        detail = f"the draft became the post {draft.content_id}; read or change that one"
        raise ProblemError(409, "DRAFT_SUBMITTED", "Submitted already", detail)


def _kept(found: Validation) -> DraftCheck:
    """The stored part of a check. Previews and lengths can be computed at any time."""
    return DraftCheck(
        valid=found.valid, problems=found.problems, more_problems=found.more_problems, warnings=found.warnings
    )


def _answer(draft: SavedDraft) -> Response:
    return send(Success(draft, 200, {"ETag": etag(draft.version)}).stored)
