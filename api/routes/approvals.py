"""The release gate: proposed posts are approved or declined, each in one version."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import changed
from api.deps import ContentApprover, ContentId, IfMatch, TheServices, read_match, require_version
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from munadi.domain.content import ContentView
from munadi.intake.requests import ApproveRequest, DeclineRequest

router = APIRouter(prefix="/v1/contents", tags=["contents"])
STATUSES = (400, 401, 403, 404, 409, 412, 413, 415, 422)


@router.post(
    "/{content_id}/approve",
    operation_id="contents.approve",
    response_model=ContentView,
    responses=error_responses(*STATUSES, 428),
)
async def approve_content(
    content_id: ContentId,
    services: TheServices,
    principal: ContentApprover,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    sent: ApproveRequest | None = None,
) -> Response:
    """Let this version of a post be published: at its time, or at once if that has passed. Idempotent.

    `If-Match` names the version that was read; an older one is 412. A later edit takes the approval back."""
    based_on, note = require_version(if_match), sent.note if sent else None
    return changed(await services.posts.approve(content_id, principal, idempotency, based_on, note))


@router.post(
    "/{content_id}/decline",
    operation_id="contents.decline",
    response_model=ContentView,
    responses=error_responses(*STATUSES),
)
async def decline_content(
    content_id: ContentId,
    sent: DeclineRequest,
    services: TheServices,
    principal: ContentApprover,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Keep a post back, and say why, also one that was approved and is not published yet.

    It waits until it is edited, which asks for an approval again, approved or canceled; after `publishBy` it fails."""
    return changed(await services.posts.decline(content_id, principal, idempotency, read_match(if_match), sent.note))
