"""Reports a brand's limits in HTTP: the headers RateLimit, RateLimit-Policy and Retry-After, and the 429.

The fields are those of draft-ietf-httpapi-ratelimit-headers-11: lists of strings with parameters (RFC 9651). A policy
is called as its limit is (`munadi.domain.usage.Limit`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Request

from api.http.answer_headers import add_headers
from api.http.door import named_profile
from api.process.services import Services
from munadi.domain.brand import BRAND_REF
from munadi.domain.usage import BrandCalls, Quota, QuotaExceeded

# For limits that no passing time renews. Room may appear at any time, but retrying more often would not help.
NO_WINDOW_SECONDS = 3600


def brand_of_call(request: Request) -> str | None:
    """The brand that a call names in its path, query or JSON body, or as a door's profile, if it is a possible brand
    ref."""
    body = getattr(request.state, "json", None)
    sent: Any = body.get("brandRef") if isinstance(body, dict) else None
    profile = named_profile(request.scope)
    for name in (request.path_params.get("ref"), request.query_params.get("brandRef"), sent, profile):
        if isinstance(name, str) and re.fullmatch(BRAND_REF, name):
            return name
    return None


async def count_call(request: Request, services: Services, brand: BrandCalls | None, *, limited: bool) -> None:
    """Count a call for a brand, and report the brand's call limits in the response. Raises QuotaExceeded."""
    if brand is None:
        return
    quotas = await services.calls.admit(brand, services.clock.now(), limited=limited)
    if quotas:
        add_headers(request, _fields(quotas))


def headers_of(error: QuotaExceeded) -> dict[str, str]:
    """The fields of the 429. Retry-After is the time until every exhausted limit is renewed."""
    waits = [quota.seconds_left or NO_WINDOW_SECONDS for quota in error.quotas]
    return {"Retry-After": str(max(waits)), **_fields(error.quotas)}


def _fields(quotas: Sequence[Quota]) -> dict[str, str]:
    return {
        "RateLimit-Policy": ", ".join(_policy(quota) for quota in quotas),
        "RateLimit": ", ".join(_state(quota) for quota in quotas),
    }


def _policy(quota: Quota) -> str:
    window = f";w={int(quota.window.total_seconds())}" if quota.window else ""
    return f'"{quota.name}";q={quota.limit}{window}'


def _state(quota: Quota) -> str:
    return f'"{quota.name}";r={quota.left}' + (f";t={seconds}" if (seconds := quota.seconds_left) else "")
