"""The event log, of one post and of everything, read by `position`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import not_found
from api.deps import ContentReader, Limit, Page, TheServices, page
from api.openapi import error_responses
from api.views import LoggedEvent, logged
from munadi.db.contents import queries as contents
from munadi.db.events import log as events
from munadi.domain.event import EventType

router = APIRouter(prefix="/v1", tags=["events"])


@router.get("/contents/{content_id}/events", responses=error_responses(401, 403, 404, 422))
async def list_content_events(
    content_id: str,
    services: TheServices,
    principal: ContentReader,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only events after this `position`.")] = 0,
    limit: Limit = 100,
) -> Page[LoggedEvent]:
    """All events of a post, in order. `nextCursor` is the `after` of the next page."""
    await events.number_events(services.database)
    async with services.database.read() as session:
        found = await contents.find(session, content_id)
        if found is None or not principal.may_see(found[0].brand_ref):
            raise not_found("content", content_id)
        rows = await events.events_of(session, content_id, after=after, limit=limit + 1)
    return page([logged(row) for row in rows], limit, lambda event: str(event.position))


@router.get("/events", responses=error_responses(401, 403, 422))
async def list_events(
    services: TheServices,
    principal: ContentReader,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only events after this `position`.")] = 0,
    brand_ref: Annotated[str | None, Query(alias="brandRef")] = None,
    kinds: Annotated[list[EventType] | None, Query(alias="type", description="One or more.")] = None,
    limit: Limit = 100,
) -> Page[LoggedEvent]:
    """Every event in the order of `position`, which never skips one: a late commit gets a later position.

    `nextCursor` is the `after` of the next page, null when there is none yet; then repeat the call later.
    """
    if brand_ref is not None and not principal.may_see(brand_ref):
        return Page[LoggedEvent](data=())
    await events.number_events(services.database)
    async with services.database.read() as session:
        rows = await events.events_after(
            session,
            after,
            limit=limit + 1,
            brand_ref=brand_ref or principal.brand_ref,
            types=[each.value for each in kinds or ()],
        )
    return page([logged(row) for row in rows], limit, lambda event: str(event.position))
