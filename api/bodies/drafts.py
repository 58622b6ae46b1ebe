"""The request bodies of saved drafts, with examples. Only the brand and the size are checked: the rest may be
unfinished."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ConfigDict, Field

from api.http.edge import MAX_BODY
from api.http.problems import refused
from munadi.domain.problem import Problem
from munadi.intake.requests import RequestBody
from munadi.intake.strict_json import JsonRefused, read_json


class DraftCreate(RequestBody):
    """A post as for `POST /v1/contents`, with any field missing, unfinished or wrong: the answer lists the problems."""

    model_config = ConfigDict(extra="allow")

    brand_ref: str | None = Field(None, max_length=200, description="Absent: the key's own brand.")


class DraftEdit(RequestBody):
    """Fields of the post. Absent ones stay as they are, null removes one, a list replaces the whole list."""

    model_config = ConfigDict(extra="allow")

    brand_ref: str | None = Field(None, max_length=200, description="A draft stays with its brand.")


def require_bounded(content: dict[str, Any]) -> None:
    """ProblemError 422 for a changed draft that is too large for one request. Without this limit, every change could
    add as much as a request has."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    message = "" if len(body) <= MAX_BODY else f"the body has {len(body)} bytes, and a body has at most {MAX_BODY}"
    try:
        read_json(body if not message else b"null")
    except JsonRefused as error:
        message = str(error)
    if message:
        message = f"the draft becomes too large with this change: {message}; remove a field first"
        raise refused([Problem(pointer="", code="INVALID_FIELD", message=message, rule="too_long", limit=MAX_BODY)])


CREATES: dict[str, Any] = {
    "unfinished": {
        "summary": "A text without a network or a time",
        "value": {"brandRef": "acme", "text": "Monsoon sale starts on"},
    },
}
EDITS: dict[str, Any] = {
    "finished": {
        "summary": "The rest of the text, and a time",
        "value": {"text": "Monsoon sale starts today", "scheduledAt": "2027-01-16T03:30:00Z"},
    },
}
DRAFT: dict[str, Any] = {
    "id": "drf_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "content": {"brandRef": "acme", "text": "Monsoon sale starts on"},
    "valid": False,
    "problems": [
        {
            "pointer": "/channels",
            "code": "MISSING_FIELD",
            "message": "is needed",
            "channel": None,
            "rule": "missing",
            "limit": None,
            "actual": None,
        }
    ],
    "moreProblems": 0,
    "warnings": [],
    "version": 1,
    "checkedAt": "2026-12-01T03:30:00Z",
    "createdAt": "2026-12-01T03:30:00Z",
    "updatedAt": "2026-12-01T03:30:00Z",
}
