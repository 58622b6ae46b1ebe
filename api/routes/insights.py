"""What became of publications, and how late they were: by network and day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.deps import ContentReader, TheServices
from api.filters import own_brand
from api.http.problems import refused
from api.openapi.document import error_responses
from api.openapi.examples import CONTENT, shows
from munadi.db.contents.insights import tallies_of
from munadi.domain.insights import DAYS, MOST_DAYS, Insights, insights_of
from munadi.domain.problem import Problem
from munadi.domain.time import Day

router = APIRouter(prefix="/v1", tags=["publications"])

_COUNTS = {"published": 41, "failed": 1, "p50Ms": 100, "p99Ms": 1000}
_EXAMPLE: dict[str, Any] = {
    "brandRef": "acme",
    "since": "2027-01-15",
    "until": "2027-01-15",
    "channels": [
        {"channel": CONTENT["publications"][0]["channel"], **_COUNTS, "days": [{"date": "2027-01-15", **_COUNTS}]}
    ],
}


@router.get(
    "/insights",
    operation_id="insights.get",
    responses={**shows(200, _EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read insights",
)
async def get_insights(
    services: TheServices,
    principal: ContentReader,
    brand_ref: Annotated[
        str | None, Query(alias="brandRef", description="Absent: every brand that the key may see.")
    ] = None,
    since: Annotated[
        Day | None, Query(description=f"The first day, in UTC. Absent: {DAYS} days with the last one.")
    ] = None,
    until: Annotated[Day | None, Query(description="The last day, in UTC. Absent: today.")] = None,
) -> Insights:
    """How many publications were published and failed, by network and day, and how late the published ones were.

    A publication counts on the day it was due. Lateness runs from that time to the start of the call that publishes it.
    """
    first, last = _range(since, until, services.clock.now().date())
    named = brand_ref if brand_ref is not None else own_brand(principal)
    if named is not None:
        await services.brands.get(named, principal)
    edges = [datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1))]
    async with services.database.read() as session:
        tallies = await tallies_of(session, named, *edges)
    return insights_of(named, first, last, tallies, services.channels.by_name)


def _range(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The first and the last day. ProblemError 422 for none, too many, and those at the calendar's ends."""
    given = [day for day in (since, until) if day is not None]
    if any(not 2 <= day.year <= 9998 for day in given):
        name = "since" if since is not None and not 2 <= since.year <= 9998 else "until"
        raise _refused(name, "TIME_FORMAT", "is outside the calendar")
    last = until or max(today, since or today)
    if since is not None and until is None:
        last = min(last, since + timedelta(days=MOST_DAYS - 1))
    first = since or last - timedelta(days=DAYS - 1)
    if last < first:
        raise _refused("until", "RANGE_EMPTY", "until is not before since")
    if (last - first).days >= MOST_DAYS:
        raise _refused("until", "RANGE_TOO_LONG", f"at most {MOST_DAYS} days at a time")
    return first, last


def _refused(name: str, code: str, message: str) -> Exception:
    return refused([Problem(pointer=f"?{name}", code=code, message=message, rule=code.lower())])
