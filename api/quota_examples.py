"""The examples of limits and usage in the OpenAPI document (see `examples`)."""

from __future__ import annotations

from typing import Any

USAGE: dict[str, Any] = {
    "brandRef": "acme",
    "month": "2026-12",
    "startsAt": "2026-12-01T00:00:00Z",
    "endsAt": "2027-01-01T00:00:00Z",
    "connectedAccounts": {"used": 3, "limit": 10, "remaining": 7},
    "publications": {"used": 412, "limit": 1000, "remaining": 500, "planned": 88},
    "apiCalls": {"used": 5210, "limit": None, "remaining": None},
    "apiCallsPerMinute": {"used": 2, "limit": None, "remaining": None},
    "webhookDeliveries": {"used": 1650, "limit": None, "remaining": None, "deferred": 0},
}
USAGES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "examples": {
                    "brand": {"summary": "One brand", "value": USAGE},
                    "all": {"summary": "A page of all brands", "value": {"data": [USAGE], "nextCursor": None}},
                }
            }
        }
    }
}

_SAID = "the brand 'acme' may make 60 API calls a minute"
QUOTA_EXCEEDED: dict[str, Any] = {
    "type": "urn:munadi:problem:quota-exceeded",
    "title": "Quota exceeded",
    "status": 429,
    "detail": _SAID,
    "instance": "/v1/contents",
    "code": "QUOTA_EXCEEDED",
    "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "errors": [
        {
            "pointer": "",
            "code": "QUOTA_EXCEEDED",
            "message": _SAID,
            "channel": None,
            "rule": "apiCallsPerMinute",
            "limit": 60,
            "actual": 61,
        }
    ],
}
