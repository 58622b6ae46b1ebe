"""The catalogue of events: every type, the JSON Schema of its body, and an example."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from api.auth import require
from api.deps import Page
from api.openapi.document import error_responses
from api.openapi.event_catalogue import EventTypeView, event_type, event_types
from api.openapi.examples import shows_page, without_references
from munadi.db.keys.callers import Principal
from munadi.domain.event import EventType
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/events", tags=["events"])
# The catalogue is not secret, but it needs a key like every other route.
AnyKey = Annotated[Principal, Depends(require(*Scope))]


def _example() -> dict[str, Any]:
    found = event_type(EventType.WEBHOOK_TEST).model_dump(mode="json")
    return found | {"schema": without_references(found["schema"])}


@router.get(
    "/types",
    operation_id="events.types.list",
    response_model=Page[EventTypeView],
    responses=error_responses(401, 403) | shows_page(_example()),
)
async def list_event_types(principal: AnyKey) -> Response:
    """Every type of event: when it is sent, the JSON Schema of its body, and an example."""
    return Response(_types(), media_type="application/json")


@cache
def _types() -> bytes:
    """The answer; it never changes while the process runs."""
    return Page[EventTypeView](data=event_types()).model_dump_json(by_alias=True).encode()
