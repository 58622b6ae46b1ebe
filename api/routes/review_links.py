"""Links by which one person without an account reviews a proposed post: make, list and revoke them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.answers import plain
from api.deps import ContentApprover, ContentId, ContentReader, Page, TheServices
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from munadi.domain.review import (
    REVIEW_LINK,
    REVIEW_LINK_WITH_URL,
    ReviewLink,
    ReviewLinkCreate,
    ReviewLinkWithUrl,
)

router = APIRouter(prefix="/v1/contents/{content_id}/review-links", tags=["contents"])


@router.post(
    "",
    operation_id="contents.reviewLinks.create",
    status_code=201,
    response_model=ReviewLinkWithUrl,
    responses={**shows(201, REVIEW_LINK_WITH_URL), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Create a review link",
)
async def create_review_link(
    content_id: ContentId,
    services: TheServices,
    principal: ContentApprover,
    idempotency: IdempotencyHeader,
    sent: ReviewLinkCreate | None = None,
) -> Response:
    """Its page shows a post that waits for an approval as each network gets it, to a person without an account, who
    approves or declines it once. It works while the key that made it may approve, and is shown only here."""
    return plain(await services.reviews.create(content_id, sent or ReviewLinkCreate(), principal, idempotency), 201)


@router.get(
    "",
    operation_id="contents.reviewLinks.list",
    responses={**shows_page(REVIEW_LINK), **error_responses(401, 403, 404, 422)},
    summary="List review links",
)
async def list_review_links(content_id: ContentId, services: TheServices, principal: ContentReader) -> Page[ReviewLink]:
    """The review links of a post, all of them, without their addresses."""
    return Page[ReviewLink](data=tuple(await services.reviews.list(content_id, principal)))


@router.delete(
    "/{link_id}",
    operation_id="contents.reviewLinks.revoke",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Revoke a review link",
)
async def revoke_review_link(
    content_id: ContentId,
    link_id: Annotated[str, Path(description="The `id` of the review link.")],
    services: TheServices,
    principal: ContentApprover,
) -> None:
    """The link shows and decides nothing any more. What was decided by it stays."""
    await services.reviews.revoke(content_id, link_id, principal)
