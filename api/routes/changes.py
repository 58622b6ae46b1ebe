"""Changes to a post before it is published. Each one commits, responds, and then wakes the workflow.

A change is possible until a publication is claimed; afterwards it is refused with 409 `TOO_LATE`. A key that may only
propose edits, moves and cancels what needs an approval; an edit, and another time, ask for it again.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from api.answers import changed
from api.bodies.parsing import described, read_body
from api.deps import (
    ContentId,
    ContentProposer,
    ContentWithdrawer,
    ContentWriter,
    IfMatch,
    TheServices,
    read_match,
    require_match,
)
from api.http.client_disconnect import while_connected
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from munadi.domain.content import ContentView
from munadi.intake.requests import ContentEdit, EmptyRequest, RescheduleRequest, RetryRequest

router = APIRouter(prefix="/v1/contents", tags=["contents"])
CHANGED = error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422)


@router.patch(
    "/{content_id}",
    operation_id="contents.update",
    response_model=ContentView,
    responses=error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428),
    openapi_extra=described(ContentEdit, examples.EDITS),
)
async def edit_content(
    content_id: ContentId,
    request: Request,
    services: TheServices,
    principal: ContentProposer,
    if_match: IfMatch = None,
) -> Response:
    """Edit a post, until any publication was claimed. Absent fields stay as they are; null clears a field.

    `withdrawAt` alone also changes a published post, until its withdrawal begins. It needs `contents:withdraw`."""
    based_on = require_match(if_match)
    sent, shape = read_body(request, ContentEdit)
    editing = services.posts.edit(content_id, principal, based_on, sent, shape)
    return changed(await while_connected(request, editing))


@router.post(
    "/{content_id}/reschedule", operation_id="contents.reschedule", response_model=ContentView, responses=CHANGED
)
async def reschedule_content(
    content_id: ContentId,
    sent: Annotated[RescheduleRequest, Body(openapi_examples=examples.RESCHEDULES)],
    services: TheServices,
    principal: ContentProposer,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Reschedule everything that is not published yet. A default publishBy moves along; an explicit one stays."""
    based_on = read_match(if_match)
    return changed(await services.posts.reschedule(content_id, principal, idempotency, based_on, sent))


@router.post("/{content_id}/cancel", operation_id="contents.cancel", response_model=ContentView, responses=CHANGED)
async def cancel_content(
    content_id: ContentId,
    services: TheServices,
    principal: ContentProposer,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Cancel everything that was not claimed yet. 200 if anything is canceled now or was before."""
    return changed(await services.posts.cancel(content_id, principal, idempotency, read_match(if_match)))


@router.post(
    "/{content_id}/publish-now", operation_id="contents.publishNow", response_model=ContentView, responses=CHANGED
)
async def publish_content_now(
    content_id: ContentId,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Publish everything that still waits, right now."""
    return changed(await services.posts.publish_now(content_id, principal, idempotency, read_match(if_match)))


@router.post(
    "/{content_id}/withdraw",
    operation_id="contents.withdraw",
    status_code=202,
    response_model=ContentView,
    responses=CHANGED,
)
async def withdraw_content(
    content_id: ContentId,
    services: TheServices,
    principal: ContentWithdrawer,
    idempotency: IdempotencyHeader,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Take back everything of a post that is live, from each network that lets an app do it. Idempotent."""
    return changed(await services.posts.withdraw_content(content_id, principal, idempotency), 202)


@router.post(
    "/{content_id}/retry", operation_id="contents.retry", status_code=202, response_model=ContentView, responses=CHANGED
)
async def retry_content(
    content_id: ContentId,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: RetryRequest | None = None,
) -> Response:
    """Retry failed publications at their time, or at once if that has passed, with the stored media.

    Published ones are never sent again; those whose account was disconnected cannot be retried."""
    wanted = sent.publication_ids if sent else None
    return changed(await services.posts.retry(content_id, principal, idempotency, wanted), 202)
