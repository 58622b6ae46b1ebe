"""Announces that an operation or a parameter will be removed: in the OpenAPI document, and on each response concerned.

`Deprecation` (RFC 9745) is the time since when, `Sunset` (RFC 8594) the time from which it may be gone, and `Link`
leads to the page that says what to use instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParameter

from api.http.answer_headers import add_headers
from api.http.problems import refused
from munadi.domain.problem import Problem

T = TypeVar("T")

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


# Names that were replaced in 0.3.0, as `docs/guides/api-changes.md` lists them.
RENAMED_SINCE, RENAMED_SUNSET = datetime(2026, 12, 3, tzinfo=UTC), datetime(2027, 12, 3, tzinfo=UTC)


def renamed(*parameters: str) -> list[DependsParameter]:
    """The dependencies of a route whose query has these former names of parameters."""
    return [Depends(Deprecated(RENAMED_SINCE, RENAMED_SUNSET, parameter)) for parameter in parameters]


def one_of(name: str, value: T | None, former: str, former_value: T | None) -> T | None:
    """The value of a parameter that may be given by its former name. ProblemError 422 for both."""
    if value is not None and former_value is not None:
        message = f"this is the former name of {name}: give only {name}"
        raise refused(
            [Problem(pointer=f"?{former}", code="FIELD_NOT_ALLOWED", message=message, rule="former_name", limit=name)]
        )
    return value if value is not None else former_value


def deprecated_route(since: datetime, sunset: datetime) -> dict[str, Any]:
    """The arguments of a route's decorator that deprecate it: `@router.get("/old", **deprecated_route(…))`."""
    return {"deprecated": True, "dependencies": [Depends(Deprecated(since, sunset))]}
