"""Announces that an operation or a parameter will be removed: in the OpenAPI document, and on each response concerned.

`Deprecation` (RFC 9745) is the time since when, `Sunset` (RFC 8594) the time from which it may be gone, and `Link`
leads to the page that says what to use instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fastapi import Depends, Request

from api.http.answer_headers import add_headers

PAGE = "/docs/guides/api-changes"


@dataclass(frozen=True)
class Deprecated:
    """A dependency of a deprecated route, or of one with a deprecated `parameter` in its query: then only requests that
    send it are concerned. Times are in UTC. ValueError unless `since` is before `sunset`."""

    since: datetime
    sunset: datetime
    parameter: str | None = None

    def __post_init__(self) -> None:
        if not self.since < self.sunset:
            raise ValueError("a removal is announced before it happens")

    async def __call__(self, request: Request) -> None:
        """Add the headers if the request is concerned."""
        if self.parameter is None or self.parameter in request.query_params:
            add_headers(request, self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each response concerned."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.sunset, usegmt=True),
            "Link": f'<{PAGE}>; rel="deprecation"; type="text/html"',
        }


def deprecated_route(since: datetime, sunset: datetime) -> dict[str, Any]:
    """The arguments of a route's decorator that deprecate it: `@router.get("/old", **deprecated_route(…))`."""
    return {"deprecated": True, "dependencies": [Depends(Deprecated(since, sunset))]}
