"""Events as one schema of the OpenAPI document: `MunadiEvent`, whose `type` says which `data` it has.

Webhooks and the log have the same events. `OtherEvent` stands for a type that this version does not know.
"""

from __future__ import annotations

from typing import Any

from munadi.domain.event import Event, EventType
from munadi.domain.event_kinds import EVENT_MODELS

UNION, OTHER = "MunadiEvent", "OtherEvent"
_REF = "#/components/schemas/"
# What the framework calls the entries of the log, which have a place beside the fields of an event.
_RENAMED = {"LoggedEvent": UNION, "Page_LoggedEvent_": f"Page_{UNION}_"}


def add_event_union(document: dict[str, Any]) -> None:
    """Add the union to a document that has the schema of each event, and let the log's entries be of it."""
    schemas = document["components"]["schemas"]
    place = schemas.pop("LoggedEvent")["properties"]["position"]
    schemas[f"Page_{UNION}_"] = schemas.pop("Page_LoggedEvent_") | {"title": f"Page[{UNION}]"}
    schemas[OTHER] = _other()
    names = [*(model.__name__ for model in EVENT_MODELS.values()), OTHER]
    for name in names:
        schemas[name]["properties"]["position"] = place
    schemas[UNION] = {
        "title": UNION,
        "description": "An event, as webhooks and the log have it. `type` says what is in `data`.",
        "oneOf": [{"$ref": _REF + name} for name in names],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind.value: _REF + model.__name__ for kind, model in EVENT_MODELS.items()},
        },
    }
    _rename(document)


def _other() -> dict[str, Any]:
    made = Event.model_json_schema(mode="serialization")
    listed = [kind.value for kind in EventType]
    described = made["properties"]["type"]["description"]
    made["properties"]["type"] = {"type": "string", "not": {"enum": listed}, "description": described}
    del made["additionalProperties"], made["$defs"]
    return {**made, "title": OTHER, "description": "An event of a type that is newer than this document."}


def _rename(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _rename(each)
    elif isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix(_REF)
        if name in _RENAMED:
            part["$ref"] = _REF + _RENAMED[name]
        for value in part.values():
            _rename(value)
