"""What changes a content while there is time. Each commits, answers, and then wakes the workflow.

The point of no return is the claim: until then a change wins, afterwards it is refused with 409 `TOO_LATE`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import examples
from api.auth import Principal, not_found
from api.body import described, read_body
from api.deps import ContentWriter, IfMatch, TheServices, check_match, etag, locked, require_match
from api.disconnects import while_connected
from api.idempotent import Answer, Asked, AskedOnce, answer_once, respond
from api.openapi import problems
from api.services import Services
from api.wake import Wake
from munadi.db.brands.limits import limits_of, take_turns
from munadi.db.contents import queries as contents
from munadi.db.tables import ContentRow, DraftRow
from munadi.domain.brand import BrandLimits
from munadi.domain.content import ContentView
from munadi.domain.problem import ProblemsFound
from munadi.domain.time import check_window
from munadi.intake.check import read_due, read_publish_by
from munadi.intake.edit import edited
from munadi.intake.moving import check_life
from munadi.intake.problems import Findings
from munadi.intake.wire import ContentEdit, NothingSent, RescheduleSent, RetrySent
from munadi.publishing import acceptance, changes
from munadi.publishing.content import LockedContent
from munadi.publishing.limits import months_of, require_moved

router = APIRouter(prefix="/v1/contents", tags=["contents"])
Change = Callable[[LockedContent], Awaitable[object]]
CHANGED = problems(400, 401, 403, 404, 409, 412, 413, 415, 422)


@router.patch(
    "/{content_id}",
    response_model=ContentView,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 428),
    openapi_extra=described(ContentEdit, examples.EDITS),
)
async def edit_content(
    content_id: str,
    request: Request,
    services: TheServices,
    principal: ContentWriter,
    if_match: IfMatch = None,
) -> Response:
    """Change what will be shown, until anything of it was claimed. What is absent stays, null clears."""
    require_match(if_match)
    sent, shape = read_body(request, ContentEdit)
    content, draft = await _found(services, content_id, principal)
    check_match(if_match, content.version)
    whole = edited(content.brand_ref, draft.source, sent)
    try:
        replanning = services.intake.replan(whole.request, shape, due=content.scheduled_at)
        planned = await while_connected(request, replanning)
    except ProblemsFound as error:
        raise ProblemsFound(whole.pointed(error.problems)) from None
    try:
        await planned.media.keep(services.media_store)
        async with services.database.write() as session:
            story = await locked(session, content_id, principal, services.clock.now())
            check_match(if_match, story.content.version)
            await acceptance.edit(story, planned)
            view = story.view
    finally:
        planned.media.discard()
    return respond(Answer(view, 200, {"ETag": etag(view.version)}, Wake.of(story).after(services)))


@router.post("/{content_id}/reschedule", response_model=ContentView, responses=CHANGED)
async def reschedule_content(
    content_id: str,
    sent: Annotated[RescheduleSent, Body(openapi_examples=examples.RESCHEDULES)],
    services: TheServices,
    principal: ContentWriter,
    asked: AskedOnce,
    if_match: IfMatch = None,
) -> Response:
    """Move what still waits to another time. A default publishBy moves along; an explicit one stays."""
    change = partial(_reschedule, services, sent)
    return await _change(
        services, principal, asked, content_id, "contents.reschedule", change, if_match=if_match, counts=True
    )


async def _reschedule(services: Services, sent: RescheduleSent, story: LockedContent) -> None:
    # Under the key and the lock, so that a repetition is answered as before though its time may have passed.
    found = Findings()
    due = read_due(sent.scheduled_at, sent.timezone, sent.fold, story.now, found)
    publish_by = read_publish_by(sent.publish_by, sent.timezone, found)
    if due is not None:
        found.extend(check_window(due, publish_by, story.now))
        await check_life(story, due, services.channels, services.keyring, found)
    found.raise_if_any()
    zone_given = sent.timezone is not None
    try:
        await changes.reschedule(story, due or story.now, sent.timezone, publish_by, zone_given=zone_given)
    except changes.ChangeRefused as refusal:
        if refusal.code != "PUBLISH_BY_NOT_AFTER_DUE":
            raise
        found.add("/publishBy", refusal.code, str(refusal))
        found.raise_if_any()


@router.post("/{content_id}/cancel", response_model=ContentView, responses=CHANGED)
async def cancel_content(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    asked: AskedOnce,
    if_match: IfMatch = None,
    nothing: NothingSent | None = None,
) -> Response:
    """Withdraw what was not claimed yet. 200 once anything is withdrawn, also when it already was."""
    return await _change(services, principal, asked, content_id, "contents.cancel", changes.cancel, if_match=if_match)


@router.post("/{content_id}/publish-now", response_model=ContentView, responses=CHANGED)
async def publish_content_now(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    asked: AskedOnce,
    if_match: IfMatch = None,
    nothing: NothingSent | None = None,
) -> Response:
    """Make what still waits due at once."""
    change = changes.publish_now
    return await _change(
        services, principal, asked, content_id, "contents.publish-now", change, if_match=if_match, counts=True
    )


@router.post("/{content_id}/retry", status_code=202, response_model=ContentView, responses=CHANGED)
async def retry_content(
    content_id: str,
    services: TheServices,
    principal: ContentWriter,
    asked: AskedOnce,
    sent: RetrySent | None = None,
) -> Response:
    """Queue failed publications again, with the stored media. Those that are live are never sent again."""
    wanted = sent.publication_ids if sent else None
    change = partial(_retry, wanted)
    return await _change(services, principal, asked, content_id, "contents.retry", change, status=202, counts=True)


async def _retry(wanted: Sequence[str] | None, story: LockedContent) -> None:
    _check_named(story, wanted or ())
    await changes.retry(story, wanted)


def _check_named(story: LockedContent, publication_ids: Sequence[str]) -> None:
    """Every publication that is named is one of the content's."""
    known = {row.id for row in story.publications}
    found = Findings()
    for index, each in enumerate(publication_ids):
        if each not in known:
            message = f"the content has no publication {each[:64]!r}"
            found.add(f"/publicationIds/{index}", "PUBLICATION_UNKNOWN", message)
    found.raise_if_any()


