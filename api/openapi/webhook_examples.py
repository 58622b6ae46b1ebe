"""Examples of webhook endpoints, deliveries and recoveries, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_AT = {"createdAt": "2026-12-01T03:30:00Z", "updatedAt": "2026-12-01T03:30:00Z"}
ENDPOINT: dict[str, Any] = {
    "id": "whe_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "url": "https://cms.acme.example/munadi",
    "brandRef": "acme",
    "types": ["content.completed"],
    "channels": [],
    "description": None,
    "enabled": True,
    "payload": "full",
    "signature": "v1",
    "publicKey": None,
    "ordering": "none",
    "maxPerSecond": None,
    "headers": {"x-environment": "production"},
    "createdByKey": "key_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "metadata": {"system": "cms"},
    "disabledReason": None,
    "health": "ok",
    "failingSince": None,
    **_AT,
}
DELIVERY: dict[str, Any] = {
    "id": "dlv_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "eventId": "evt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "eventType": "content.completed",
    "endpointId": "whe_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "contentId": "cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "sequence": 4,
    "status": "pending",
    "attempts": 1,
    "nextAttemptAt": "2026-12-01T03:30:06Z",
    "deferred": None,
    "waitsForEndpoint": False,
    "attemptLog": [
        {
            "number": 1,
            "at": "2026-12-01T03:30:01Z",
            "durationMs": 87,
            "statusCode": 503,
            "error": "HTTP_STATUS: 503",
            "responseHead": "Service Unavailable",
        }
    ],
    **_AT,
}
DELIVERY_DETAIL: dict[str, Any] = {
    **DELIVERY,
    "request": {
        "url": "https://cms.acme.example/munadi",
        "headers": {
            "webhook-id": "evt_01kf2v6s3tf0d8m7s0a3x9y5hq",
            "webhook-timestamp": "1796095801",
            "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
            "content-type": "application/json",
        },
        "body": '{"id": "evt_01kf2v6s3tf0d8m7s0a3x9y5hq", "type": "content.completed", …}',
    },
}
RECOVERY: dict[str, Any] = {
    "id": "rec_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "endpointId": "whe_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "status": "running",
    "since": "2026-11-28T00:00:00Z",
    "until": "2026-12-01T03:30:00Z",
    "types": [],
    "only": None,
    "total": 412,
    "sent": 160,
    "failed": 0,
    "deferred": 0,
    "createdAt": "2026-12-01T03:30:00Z",
    "endedAt": None,
}
