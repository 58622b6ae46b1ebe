"""What the OpenAPI document shows. The one place outside the channels that may name them."""

from __future__ import annotations

from typing import Any

CONTENTS: dict[str, Any] = {
    "now": {
        "summary": "Publish now, on the brand's only account",
        "value": {"brandRef": "acme", "text": "Monsoon sale starts today", "channels": ["bluesky"]},
    },
    "scheduled": {
        "summary": "Several channels, local time, an override",
        "value": {
            "brandRef": "acme",
            "text": "Monsoon sale starts today",
            "media": [{"url": "https://cdn.acme.example/a.jpg", "alt": "Umbrellas in the rain"}],
            "link": "https://acme.example/sale",
            "channels": [
                "bluesky",
                {"channel": "instagram", "text": "Link in bio", "options": {"kind": "image"}},
            ],
            "scheduledAt": "2027-01-15T09:00:00",
            "timezone": "Asia/Kolkata",
            "publishBy": "2027-01-15T18:00:00+05:30",
            "clientRef": "cms-42",
        },
    },
}
EDITS: dict[str, Any] = {
    "text": {"summary": "Another text", "value": {"text": "Monsoon sale starts tomorrow"}},
    "channel": {
        "summary": "Another text on one channel, no link anywhere",
        "value": {"link": None, "channels": [{"channel": "instagram", "text": "Tomorrow!"}]},
    },
}
MEDIA: dict[str, Any] = {
    "url": {"summary": "Fetch it", "value": {"brandRef": "acme", "url": "https://cdn.acme.example/a.jpg"}},
}
RESCHEDULES: dict[str, Any] = {
    "instant": {"summary": "An instant", "value": {"scheduledAt": "2027-01-16T09:00:00+05:30"}},
    "local": {
        "summary": "A local time",
        "value": {"scheduledAt": "2027-01-16T09:00:00", "timezone": "Asia/Kolkata"},
    },
}


def _problem(status: int, code: str, title: str, detail: str, errors: list[dict[str, Any]] | None = None) -> Any:
    return {
        "type": f"urn:munadi:problem:{code.lower().replace('_', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "/v1/contents",
        "code": code,
        "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hq",
        "errors": errors or [],
    }


PROBLEMS: dict[int, Any] = {
    400: _problem(400, "JSON_INVALID", "The body cannot be read", "the body is not JSON: Expecting value at line 1"),
    404: _problem(404, "NOT_FOUND", "Not found", "there is no content 'cnt_01kf2v6s3tf0d8m7s0a3x9y5hq'"),
    409: _problem(409, "TOO_LATE", "Not possible any more", "publishing began; the time can no longer be changed"),
    412: _problem(412, "STALE", "Changed meanwhile", "the content is at version 4 by now; read it again"),
    422: _problem(
        422,
        "INVALID_REQUEST",
        "The request cannot be accepted",
        "2 rules are broken; nothing was stored",
        [
            {
                "pointer": "/text",
                "code": "TEXT_TOO_LONG",
                "message": "Bluesky takes at most 300 graphemes; this text has 412",
                "channel": "bluesky",
                "rule": "text_graphemes",
                "limit": 300,
                "actual": 412,
            },
            {
                "pointer": "/scheduledAt",
                "code": "TIME_IN_PAST",
                "message": "the time has passed; omit scheduledAt to publish now",
                "channel": None,
                "rule": "time_in_past",
                "limit": "2026-12-01T10:00:00+00:00",
                "actual": "2026-12-01T09:00:00+00:00",
            },
        ],
    ),
}
