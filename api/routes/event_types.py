"""The catalogue of events: every type, the JSON Schema of its body, and an example."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.auth import require
from api.deps import Page
from api.event_catalogue import EventTypeView, event_type, event_types
from api.examples import shows_page, without_references
from api.openapi import error_responses
from munadi.db.keys.callers import Principal
from munadi.domain.event import EventType
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/events", tags=["events"])
# The catalogue is not secret, but it needs a key like every other route.
AnyKey = Annotated[Principal, Depends(require(*Scope))]


def _example() -> dict[str, Any]:
    found = event_type(EventType.WEBHOOK_TEST).model_dump(mode="json")
    return found | {"schema": without_references(found["schema"])}


@router.get("/types", operation_id="events.types.list", responses=error_responses(401, 403) | shows_page(_example()))
async def list_event_types(principal: AnyKey) -> Page[EventTypeView]:
    """Every type of event: when it is sent, the JSON Schema of its body, and an example."""
    return Page[EventTypeView](data=event_types())
