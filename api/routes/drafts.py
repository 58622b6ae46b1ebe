"""Saved drafts: posts that are not finished. Submitting one is `POST /v1/contents` with it, and ends it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import accepted, plain
from api.bodies.parsing import body_of, described, read_body
from api.deps import (
    BrandFilter,
    ContentProposer,
    ContentReader,
    DraftId,
    DraftWriter,
    IfMatch,
    Page,
    TheServices,
    etag,
    read_match,
    require_match,
)
from api.filters import brand_filter, only_visible
from api.http.client_disconnect import while_connected
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.db.answers import Answer
from munadi.domain.content import ContentView, SavedDraft
from munadi.intake.requests import DraftCreate, DraftEdit, EmptyRequest

CREATES: dict[str, Any] = {
    "unfinished": {
        "summary": "A text without a network or a time",
        "value": {"brandRef": "acme", "text": "Monsoon sale starts on"},
    },
}
EDITS: dict[str, Any] = {
    "finished": {
        "summary": "The rest of the text, and a time",
        "value": {"text": "Monsoon sale starts today", "scheduledAt": "2027-01-16T03:30:00Z"},
    },
}
DRAFT: dict[str, Any] = {
    "id": "drf_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "content": {"brandRef": "acme", "text": "Monsoon sale starts on"},
    "valid": False,
    "problems": [
        {
            "pointer": "/channels",
            "code": "MISSING_FIELD",
            "message": "is needed",
            "channel": None,
            "rule": "missing",
            "limit": None,
            "actual": None,
        }
    ],
    "moreProblems": 0,
    "warnings": [],
    "version": 1,
    "checkedAt": "2026-12-01T03:30:00Z",
    "createdAt": "2026-12-01T03:30:00Z",
    "updatedAt": "2026-12-01T03:30:00Z",
}

router = APIRouter(prefix="/v1/drafts", tags=["drafts"])


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
    request: Request, principal: DraftWriter, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """Keep a post that is not finished. It is checked as `POST /v1/contents/validate` does, and never refused for what
    is missing or wrong: `problems` lists that. Only an unknown brand is refused."""
    sent, shape = read_body(request, DraftCreate)
    saving = services.drafts.create(body_of(request), sent, shape, principal, idempotency)
    return _shown(await while_connected(request, saving), 201)


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
    found, has_more = await services.drafts.list(brand, limit=paging.limit, before=paging.after)
    page = paging.part(found, lambda draft: draft.id, has_more=has_more)
    return only_visible(page, principal, lambda draft: draft.brand_ref)


@router.get(
    "/{draft_id}",
    response_model=SavedDraft,
    responses={**shows(200, DRAFT), **error_responses(401, 403, 404, 422)},
    operation_id="drafts.get",
    summary="Read a draft",
)
async def get_draft(draft_id: DraftId, principal: ContentReader, services: TheServices) -> Response:
    """A draft with the problems of its last check. A later change sends the `ETag` as If-Match."""
    return _shown(Answer.of(await services.drafts.get(draft_id, principal)))


@router.patch(
    "/{draft_id}",
    response_model=SavedDraft,
    responses={**shows(200, DRAFT), **error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428)},
    operation_id="drafts.update",
    summary="Change a draft",
    openapi_extra=described(DraftEdit, EDITS),
)
async def change_draft(
    draft_id: DraftId, request: Request, principal: DraftWriter, services: TheServices, if_match: IfMatch = None
) -> Response:
    """Absent fields stay as they are; null removes a field. The draft is checked again."""
    based_on = require_match(if_match)
    sent, shape = read_body(request, DraftEdit)
    changing = services.drafts.change(draft_id, body_of(request), sent, shape, principal, based_on)
    return _shown(await while_connected(request, changing))


@router.delete(
    "/{draft_id}",
    status_code=204,
    responses=error_responses(400, 401, 403, 404, 409, 412, 422),
    operation_id="drafts.delete",
    summary="Delete a draft",
)
async def delete_draft(
    draft_id: DraftId, principal: DraftWriter, services: TheServices, if_match: IfMatch = None
) -> None:
    """Nothing of it is kept. If-Match is optional."""
    await services.drafts.delete(draft_id, principal, read_match(if_match))


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
    principal: ContentProposer,
    services: TheServices,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Accept the draft as a post, exactly as `POST /v1/contents` does, with the same problems.

    The draft ends in the same transaction, so it becomes one post at most. If-Match is optional."""
    submitting = services.drafts.submit(draft_id, principal, idempotency, read_match(if_match))
    return accepted(await while_connected(request, submitting))


def _shown(answer: Answer, status: int = 200) -> Response:
    """The draft, with the ETag that a later change sends."""
    headers = {"ETag": etag(answer.identity["version"])}
    if status == 201:
        headers["Location"] = f"/v1/drafts/{answer.identity['id']}"
    return plain(answer, status, headers)
