"""Envelopes that several networks have, and Google's: answers that refuse with a code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from munadi.ports import Answer

WORDS = "in its own words"
OAUTH = {
    "access_denied", "invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request",
    "unsupported_grant_type", "unsupported_response_type", "server_error", "temporarily_unavailable", "invalid_rapt",
    "deleted_client",
}  # fmt: skip


def given(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, json.dumps(body))


def oauth(status: int, word: str) -> Answer:
    return given(status, {"error": word, "error_description": WORDS})


def google(http: int, reason: str | None, message: str = WORDS, headers: Any = None, **more: Any) -> Answer:
    """Of YouTube's Data API."""
    errors = [{"domain": "global", "reason": reason, "message": message}] if reason else []
    return given(http, {"error": {"code": 400, "message": message, "errors": errors, **more}}, **headers or {})


def youtube(key: str) -> Answer:
    return oauth(400, key) if key in OAUTH else google(400, key)


def google_business(key: str, status: int = 400) -> Answer:
    """By the status of the envelope, a reason, or a refused field."""
    status = {"UNAUTHENTICATED": 401, "NOT_FOUND": 404, "RESOURCE_EXHAUSTED": 429, "ABORTED": 409}.get(key, status)
    if key in OAUTH:
        return oauth(400, key)
    known = ("MISSING", "INVALID_V", "INVALID_C", "INVERTED", "EXPIRED", "UNSUPPORTED", "TOO_MANY", "PHOTO")
    error: dict[str, Any] = {"code": status, "message": WORDS, "status": "INVALID_ARGUMENT"}
    if key.startswith(known):
        return given(status, {"error": {**error, "details": [{"errorDetails": [{"code": key, "field": "x"}]}]}})
    if key in ("SERVICE_DISABLED", "accessNotConfigured", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"):
        return given(403, {"error": {**error, "status": "PERMISSION_DENIED", "details": [{"reason": key}]}})
    return given(status, {"error": {**error, "status": key}})


def business_keys(cell: str) -> Iterator[str]:
    """The names in a cell of the table of Google Business Profile's errors."""
    if not cell.startswith("200"):  # the state of a post
        yield from re.findall(r"`([A-Z]+_?[A-Z_]+|[a-z]+_[a-z]+|[a-z]+[A-Z]\w+)`", cell.partition(", field")[0])
