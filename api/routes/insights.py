"""What became of publications, and how late they were: by network and day."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.day_range import day_range, edges_of
from api.deps import ContentReader, TheServices
from api.filters import own_brand
from api.openapi.document import error_responses
from api.openapi.examples import CONTENT, shows
from munadi.db.contents.insights import tallies_of
from munadi.domain.insights import DAYS, Insights, insights_of
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
    first, last = day_range(since, until, services.clock.now().date())
    named = brand_ref if brand_ref is not None else own_brand(principal)
    if named is not None:
        await services.brands.get(named, principal)
    async with services.database.read() as session:
        live_only = principal.leaves_out_tests
        tallies = await tallies_of(session, named, *edges_of(first, last), live_only=live_only)
    return insights_of(named, first, last, tallies, services.channels.by_name)
