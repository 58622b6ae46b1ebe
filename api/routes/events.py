"""The event log, of one post and of everything, read by `position`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.auth import not_found
from api.deps import BrandFilter, ContentId, ContentReader, Limit, Page, TheServices, part
from api.filters import brand_filter, only_visible
from api.http.problems import ProblemError, refused
from api.openapi.document import error_responses
from api.views import LoggedEvent, logged
from munadi.db.contents import queries as contents
from munadi.db.events import log as events
from munadi.db.events.retention import first_position
from munadi.db.tables import EventRow
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem

router = APIRouter(prefix="/v1", tags=["events"])
_Position = Annotated[int | None, Query(ge=0, le=2**62, description="Only events after this `position`.")]
_SamePosition = Annotated[
    int | None, Query(ge=0, le=2**62, description="The same as `after`, by the name of `nextCursor`; not both.")
]


async def _start(after: _Position = None, cursor: _SamePosition = None) -> int:
    if after is not None and cursor is not None and after != cursor:
        message = "after and cursor are two names of one parameter; send one"
        problem = Problem(pointer="?cursor", code="INVALID_FIELD", message=message, rule="one_of", actual=cursor)
        raise refused([problem])
    return after if after is not None else cursor or 0


Start = Annotated[int, Depends(_start)]


@router.get(
    "/contents/{content_id}/events", operation_id="contents.events.list", responses=error_responses(401, 403, 404, 422)
)
async def list_content_events(
    content_id: ContentId,
    services: TheServices,
    principal: ContentReader,
    start: Start,
    limit: Limit = 100,
) -> Page[LoggedEvent]:
    """All events of a post, in order. Give `nextCursor` as `cursor` for the next page."""
    await events.number_events(services.database)
    async with services.database.read() as session:
        found = await contents.find(session, content_id)
        if found is None or not principal.may_see(found[0].brand_ref):
            raise not_found("content", content_id)
        rows, has_more = await events.events_of(session, content_id, after=start, limit=limit)
    return part([logged(row) for row in rows], lambda event: str(event.position), has_more=has_more)


@router.get(
    "/events/{event_id}",
    operation_id="events.get",
    responses=error_responses(401, 403, 404, 422),
    summary="Read an event",
)
async def get_event(
    event_id: Annotated[str, Path(description="The event's `id`.")], services: TheServices, principal: ContentReader
) -> LoggedEvent:
    """One event with its position in the log."""
    await events.number_events(services.database)
    async with services.database.read() as session:
        row = await session.get(EventRow, event_id) if is_id(event_id, Prefix.EVENT) else None
    if row is None or row.position is None or not principal.may_see(row.brand_ref):
        raise not_found("event", event_id)
    return logged(row)


@router.get("/events", operation_id="events.list", responses=error_responses(401, 403, 404, 410, 422))
async def list_events(
    services: TheServices,
    principal: ContentReader,
    start: Start,
    brand_ref: BrandFilter = None,
    kinds: Annotated[list[EventType] | None, Query(alias="type", description="Only of one of these types.")] = None,
    limit: Limit = 100,
) -> Page[LoggedEvent]:
    """Every event in the order of `position`, which never skips one: a late commit gets a later position.

    Give `nextCursor` as `cursor` for the next page; a page of long events has fewer than `limit`. It is null when there
    is none yet; then repeat the call later, with the position of the last event that you have.

    Events are kept for a time (`MUNADI_RETENTION__EVENTS_DAYS`). A cursor from before the oldest kept event is
    answered with 410 `CURSOR_EXPIRED`, which names the position to start from; `after=0` starts at the oldest one.
    """
    brand = await brand_filter(brand_ref, principal, services)
    await events.number_events(services.database)
    async with services.database.read() as session:
        _check_start(start, await first_position(session))
        rows, has_more = await events.events_after(
            session,
            start,
            limit=limit,
            brand_ref=brand,
            types=[each.value for each in kinds or ()],
        )
    page = part([logged(row) for row in rows], lambda event: str(event.position), has_more=has_more)
    return only_visible(page, principal, lambda event: event.brand_ref)


def _check_start(start: int, first: int) -> None:
    """410 for a cursor whose next events were removed: continuing silently would skip them."""
    if 0 < start < first - 1:
        detail = (
            f"events up to position {first - 1} were removed, for their age or by an erasure, so those after {start} "
            f"are not all here; start again with after={first - 1}, and read the state of posts from /v1/contents"
        )
        problem = Problem(
            pointer="?after", code="CURSOR_EXPIRED", message=detail, rule="retention", limit=first - 1, actual=start
        )
        raise ProblemError(410, "CURSOR_EXPIRED", "The cursor is too old", detail, errors=[problem])
