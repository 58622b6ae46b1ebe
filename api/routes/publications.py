"""Publications: one post on one account, with all attempts; people resolve unknown outcomes and dismiss failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.deps import ContentReader, ContentWriter, TheServices, locked
from api.idempotency import IdempotencyHeader, IdempotencyKey, Success, respond_once
from api.openapi import error_responses
from api.problems import ProblemError
from api.services import Services
from api.views import PublicationDetail, publication_detail
from api.wake import Wake
from munadi.db.contents import queries as contents
from munadi.db.keys.callers import Principal
from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.publication import DismissedAs
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import DismissRequest, EmptyRequest, ResolveRequest
from munadi.publishing import changes
from munadi.publishing.content import LockedContent

router = APIRouter(prefix="/v1/publications", tags=["publications"])
CHANGED = error_responses(400, 401, 403, 404, 409, 413, 415, 422)


@router.get("/{publication_id}", operation_id="publications.get", responses=error_responses(401, 403, 404))
async def get_publication(publication_id: str, services: TheServices, principal: ContentReader) -> PublicationDetail:
    """A publication with its draft and its attempts: each visible call and its outcome."""
    async with services.database.read() as session:
        content, row = await _found(session, publication_id, principal)
        draft = await contents.current_draft(session, content)
        attempts = await contents.attempts_of(session, row.id)
    return publication_detail(content, row, draft, services.channels[row.channel], attempts)


@router.post(
    "/{publication_id}/resolve",
    operation_id="publications.resolve",
    response_model=PublicationDetail,
    responses=CHANGED,
)
async def resolve_publication(
    publication_id: str,
    sent: ResolveRequest,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
) -> Response:
    """Resolve an unconfirmed publication, after checking the network yourself. Idempotent."""
    _check(sent)

    async def resolve(post: LockedContent, row: PublicationRow) -> None:
        published = sent.outcome == "published"
        await changes.resolve(post, row, published=published, post_id=sent.provider_post_id, url=sent.provider_url)

    try:
        return await _change(services, principal, idempotency, publication_id, "publications.resolve", resolve)
    except IntegrityError:
        detail = f"another publication of this account has the post {sent.provider_post_id!r} already"
        raise ProblemError(409, "POST_ID_TAKEN", "Conflict", detail) from None


@router.post(
    "/{publication_id}/dismiss",
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.dismiss",
)
async def dismiss_publication(
    publication_id: str,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: DismissRequest | None = None,
) -> Response:
    """Note that a failure needs no attention any more, or that a live post lacks a part, such as its first comment. The
    status stays. A retry ends the dismissal. Idempotent."""
    because = DismissedAs(sent.because) if sent else DismissedAs.NOT_NEEDED

    async def dismiss(post: LockedContent, row: PublicationRow) -> None:
        changes.dismiss(post, row, because)

    return await _change(services, principal, idempotency, publication_id, "publications.dismiss", dismiss)


@router.post(
    "/{publication_id}/undismiss",
    response_model=PublicationDetail,
    responses=CHANGED,
    operation_id="publications.undismiss",
)
async def undismiss_publication(
    publication_id: str,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: EmptyRequest | None = None,
) -> Response:
    """Undo a dismissal: it needs attention again. Without a dismissal nothing changes."""

    async def undo(post: LockedContent, row: PublicationRow) -> None:
        changes.undo_dismissal(post, row)

    return await _change(services, principal, idempotency, publication_id, "publications.undismiss", undo)


async def _change(
    services: Services,
    principal: Principal,
    idempotency: IdempotencyKey,
    publication_id: str,
    operation: str,
    change: Callable[[LockedContent, PublicationRow], Awaitable[None]],
) -> Response:
    """Change a publication under the lock of its post, once per key, and respond with its detail."""
    async with services.database.read() as session:
        content, _ = await _found(session, publication_id, principal)

    async def work(session: AsyncSession) -> Success:
        post = await locked(session, content.id, principal, services.clock.now())
        row, woken = post.publication(publication_id), post.content.wake_seq
        await change(post, row)
        await session.flush()
        attempts = await contents.attempts_of(session, row.id)
        detail = publication_detail(post.content, row, post.draft, services.channels[row.channel], attempts)
        return Success(detail, after=Wake.of(post).after(services) if post.content.wake_seq > woken else None)

    return await respond_once(services, idempotency, content.brand_ref, operation, work)


async def _found(session: AsyncSession, publication_id: str, principal: Principal) -> tuple[ContentRow, PublicationRow]:
    found = await contents.find_publication(session, publication_id)
    if found is None or not principal.may_see(found[0].brand_ref):
        raise not_found("publication", publication_id)
    return found


def _check(sent: ResolveRequest) -> None:
    problems = ProblemCollector()
    if sent.outcome == "not_published":
        for name, value in (("providerPostId", sent.provider_post_id), ("providerUrl", sent.provider_url)):
            if value is not None:
                problems.add(f"/{name}", "FIELD_NOT_ALLOWED", "a publication that was not published has none")
    problems.raise_if_any()
