"""The usage page: a brand's use in a month, against its limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.languages.formats import day
from munadi.domain.usage import LIMITS

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
# From here on a limit is near.
NEAR = 0.8


@router.get("/usage")
async def show_usage(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    month: Annotated[str | None, Query(max_length=7)] = None,
) -> Response:
    """A calendar month in UTC, this one by default."""
    choice = frame.choice
    usage = await reader.get("/v1/usage", brandRef=choice.ref, month=month) if choice.brand else None
    return render(
        request,
        "usage.html",
        choice=choice,
        zone="UTC",
        usage=usage,
        measures=[
            (facts.title, facts.explanation, usage[facts.usage], level(usage[facts.usage]))
            for facts in LIMITS.values()
            if usage and usage[facts.usage]
        ],
        **(_months(usage) if usage else {}),
    )


def level(measure: Json) -> str:
    """The level of a measure against its limit: `free` without one, else `fine`, `near` or `full`."""
    if measure["limit"] is None:
        return "free"
    if not measure["remaining"]:
        return "full"
    return "near" if measure["limit"] - measure["remaining"] >= NEAR * measure["limit"] else "fine"


def _months(usage: Json) -> Json:
    """The month's name and its neighbours."""
    starts, ends = datetime.fromisoformat(usage["startsAt"]), datetime.fromisoformat(usage["endsAt"])
    before = starts - timedelta(days=1)
    return {"title": day(starts, "LLLL y"), "before": f"{before:%Y-%m}", "after": f"{ends:%Y-%m}"}
