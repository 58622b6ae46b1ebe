"""Examples of imports, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

IMPORT: dict[str, Any] = {
    "id": "imp_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "status": "completed",
    "dryRun": False,
    "counts": {"total": 120, "accepted": 118, "repeated": 0, "valid": 0, "refused": 2},
    "createdAt": "2026-12-01T03:30:00Z",
    "endedAt": "2026-12-01T03:30:09Z",
}
RECEIVED: dict[str, Any] = {
    **IMPORT,
    "status": "running",
    "counts": {**IMPORT["counts"], "accepted": 0, "refused": 1},
    "endedAt": None,
}
ROWS: dict[str, Any] = {
    "data": [
        {
            "line": 2,
            "rowKey": "sheet-1",
            "status": "accepted",
            "contentId": "cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
            "statusCode": 202,
            "code": None,
            "detail": None,
            "problems": [],
        },
        {
            "line": 3,
            "rowKey": "sheet-2",
            "status": "refused",
            "contentId": None,
            "statusCode": 422,
            "code": "INVALID_REQUEST",
            "detail": "bluesky takes at most 300 graphemes; this has 341",
            "problems": [
                {
                    "pointer": "/channels/0/text",
                    "code": "TEXT_TOO_LONG",
                    "message": "bluesky takes at most 300 graphemes; this has 341",
                    "channel": "bluesky",
                    "rule": "max_graphemes",
                    "limit": 300,
                    "actual": 341,
                    "column": "text.bluesky",
                }
            ],
        },
    ],
    "nextCursor": None,
}
_CSV = (
    "rowKey,channels,scheduledAt,timezone,text,media\n"
    "sheet-1,bluesky mastodon,2027-01-15T09:00,Asia/Kolkata,Good morning,https://acme.example/tea.jpg\n"
)
_NDJSON = (
    '{"rowKey": "sheet-1", "text": "Good morning", "channels": ["bluesky"], "scheduledAt": "2027-01-15T03:30:00Z"}\n'
)
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself. A ZIP has one .csv or .ndjson file at its top, and the files that its rows "
        "name.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": _NDJSON},
            "application/zip": {"schema": {"type": "string", "contentMediaType": "application/zip"}},
        },
    }
}
