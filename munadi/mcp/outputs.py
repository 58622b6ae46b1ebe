"""What each tool answers as data (`structuredContent`), for clients that read it by a schema.

Open on purpose: a newer API may add fields and statuses, and a client refuses an answer that breaks the schema. So
only what every version answers is named, and a status is a text. The types are those of the client's answers.

A client loads the schemas of all tools before its first call, so they name only what a tool's answer has. What is in a
post, a draft or an event is in `SHAPES`, which is a resource (`munadi/mcp/resources.py`).
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from munadi.client.shapes import Content, Failure, Publication, Violation, Warning_

Schema = dict[str, Any]
JSON_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object", NoneType: "null"}


def answer(**fields: Schema) -> Schema:
    """An object that always has these fields."""
    return {"type": "object", "properties": fields, "required": [*fields]}


def part_of(shape: type, *names: str, **inner: Schema) -> Schema:
    """An object of the API: some of the fields of the client's type, and `inner` with schemas of their own."""
    kinds = get_type_hints(shape)
    assert inner.keys() <= kinds.keys()
    return answer(**{name: _of_type(kinds[name]) for name in names}, **inner)


def list_of(schema: Schema) -> Schema:
    """A list of such objects."""
    return {"type": "array", "items": schema}


def or_null(schema: Schema) -> Schema:
    """Such an object, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def _of_type(kind: Any) -> Schema:
    if isinstance(kind, UnionType):
        return {"type": [JSON_TYPES[each] for each in get_args(kind)]}
    return {"type": JSON_TYPES[get_origin(kind) or kind]}


TEXT, NUMBER, TRUTH, ANY = ({"type": JSON_TYPES[kind]} for kind in (str, int, bool, dict))
CURSOR = {"type": ["string", "null"]}
ROWS: Schema = {"type": "array"}

# The answers of the tools.
STATUS = answer(content=ANY, ended=TRUTH, nextStep=TEXT)
PUBLISHED = answer(**STATUS["properties"], idempotencyKey=TEXT, replayed=TRUTH)
WAITED = answer(**STATUS["properties"], timedOut=TRUTH)
VALIDATED = answer(valid=TRUTH, problems=ROWS, warnings=ROWS)
DRAFT = answer(draft=ANY, nextStep=TEXT)
SERIES = answer(series=ANY)
PAGE = answer(data=ROWS, nextCursor=CURSOR)
EVENTS = answer(data=ROWS, nextAfter=NUMBER, more=TRUTH)
MEDIA = answer(id=TEXT)
RECEIPT = answer(receipt=TEXT, claims=ANY)
CHANNEL = answer(options={**ANY, "type": ["object", "null"]})

# What is in them.
NOTICES = list_of(part_of(Warning_, "code", "message"))
PROBLEMS = list_of(part_of(Violation, "pointer", "code", "message"))
FAILURE = part_of(Failure, "reason", "retryable", "message", "remedy")
PUBLICATION = part_of(Publication, "id", "channel", "status", "providerUrl", failure=or_null(FAILURE))
SHAPES = {
    "content": part_of(
        Content,
        "id",
        "brandRef",
        "status",
        "scheduledAt",
        "version",
        publications=list_of(PUBLICATION),
        warnings=NOTICES,
    ),
    "draft": answer(
        id=TEXT, brandRef=TEXT, version=NUMBER, content=ANY, valid=TRUTH, problems=PROBLEMS, warnings=NOTICES
    ),
    "problem": answer(code=TEXT, title=TEXT, errors=PROBLEMS),
    "ended": {**TRUTH, "description": "Nothing more happens by itself."},
}
