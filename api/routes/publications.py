"""Publications: one post on one account, with all attempts; people resolve unknown outcomes, dismiss failures, withdraw
live posts, and get receipts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from api.answers import plain
from api.deps import ContentReader, ContentWithdrawer, ContentWriter, PublicationId, TheServices
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from munadi.db.contents.details import PublicationDetail
from munadi.domain.publication import DismissedAs
from munadi.domain.receipt import RECEIPT_KEYS_PATH, Receipt, ReceiptKeySet
from munadi.intake.requests import DismissRequest, EmptyRequest, LiveEditRequest, ResolveRequest

router = APIRouter(prefix="/v1/publications", tags=["publications"])
public = APIRouter(tags=["publications"])
# Short: a receipt may be signed with a new key just after a rotation.
KEYS_KEPT = {"Cache-Control": "public, max-age=300"}
CHANGED = error_responses(400, 401, 403, 404, 409, 413, 415, 422)


@router.get("/{publication_id}", operation_id="publications.get", responses=error_responses(401, 403, 404))
async def get_publication(
    publication_id: PublicationId, services: TheServices, principal: ContentReader
) -> PublicationDetail:
    """A publication with its draft and its attempts: each visible call and its outcome."""
    return await services.posts.publication(publication_id, principal)


@router.get(
    "/{publication_id}/receipt",
    operation_id="publications.receipt",
    responses=error_responses(401, 403, 404, 409),
    summary="Get a receipt",
)
async def get_receipt(publication_id: PublicationId, services: TheServices, principal: ContentReader) -> Receipt:
    """A signed statement about a published publication: where its post is, when each call was made, and the hash of
    what was sent. The keys at `/.well-known/munadi-keys.json` verify it, also much later and without this API."""
    return await services.receipts.receipt(publication_id, principal)


@public.get(
    RECEIPT_KEYS_PATH,
    operation_id="publications.receiptKeys",
    response_model=ReceiptKeySet,
    responses=error_responses(),
    summary="Keys that verify receipts",
)
async def list_receipt_keys(services: TheServices) -> Response:
    """The public keys that verify receipts, as a JWK Set (RFC 7517). It needs no API key. Earlier keys stay in it."""
    found = await services.receipts.keys()
    return Response(found.model_dump_json(), media_type="application/json", headers=KEYS_KEPT)


@router.post(
    "/{publication_id}/resolve",
    operation_id="publications.resolve",
    response_model=PublicationDetail,
    responses=CHANGED,
)
async def resolve_publication(
    publication_id: PublicationId,
    sent: ResolveRequest,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
) -> Response:
    """Resolve an unconfirmed publication, after checking the network yourself. Idempotent."""
    return plain(await services.posts.resolve(publication_id, principal, idempotency, sent))


@router.post(
    "/{publication_id}/withdraw",
    status_code=202,
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.withdraw",
)
async def withdraw_publication(
    publication_id: PublicationId,
    services: TheServices,
    principal: ContentWithdrawer,
    idempotency: IdempotencyHeader,
    sent: EmptyRequest | None = None,
) -> Response:
    """Take a live publication back: all of it, with later parts and comments of its own. Idempotent.

    `withdrawal` shows how far that is; the publication stays `published`. What is refused may be asked for again.
    """
    return plain(await services.posts.withdraw(publication_id, principal, idempotency), 202)


@router.post(
    "/{publication_id}/edit",
    status_code=202,
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.edit",
)
async def edit_publication(
    publication_id: PublicationId,
    sent: Annotated[LiveEditRequest, Body(openapi_examples=examples.LIVE_EDITS)],
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
) -> Response:
    """Edit a live publication at its network: `liveEdit` of the channel has which fields. Idempotent.

    The last of `edits` shows how far that is. The same text again changes nothing; what is refused may be asked for
    again.
    """
    return plain(await services.posts.edit_live(publication_id, principal, idempotency, sent), 202)


@router.post(
    "/{publication_id}/dismiss",
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.dismiss",
)
async def dismiss_publication(
    publication_id: PublicationId,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: DismissRequest | None = None,
) -> Response:
    """Note that a failure needs no attention any more, or that a live post lacks a part, such as its first comment. The
    status stays. A retry ends the dismissal. Idempotent."""
    because = DismissedAs(sent.because) if sent else DismissedAs.NOT_NEEDED
    return plain(await services.posts.dismiss(publication_id, principal, idempotency, because))


@router.post(
    "/{publication_id}/undismiss",
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.undismiss",
)
async def undismiss_publication(
    publication_id: PublicationId,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: EmptyRequest | None = None,
) -> Response:
    """Undo a dismissal: it needs attention again. Without a dismissal nothing changes."""
    return plain(await services.posts.undismiss(publication_id, principal, idempotency))
