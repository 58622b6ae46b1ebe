"""The reference page of event bodies, from the catalogue of events."""

from __future__ import annotations

import json
from typing import Any

from api.openapi.event_examples import event_example
from munadi.domain.event import Event, EventType
from munadi.domain.event_kinds import EVENT_KINDS, event_schema
from scripts.markdown import table

_INTRO = """# Event bodies

What a webhook receives, and what `GET /v1/events` lists. `GET /v1/events/types` serves the JSON Schema of each body and
a whole example; [the OpenAPI document](openapi.json) has the same under `webhooks`.

Every body has every field of this page; what does not apply is null. A later version may add fields, and values to
a list of values: ignore what you do not know. `id` identifies the event,
`sequence` counts the events of one post from 1.
"""
_DATA = {
    "content": "the post as `GET /v1/contents/{id}` returns it; absent from thin events",
    "publication": "the publication that changed, null if the whole post did; absent from thin events",
    "failure": "the failure to be expected, as a failed publication has it",
    "account": "the account as `GET /v1/accounts/{id}` returns it",
    "connection": "the connection as `GET /v1/connections/{id}` returns it, with its `metadata`",
    "summary": "the import, with the counts of its rows",
    "endpoint": "the endpoint as `GET /v1/webhooks/endpoints/{id}` returns it, without its secret",
    "delivery": "the delivery that was given up",
    "series": "the series as `GET /v1/series/{id}` returns it",
    "endpointId": "the endpoint that was tested",
    "text": "a sentence for people",
}


def anchor(kind: EventType) -> str:
    """The id of an event's section on this page."""
    return kind.value.replace(".", "")


def event_bodies() -> str:
    """One section per type of event: what its fields hold, and an example with `data` shortened."""
    return _INTRO + "".join(_section(kind) for kind in EVENT_KINDS)


def _section(kind: EventType) -> str:
    schema = event_schema(kind)
    names = [field.alias or name for name, field in Event.model_fields.items() if name not in ("id", "data")]
    rows = [(f"`{name}`", _values(schema["properties"][name], schema["$defs"])) for name in names]
    rows += [(f"`data.{name}`", _DATA[name]) for name in _data(schema)]
    example = event_example(kind)
    example["data"] = {name: _shortened(value) for name, value in example["data"].items()}
    body = json.dumps(example, indent=2, ensure_ascii=False)
    meaning = EVENT_KINDS[kind].meaning
    fields = table(["field", "holds"], rows)
    return f"\n## {kind.value}\n\n{meaning[0].upper()}{meaning[1:]}.\n\n{fields}\n```json\n{body}\n```\n"


def _data(schema: dict[str, Any]) -> list[str]:
    properties: dict[str, Any] = _resolved(schema["properties"]["data"], schema["$defs"])["properties"]
    return list(properties)


def _values(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    found = _resolved(schema, definitions)
    if "anyOf" in found:
        parts = [_resolved(each, definitions) for each in found["anyOf"]]
        if all("enum" in each for each in parts):
            return _values({"enum": list(dict.fromkeys(value for each in parts for value in each["enum"]))}, {})
        return " or ".join(_values(each, definitions) for each in parts)
    if "const" in found:
        return f"`{found['const']}`"
    values = found.get("enum", ())
    if len(values) > 12:
        return _LISTED_ELSEWHERE[found["title"]]
    if values:
        return " ".join(f"`{value}`" for value in values)
    return "a time" if found.get("format") == "date-time" else _TYPES[found["type"]]


_LISTED_ELSEWHERE = {"Reason": "a [failure reason](reasons.md)"}
_TYPES = {"string": "a string", "integer": "a number", "boolean": "`true` or `false`", "null": "null"}


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _shortened(value: Any) -> Any:
    return {"id": value["id"], "…": "…"} if isinstance(value, dict) and "id" in value else value
