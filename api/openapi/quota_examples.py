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
    "endpoints": {"used": 2, "limit": 100, "remaining": 98},
    "keys": {"used": 4, "limit": 200, "remaining": 196},
    "connectLinks": {"used": 0, "limit": 200, "remaining": 200},
    "drafts": {"used": 7, "limit": 1000, "remaining": 993},
    "mediaBytes": {"used": 52_428_800, "limit": 107_374_182_400, "remaining": 107_321_753_600},
    "recoveries": {"used": 0, "limit": 20, "remaining": 20},
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
