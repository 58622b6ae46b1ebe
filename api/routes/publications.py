"""Publications: one post on one account, with all attempts, and the resolution of an unknown outcome."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.deps import ContentReader, ContentWriter, TheServices, locked
from api.idempotency import IdempotencyHeader, Success, respond_once
from api.openapi import error_responses
from api.problems import ProblemError
from api.views import PublicationDetail, publication_detail
from api.wake import Wake
from munadi.db.contents import queries as contents
from munadi.db.keys.callers import Principal
from munadi.db.tables import ContentRow, PublicationRow
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import ResolveRequest
from munadi.publishing import changes

router = APIRouter(prefix="/v1/publications", tags=["publications"])


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
    responses=error_responses(400, 401, 403, 404, 409, 413, 415, 422),
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
    async with services.database.read() as session:
        content, _ = await _found(session, publication_id, principal)

    async def work(session: AsyncSession) -> Success:
        locked_content = await locked(session, content.id, principal, services.clock.now())
        row = locked_content.publication(publication_id)
        await changes.resolve(
            locked_content,
            row,
            published=sent.outcome == "published",
            post_id=sent.provider_post_id,
            url=sent.provider_url,
        )
        await session.flush()
        attempts = await contents.attempts_of(session, row.id)
        detail = publication_detail(
            locked_content.content, row, locked_content.draft, services.channels[row.channel], attempts
        )
        return Success(detail, after=Wake.of(locked_content).after(services))

    try:
        return await respond_once(services, idempotency, content.brand_ref, "publications.resolve", work)
    except IntegrityError:
        detail = f"another publication of this account has the post {sent.provider_post_id!r} already"
        raise ProblemError(409, "POST_ID_TAKEN", "Conflict", detail) from None


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
