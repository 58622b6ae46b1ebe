"""Examples of batches of posts."""

from __future__ import annotations

from typing import Any

from api.openapi.event_examples import event_example
from api.openapi.examples import CONTENTS
from munadi.domain.event import EventType

_WITHOUT_BRAND = {name: value for name, value in CONTENTS["now"]["value"].items() if name != "brandRef"}
BATCHES: dict[str, Any] = {
    "two": {
        "summary": "Two posts, of which the second lacks its brand",
        "value": {"contents": [CONTENTS["now"]["value"], _WITHOUT_BRAND]},
    },
}
RESULTS: dict[str, Any] = {
    "results": [
        {
            "index": 0,
            "status": 202,
            "content": event_example(EventType.CONTENT_ACCEPTED)["data"]["content"],
            "problem": None,
        },
        {
            "index": 1,
            "status": 422,
            "content": None,
            "problem": {
                "type": "/docs/reference/problems#invalid_request",
                "title": "The request cannot be accepted",
                "status": 422,
                "detail": "is needed",
                "instance": "/v1/contents/batch",
                "code": "INVALID_REQUEST",
                "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hr",
                "errors": [
                    {
                        "pointer": "/brandRef",
                        "code": "MISSING_FIELD",
                        "message": "is needed",
                        "channel": None,
                        "rule": "missing",
                        "limit": None,
                        "actual": None,
                    }
                ],
            },
        },
    ]
}
