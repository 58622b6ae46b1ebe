"""The headers of responses, declared in the OpenAPI document. A test compares them with what is really sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.known_problems.model import IDEMPOTENCY, NONE_MATCH

HEADERS = {
    "Cache-Control": "`no-store`: a response may hold data of an account.",
    "Deprecation": "Since when this is deprecated (RFC 9745).",
    "ETag": "For `If-None-Match` of a later GET. Of a post or draft it begins with the version, for `If-Match`.",
    "Idempotent-Replayed": "`true`: this is the stored response to an earlier request with the same Idempotency-Key.",
    "Link": "The page that says what to use instead.",
    "Location": "The address of what was made.",
    "RateLimit": 'Per limit, what is left (`r`) and for how many seconds (`t`): `"apiCallsPerMinute";r=0;t=12`.',
    "RateLimit-Policy": 'Per limit, how much (`q`) in how many seconds (`w`): `"apiCallsPerMinute";q=60;w=60`.',
    "Retry-After": "Seconds until it makes sense to ask again.",
    "Strict-Transport-Security": "Where Munadi is reached by https.",
    "Sunset": "From when on this may be gone (RFC 8594).",
    "WWW-Authenticate": "How to authenticate, and what is wrong with the key that was sent.",
    "X-Content-Type-Options": "`nosniff`",
    "X-Request-Id": "The id of the request, also in the log and in problems.",
}
_ALWAYS = ("X-Request-Id", "Cache-Control", "X-Content-Type-Options", "Strict-Transport-Security")
_QUOTAS = ("RateLimit", "RateLimit-Policy")
_DEPRECATED = ("Deprecation", "Sunset", "Link")
_LOCATED = frozenset(
    {
        "accounts.connect",
        "accounts.import",
        "accounts.reconnect",
        "brands.create",
        "contents.create",
        "drafts.create",
        "drafts.submit",
        "keys.create",
        "media.create",
        "webhooks.endpoints.create",
        "alerts.create",
        "series.create",
        "webhooks.endpoints.recover",
    }
)
# What has versions.
_TAGGED = tuple({"$ref": f"#/components/schemas/{name}"} for name in ("ContentView", "SavedDraft"))


def declare_headers(document: dict[str, Any]) -> None:
    """Declare the headers of each response, by reference to `components.headers`."""
    used: set[str] = set()
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                names = _always(operation, status) if status < "300" else _of_problem(operation, status)
                more = _of_success(operation, response) if status < "300" else ()
                declared = {*names, *more}
                response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(declared)}
                used |= declared
    document["components"]["headers"] = {
        name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in sorted(used)
    }


def _always(operation: dict[str, Any], status: str) -> Iterator[str]:
    yield from _ALWAYS
    if any(part.get("deprecated") for part in (operation, *operation.get("parameters", ()))):
        yield from _DEPRECATED
    if "401" in operation["responses"] and status != "401":  # who calls is known, and so is the brand that pays
        yield from _QUOTAS


def _of_success(operation: dict[str, Any], response: dict[str, Any]) -> Iterator[str]:
    if operation["operationId"] in _LOCATED:
        yield "Location"
    content = response.get("content", {}).get("application/json", {})
    if content.get("schema") in _TAGGED or (content and _has(operation, NONE_MATCH)):
        yield "ETag"
    if _has(operation, IDEMPOTENCY):
        yield "Idempotent-Replayed"


def _has(operation: dict[str, Any], header: str) -> bool:
    return any(parameter["name"] == header for parameter in operation.get("parameters", ()))


def _of_problem(operation: dict[str, Any], status: str) -> Iterator[str]:
    yield from _always(operation, status)
    if status == "303":
        yield "Location"
    if status in ("401", "403"):
        yield "WWW-Authenticate"
    if status in ("409", "429", "503"):
        yield "Retry-After"
    if status in ("304", "412") or (status == "409" and "drafts" in operation["tags"]):
        yield "ETag"
