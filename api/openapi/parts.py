"""Parts of the OpenAPI document that no route states: servers, tags, and what clients must expect of responses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# Relative: the document is served by the API that it describes.
SERVERS = [{"url": "/", "description": "The installation that serves this document."}]
TAGS = {
    "contents": "Posts: submit, validate, list, edit, reschedule, cancel and retry them.",
    "calendar feeds": "Secret addresses under which calendar programs read the posts of a brand.",
    "slots": "Weekly times, and the queues of posts that take the next free one.",
    "series": "Posts that come again by a rule.",
    "drafts": "Posts that are not finished: saved and checked, and accepted once they are submitted.",
    "imports": "Files of many posts: send them, and read what became of each row.",
    "publications": "One post at one account: its status, its attempts, and what a person decides about it.",
    "media": "Pictures, videos and documents that posts use.",
    "events": "The log of what happened, in order; webhooks send the same events.",
    "webhooks": "Endpoints that receive events, their deliveries, and the recovery of missed ones.",
    "alerts": "Messages to people, by mail or in a chat, about what went wrong.",
    "channels": "The networks, with their limits and options.",
    "accounts": "Profiles and pages that are connected: connect, check and disconnect them.",
    "brands": "The tenants. Everything else belongs to one.",
    "keys": "API keys and their scopes.",
    "usage": "What each brand has used in a month, against its limits.",
    "audit": "Who did what.",
    "health": "Whether the service runs and is ready, and its metrics.",
}
_REF = re.compile(r"#/components/schemas/(.+)")


def add_parts(document: dict[str, Any]) -> None:
    """Add what no route states, and leave every schema that only responses use open for new fields.

    A client that is generated from a closed schema would break when a response gains a field. Requests stay closed.
    """
    document["servers"] = SERVERS
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    for item in [*document["paths"].values(), *document["webhooks"].values()]:
        for operation in item.values():
            operation.setdefault("security", [])  # no key: said, not left out
    schemas = document["components"]["schemas"]
    closed = used_by_requests(document)
    for name, schema in schemas.items():
        if name not in closed and schema.get("additionalProperties") is False:
            del schema["additionalProperties"]


def used_by_requests(document: dict[str, Any]) -> set[str]:
    """The schemas that the body of a request has, directly or inside another."""
    return _reached(document, [operation.get("requestBody") for operation in _operations(document["paths"])])


def used_by_answers(document: dict[str, Any]) -> set[str]:
    """The schemas of what the API sends: its responses and the bodies of webhooks."""
    sent = [operation["responses"] for operation in _operations(document["paths"])]
    return _reached(document, [*sent, *(operation["requestBody"] for operation in _operations(document["webhooks"]))])


def _operations(items: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in items.values() for operation in methods.values()]


def _reached(document: dict[str, Any], parts: list[Any]) -> set[str]:
    """The schemas that these parts of the document refer to, directly or inside another."""
    schemas = document["components"]["schemas"]
    waiting = list(_names(parts))
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_names(schemas[name]))
    return found


def _names(value: Any) -> Iterator[str]:
    """The schemas that a part of the document refers to."""
    if isinstance(value, dict):
        ref = _REF.fullmatch(str(value.get("$ref", "")))
        if ref:
            yield ref[1]
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)
