"""The page of what became of posts in the last 30 days, and how late they were, by network."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dashboard import charts
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render

router = APIRouter(route_class=PageRoute)


@router.get("/insights")
async def show_insights(request: Request, reader: TheReader, frame: TheFrame) -> Response:
    """The page, for the chosen brand or for all that the key may see."""
    insights = await reader.get("/v1/insights", brandRef=frame.choice.filter)
    networks = [
        (channel, charts.outcomes_chart(channel["days"]), charts.lateness_chart(channel["days"]))
        for channel in insights["channels"]
    ]
    return render(request, "insights.html", insights=insights, networks=networks, size=charts, zone="UTC")
