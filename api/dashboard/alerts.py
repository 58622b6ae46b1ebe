"""The page of alerts: who hears of trouble, of what and when, how the last message went, and a form for a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.deps import MAX_PAGE

router = APIRouter(route_class=PageRoute)

PER_PAGE = 25


@router.get("/alerts")
async def show_alerts(
    request: Request, reader: TheReader, frame: TheFrame, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The alerts about the chosen brand, or all that the key may see."""
    brand_ref = frame.choice.filter if frame.choice.several else ""
    page = await reader.get("/v1/alerts", brandRef=brand_ref, limit=PER_PAGE, cursor=cursor)
    brands = await reader.get_if_allowed("/v1/brands", limit=MAX_PAGE) or {"data": []}
    return render(request, "alerts.html", page=page, cursor=cursor, brands=brands["data"])
