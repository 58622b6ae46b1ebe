"""Examples of batches of posts."""

from __future__ import annotations

from typing import Any

from api.openapi.event_examples import event_example
from api.openapi.examples import CONTENTS
from munadi.domain.event import EventType

_UNKNOWN_BRAND = {**CONTENTS["now"]["value"], "brandRef": "nobody"}
BATCHES: dict[str, Any] = {
    "two": {
        "summary": "Two posts, of which the second names a brand that is not there",
        "value": {"contents": [CONTENTS["now"]["value"], _UNKNOWN_BRAND]},
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
                "detail": "there is no brand 'nobody'",
                "instance": "/v1/contents/batch",
                "code": "INVALID_REQUEST",
                "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hr",
                "errors": [
                    {
                        "pointer": "/brandRef",
                        "code": "BRAND_UNKNOWN",
                        "message": "there is no brand 'nobody'",
                        "channel": None,
                        "rule": "brand_unknown",
                        "limit": None,
                        "actual": None,
                    }
                ],
            },
        },
    ]
}