async def _found(services: Services, content_id: str, principal: Principal) -> tuple[ContentRow, DraftRow]:
    """A content and its draft, if the key may see it; else 404."""
    async with services.database.read() as session:
        found = await contents.find(session, content_id)
    if found is None or not principal.may_see(found[0].brand_ref):
        raise not_found("content", content_id)
    return found[0], found[1]


async def _change(
    services: Services,
    principal: Principal,
    asked: Asked,
    content_id: str,
    operation: str,
    change: Change,
    *,
    if_match: str | None = None,
    status: int = 200,
    counts: bool = False,
) -> Response:
    """Apply a change to a content under lock, once per key. It `counts` if it can move publications into a month."""
    content, _ = await _found(services, content_id, principal)

    async def work(session: AsyncSession) -> Answer:
        limits = await _limits(session, principal, content.brand_ref) if counts else BrandLimits()
        story = await locked(session, content_id, principal, services.clock.now())
        check_match(if_match, story.content.version)
        known, months = story.content.wake_seq, months_of(story)
        await change(story)
        await require_moved(story, limits, months)
        view = story.view
        wake = Wake.of(story).after(services) if story.content.wake_seq != known else None
        return Answer(view, status, {"ETag": etag(view.version)}, wake)

    return await answer_once(services, asked, content.brand_ref, operation, work)


async def _limits(session: AsyncSession, principal: Principal, brand_ref: str) -> BrandLimits:
    """A brand's limits; held, before the content is, where there is one on publications."""
    limits = principal.limits_of(brand_ref) or await limits_of(session, brand_ref)
    return limits if limits.publications_per_month is None else await take_turns(session, brand_ref)
