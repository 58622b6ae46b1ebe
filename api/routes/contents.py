"""Contents: accepting them, and reading what became of them. What changes them is in `changes.py`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api import examples
from api.auth import Principal, not_found
from api.body import described, read_body
from api.deps import (
    ContentReader,
    ContentWriter,
    Cursor,
    Limit,
    Page,
    TheServices,
    etag,
    page,
    read_cursor,
    write_cursor,
)
from api.disconnects import while_connected
from api.idempotent import Answer, Asked, AskedOnce, answered_before, store_once
from api.openapi import problems
from api.quotas import problem_of
from api.services import Services
from api.validation import Validation, validation_of
from api.wake import Wake
from munadi.db.brands.limits import is_limiting, limits_of, require_room, take_turns
from munadi.db.contents import queries as contents
from munadi.db.contents.views import content_view
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.problem import ProblemsFound
from munadi.domain.time import Instant
from munadi.domain.usage import QuotaExceeded
from munadi.intake.accept import PlanRefused
from munadi.intake.drafts import beside_the_loop, has_media
from munadi.intake.wire import ContentSent
from munadi.publishing.acceptance import new_content

router = APIRouter(prefix="/v1/contents", tags=["contents"])
CREATE = "contents.create"


@router.post(
    "",
    status_code=202,
    response_model=ContentView,
    responses=problems(400, 401, 403, 409, 413, 415, 422),
    openapi_extra=described(ContentSent, examples.CONTENTS),
)
async def create_content(
    request: Request, services: TheServices, principal: ContentWriter, asked: AskedOnce
) -> Response:
    """Accept a content. 202 means that it is stored and survives any crash; not that a network has published it."""
    sent, shape = read_body(request, ContentSent)
    # A repetition must not fetch its media again; without any, the key is found out when it is taken.
    if has_media(sent) and (replay := await _replay(services, principal, asked, sent.brand_ref)):
        return replay
    try:
        planned = await while_connected(request, services.intake.plan(sent, shape, may_see=principal.may_see))
    except ProblemsFound:
        # Accepted once and repeated later, a time may have passed and an account gone: it stays accepted.
        if replay := await _replay(services, principal, asked, sent.brand_ref):
            return replay
        raise
    try:
        await planned.drafts.media.keep(services.media_store)
        new = new_content(planned, services.clock.now())
        view = new.view
        headers = {"Location": f"/v1/contents/{view.id}", "ETag": etag(view.version)}
        wake = Wake(view.id, view.brand_ref, [each.channel for each in view.publications], first=True)
        answer = Answer(view, 202, headers, wake.after(services))
        limits = principal.limits_of(sent.brand_ref)

        async def store(session: AsyncSession) -> None:
            if limits is None or is_limiting(limits):
                held = await take_turns(session, sent.brand_ref)
                await require_room(session, sent.brand_ref, held, planned.due, len(view.publications), new.now)
            await new.store(session)

        return await store_once(services, asked, sent.brand_ref, CREATE, answer, store)
    finally:
        planned.drafts.media.discard()


async def _replay(services: Services, principal: Principal, asked: Asked, brand_ref: str) -> Response | None:
    """The first answer to a repeated creation, for a key that may see its brand."""
    return await answered_before(services, asked, brand_ref, CREATE) if principal.may_see(brand_ref) else None


@router.post(
    "/validate",
    response_model=Validation,
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=described(ContentSent, examples.CONTENTS),
)
async def validate_content(request: Request, services: TheServices, principal: ContentWriter) -> Validation:
    """What POST /v1/contents would say, without storing anything."""
    try:
        sent, shape = read_body(request, ContentSent)
        planned = await while_connected(request, services.intake.plan(sent, shape, may_see=principal.may_see))
    except ProblemsFound as error:
        placed = error.placed if isinstance(error, PlanRefused) else ()
        return await beside_the_loop(placed, validation_of, placed, error.warnings, error.problems, error.more)
    planned.drafts.media.discard()
    drafts = planned.drafts
    try:
        async with services.database.read() as session:
            limits = principal.limits_of(sent.brand_ref) or await limits_of(session, sent.brand_ref)
            adding, now = len(drafts.publications), services.clock.now()
            await require_room(session, sent.brand_ref, limits, planned.due, adding, now)
    except QuotaExceeded as error:
        return validation_of(drafts.placed, drafts.warnings, [problem_of(error)])
    return await beside_the_loop(drafts.placed, validation_of, drafts.placed, drafts.warnings)


@router.get("", responses=problems(401, 403, 422))
async def list_contents(
    services: TheServices,
    principal: ContentReader,
    brand_ref: Annotated[str | None, Query(alias="brandRef")] = None,
    status: Annotated[list[ContentStatus] | None, Query(description="One or more.")] = None,
    channel: ChannelName | None = None,
    account_id: Annotated[str | None, Query(alias="accountId")] = None,
    client_ref: Annotated[str | None, Query(alias="clientRef")] = None,
    words: Annotated[
        str | None, Query(alias="q", max_length=200, description="Words in its text, or its whole `clientRef`.")
    ] = None,
    held: Annotated[
        bool | None, Query(description="Whether a publication of it waits on a condition (`hold`).")
    ] = None,
    scheduled_from: Annotated[Instant | None, Query(alias="scheduledFrom")] = None,
    scheduled_to: Annotated[Instant | None, Query(alias="scheduledTo", description="Inclusive.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ContentView]:
    """Contents, newest first."""
    if brand_ref is not None and not principal.may_see(brand_ref):
        return Page[ContentView](data=())
    wanted = contents.ContentFilter(
        brand_ref=brand_ref or principal.brand_ref,
        statuses=[each.value for each in status or ()],
        channel=channel.value if channel else None,
        account_id=account_id,
        client_ref=client_ref,
        words=words,
        held=held,
        scheduled_from=scheduled_from,
        scheduled_to=scheduled_to,
        before=read_cursor(cursor),
    )
    async with services.database.read() as session:
        found = await contents.list_contents(session, wanted, limit + 1)
    return page(found, limit, lambda view: write_cursor(view.created_at, view.id))


@router.get("/{content_id}", responses=problems(401, 403, 404))
async def get_content(
    content_id: str, services: TheServices, principal: ContentReader, response: Response
) -> ContentView:
    """A content and what became of each publication. Its `ETag` is the version that a change is based on."""
    view = await visible_content(services, content_id, principal)
    response.headers["ETag"] = etag(view.version)
    return view


async def visible_content(services: Services, content_id: str, principal: Principal) -> ContentView:
    """A content as answered, if the key may see it; else 404."""
    async with services.database.read() as session:
        found = await contents.find(session, content_id)
    if found is None or not principal.may_see(found[0].brand_ref):
        raise not_found("content", content_id)
    return content_view(*found)
