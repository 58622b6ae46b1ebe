"""The examples of limits and usage in the OpenAPI document (see `examples`)."""

from __future__ import annotations

from typing import Any

from munadi.config import LimitSettings
from munadi.domain.usage import HOLDINGS, Limit, Used

# The brand has these things, and a limit of its own on endpoints; the other limits are those of the settings.
_HELD = {Limit.ENDPOINTS: 2, Limit.KEYS: 4, Limit.DRAFTS: 7, Limit.MEDIA_BYTES: 52_428_800}
_ALLOWED = dict.fromkeys(HOLDINGS) | LimitSettings().of_brand | {Limit.ENDPOINTS: 100}
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
    **{kind.value: Used.of(_HELD.get(kind, 0), limit).model_dump() for kind, limit in _ALLOWED.items()},
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
_DAY = {"publications": 2, "cost": 0.215}
USAGE_DAYS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "example": {
                    "brandRef": "acme",
                    "since": "2026-12-01",
                    "until": "2026-12-31",
                    "days": [{**_DAY, "date": "2026-12-24", "channel": "x"}],
                    "total": _DAY,
                }
            },
            "text/csv": {
                "schema": {"type": "string"},
                "example": "brand,date,channel,publications,cost_usd\r\nacme,2026-12-24,x,2,0.215000\r\n",
            },
        }
    }
}
