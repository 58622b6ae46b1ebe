"""The types of events as the API lists them and as the OpenAPI document's `webhooks`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import Field
from pydantic.json_schema import models_json_schema

from api.openapi.event_examples import event_example
from munadi.domain.event import EventType
from munadi.domain.event_kinds import EVENT_KINDS, EVENT_MODELS, event_schema
from munadi.domain.model import WireModel
from munadi.webhooks.signing import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

_HEADERS = {
    ID_HEADER: "The event's id, the same on each attempt.",
    TIMESTAMP_HEADER: "When this attempt was signed: seconds since 1970.",
    SIGNATURE_HEADER: "One signature per active secret, separated by spaces, as Standard Webhooks defines them.",
}
_RESPONSES = {
    "2XX": "Received. Answer within 15 seconds.",
    "410": "The endpoint wants no more events: it is disabled.",
    "default": "Anything else, a redirect included, is retried later; `Retry-After` is honoured.",
}


class EventTypeView(WireModel):
    """A type of event. `schema` is a JSON Schema (2020-12) of the body, `example` a body that fits it."""

    type: EventType = Field(description="The type's name.")
    description: str = Field(description="When it is sent.")
    # `schema` itself is a name of pydantic's.
    json_schema: dict[str, Any] = Field(alias="schema", description="The JSON Schema (2020-12) of the body.")
    example: dict[str, Any] = Field(description="A body that fits the schema.")


def event_type(kind: EventType) -> EventTypeView:
    """A type of event with its meaning, the JSON Schema of its body and an example."""
    return EventTypeView(
        type=kind,
        description=EVENT_KINDS[kind].meaning,
        json_schema=event_schema(kind),
        example=event_example(kind),
    )


@cache
def event_types() -> tuple[EventTypeView, ...]:
    """Every type, in the order of the reference page."""
    return tuple(event_type(kind) for kind in EVENT_KINDS)


def event_schemas(ref_template: str) -> dict[str, Any]:
    """The schemas that `event_webhooks` refers to, by name."""
    _, made = models_json_schema(
        [(model, "serialization") for model in EVENT_MODELS.values()], ref_template=ref_template
    )
    found: dict[str, Any] = made["$defs"]
    return found


def event_webhooks(ref_of: Callable[[str], str]) -> dict[str, Any]:
    """The `webhooks` of the OpenAPI document: one request per type of event."""
    return {kind.value: {"post": _operation(kind, ref_of(model.__name__))} for kind, model in EVENT_MODELS.items()}


def _operation(kind: EventType, ref: str) -> dict[str, Any]:
    return {
        "operationId": f"on.{kind.value}",
        "summary": kind.value,
        "description": f"Sent to endpoints that subscribe to it: {EVENT_KINDS[kind].meaning}.",
        "tags": ["webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": meaning, "schema": {"type": "string"}}
            for name, meaning in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": ref}, "example": event_example(kind)}},
        },
        "responses": {status: {"description": meaning} for status, meaning in _RESPONSES.items()},
    }
