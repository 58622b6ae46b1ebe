"""Changes to a post before it is published. Each one commits, responds, and then wakes the workflow.

A change is possible until a publication is claimed; afterwards it is refused with 409 `TOO_LATE`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import examples
from api.auth import not_found
from api.body import described, read_body
from api.client_disconnect import while_connected
from api.deps import ContentWriter, IfMatch, TheServices, check_match, locked, require_match
from api.idempotency import IdempotencyHeader, IdempotencyKey, Success, respond_once, send
from api.openapi import error_responses
from api.services import Services
from api.wake import Wake
from munadi.db.brands.limits import BrandRules, rules_of
from munadi.db.contents import queries as contents
from munadi.db.keys.callers import Principal
from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.content import ContentView
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.publication import WAITING
from munadi.intake.duplicates import recheck_duplicates
from munadi.intake.edit import edited
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import ContentEdit, EmptyRequest, RescheduleRequest, RetryRequest
from munadi.intake.reschedule import reschedule
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.limits import months_of, require_moved
from munadi.publishing.media_use import put_files, recheck_if_media_gone
from munadi.publishing.service import store_edit

router = APIRouter(prefix="/v1/contents", tags=["contents"])
Change = Callable[[LockedContent], Awaitable[object]]
CHANGED = error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422)


@router.patch(
    "/{content_id}",
    operation_id="contents.update",
    response_model=ContentView,
    responses=error_responses(400, 401, 403, 404, 409, 412, 413, 415, 422, 428),
    openapi_extra=described(ContentEdit, examples.EDITS),
)
async def edit_content(
    content_id: str,
    request: Request,
    services: TheServices,
    principal: ContentWriter,
    if_match: IfMatch = None,
) -> Response:
    """Edit a post, until any publication was claimed. Absent fields stay as they are; null clears a field."""
    require_match(if_match)
    sent, shape = read_body(request, ContentEdit)

    async def attempt() -> Response:
        return await _edit(services, content_id, request, principal, sent, shape, if_match)

    return await recheck_if_media_gone(attempt)


async def _edit(
    services: Services,
    content_id: str,
    request: Request,
    principal: Principal,
    sent: ContentEdit,
    shape: Sequence[Problem],
    if_match: str | None,
) -> Response:
    """Check and store an edit. Raises MediaGone when a file that the check found was deleted meanwhile."""
    content, draft = await _found(services, content_id, principal)
    check_match(if_match, content.version)
    whole = edited(content.brand_ref, draft.source, sent)
    try:
        checking = services.posts.checker.check_edit(whole.request, shape, content.scheduled_at, content.id)
        drafts = await while_connected(request, checking)
    except ProblemsFound as error:
        raise ProblemsFound(whole.pointed(error.problems)) from None
    try:
        await put_files(services.database, drafts.media, services.media_store)
        async with services.database.write() as session:
            # Its rules may lock the brand, which comes before the post.
            duplicates = (await rules_of(session, content.brand_ref)).duplicates
            locked_content = await locked(session, content_id, principal, services.clock.now())
            check_match(if_match, locked_content.content.version)
            await store_edit(locked_content, drafts, duplicates)
            view = locked_content.view
    except ProblemsFound as error:
        raise ProblemsFound(whole.pointed(error.problems)) from None
    finally:
        drafts.media.discard()
    return send(Success(view, post_version=view.version).stored, Wake.of(locked_content).after(services))


@router.post(
    "/{content_id}/reschedule", operation_id="contents.reschedule", response_model=ContentView, responses=CHANGED
)
async def reschedule_content(
    content_id: str,
    sent: Annotated[RescheduleRequest, Body(openapi_examples=examples.RESCHEDULES)],
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
) -> Response:
    """Reschedule everything that is not published yet. A default publishBy moves along; an explicit one stays."""
    change = partial(_reschedule, services, sent)
    return await _change(
        services, principal, idempotency, content_id, "contents.reschedule", change, if_match=if_match, counts=True
    )


async def _reschedule(services: Services, sent: RescheduleRequest, locked_content: LockedContent) -> None:
    # Checked under the key and the lock: a repetition gets its earlier response though its time may have passed.
    await reschedule(locked_content, sent, services.channels, services.keyring)


@router.post("/{content_id}/cancel", operation_id="contents.cancel", response_model=ContentView, responses=CHANGED)
async def cancel_content(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Cancel everything that was not claimed yet. 200 if anything is canceled now or was before."""
    return await _change(
        services, principal, idempotency, content_id, "contents.cancel", changes.cancel, if_match=if_match
    )


