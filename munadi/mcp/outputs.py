"""What each tool answers as data (`structuredContent`), for clients that read it by a schema.

Open on purpose: a newer API may add fields and statuses, and a client refuses an answer that breaks the schema. So
only what every version answers is named, and a status is a text. The types are those of the client's answers.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from munadi.client.shapes import Content, Failure, Publication, Validation, Violation, Warning_

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
CURSOR = {"type": ["string", "null"], "description": "Give it as `cursor` to continue; null at the end."}
NOTICES = list_of(part_of(Warning_, "code", "message"))
PROBLEMS = list_of(part_of(Violation, "pointer", "code", "message"))
FAILURE = part_of(Failure, "reason", "retryable", "message", "remedy")
PUBLICATION = part_of(Publication, "id", "channel", "status", "providerUrl", failure=or_null(FAILURE))
CONTENT = part_of(
    Content, "id", "brandRef", "status", "scheduledAt", "version", publications=list_of(PUBLICATION), warnings=NOTICES
)
AS_STATUS = {**ANY, "description": "As status answers it."}
DRAFT = answer(
    id=TEXT,
    brandRef=TEXT,
    version={**NUMBER, "description": "Counts changes; update_post_draft and submit_post_draft take it."},
    content=ANY,
    valid=TRUTH,
    problems=PROBLEMS,
    warnings=NOTICES,
)
AS_DRAFT = {**ANY, "description": "As get_post_draft answers it."}

# The answers of the tools.
STATUS = answer(content=CONTENT, ended={**TRUTH, "description": "Nothing more happens by itself."}, nextStep=TEXT)
CHANGED = answer(content=AS_STATUS, ended=TRUTH, nextStep=TEXT)
PUBLISHED = answer(**CHANGED["properties"], idempotencyKey=TEXT, replayed=TRUTH)
WAITED = answer(**CHANGED["properties"], timedOut=TRUTH)
VALIDATED = part_of(Validation, "valid", problems=PROBLEMS, warnings=NOTICES)
SHOWN_DRAFT = answer(draft=DRAFT, nextStep=TEXT)
CHANGED_DRAFT = answer(draft=AS_DRAFT, nextStep=TEXT)
PAGE = answer(data=list_of(ANY), nextCursor=CURSOR)
EVENTS = answer(data=list_of(ANY), nextAfter={**NUMBER, "description": "Give it as `after` to continue."}, more=TRUTH)
MEDIA = answer(id={**TEXT, "description": 'For media: [{"id": …}].'})
RECEIPT = answer(receipt={**TEXT, "description": "The signed statement, a compact JWS."}, claims=ANY)
CHANNEL = answer(options={**or_null(ANY), "description": "The JSON Schema of its options."})