@router.post(
    "/{content_id}/publish-now", operation_id="contents.publishNow", response_model=ContentView, responses=CHANGED
)
async def publish_content_now(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    if_match: IfMatch = None,
    nothing: EmptyRequest | None = None,
) -> Response:
    """Publish everything that still waits, right now."""
    change = partial(_publish_now, services)
    return await _change(
        services, principal, idempotency, content_id, "contents.publish-now", change, if_match=if_match, counts=True
    )


async def _publish_now(services: Services, locked_content: LockedContent) -> None:
    waiting = [row for row in locked_content.publications if row.status in WAITING]
    await recheck_duplicates(locked_content, waiting, locked_content.now, "", services.channels)
    await changes.publish_now(locked_content)


@router.post(
    "/{content_id}/retry", operation_id="contents.retry", status_code=202, response_model=ContentView, responses=CHANGED
)
async def retry_content(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: RetryRequest | None = None,
) -> Response:
    """Retry failed publications at their time, or at once if that has passed, with the stored media.

    Published ones are never sent again; those whose account was disconnected cannot be retried."""
    wanted = sent.publication_ids if sent else None
    change = partial(_retry, services, wanted)
    return await _change(
        services, principal, idempotency, content_id, "contents.retry", change, status=202, counts=True
    )


async def _retry(services: Services, wanted: Sequence[str] | None, locked_content: LockedContent) -> None:
    _check_named(locked_content, wanted or ())
    by_due: dict[datetime, list[PublicationRow]] = {}
    for row in await changes.retried_ones(locked_content, wanted):
        by_due.setdefault(changes.retried_at(locked_content, row), []).append(row)
    for due, rows in by_due.items():
        await recheck_duplicates(locked_content, rows, due, "", services.channels)
    await changes.retry(locked_content, wanted)


def _check_named(locked_content: LockedContent, publication_ids: Sequence[str]) -> None:
    """Report named publications that do not belong to the post."""
    known = {row.id for row in locked_content.publications}
    problems = ProblemCollector()
    for index, each in enumerate(publication_ids):
        if each not in known:
            message = f"the post has no publication {each[:64]!r}"
            problems.add(f"/publicationIds/{index}", "PUBLICATION_UNKNOWN", message)
    problems.raise_if_any()


async def _found(services: Services, content_id: str, principal: Principal) -> tuple[ContentRow, DraftRow]:
    """A post and its draft if the key may see it; otherwise 404."""
    async with services.database.read() as session:
        found = await contents.find(session, content_id)
    if found is None or not principal.may_see(found[0].brand_ref):
        raise not_found("content", content_id)
    return found[0], found[1]


async def _change(
    services: Services,
    principal: Principal,
    idempotency: IdempotencyKey,
    content_id: str,
    operation: str,
    change: Change,
    *,
    if_match: str | None = None,
    status: int = 200,
    counts: bool = False,
) -> Response:
    """Apply a change to a locked post, once per key. `counts`: it can move publications into another month or nearer
    to another post, so the brand's rules hold."""
    content, _ = await _found(services, content_id, principal)

    async def work(session: AsyncSession) -> Success:
        rules = await rules_of(session, content.brand_ref) if counts else BrandRules()
        locked_content = await locked(session, content_id, principal, services.clock.now())
        check_match(if_match, locked_content.content.version)
        known, months = locked_content.content.wake_seq, months_of(locked_content)
        await change(locked_content)
        await require_moved(locked_content, rules.limits, months)
        view = locked_content.view
        wake = Wake.of(locked_content).after(services) if locked_content.content.wake_seq != known else None
        return Success(view, status, after=wake, post_version=view.version)

    return await respond_once(services, idempotency, content.brand_ref, operation, work)
