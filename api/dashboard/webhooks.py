"""The webhook pages: all endpoints with their health; one endpoint with its deliveries and their attempts."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.deps import MAX_PAGE
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryStatus

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
PER_PAGE = 25
TYPES = tuple(each.value for each in EventType)
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/webhooks")
async def show_endpoints(request: Request, reader: TheReader, cursor: Cursor = None) -> Response:
    """Every endpoint that the key may see, and a form for a new one."""
    page = await reader.get("/v1/webhooks/endpoints", limit=MAX_PAGE, cursor=cursor)
    brands = await reader.get_if_allowed("/v1/brands", limit=MAX_PAGE) or {"data": []}
    return render(request, "webhooks.html", page=page, cursor=cursor, brands=brands["data"], types=TYPES)


@router.get("/webhooks/{endpoint_id}")
async def show_endpoint(
    request: Request,
    reader: TheReader,
    endpoint_id: str,
    status: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = None,
) -> Response:
    """One endpoint with its deliveries, the newest first."""
    endpoint = await reader.get(f"/v1/webhooks/endpoints/{quote(endpoint_id, safe='')}")
    deliveries = await reader.get(
        "/v1/webhooks/deliveries", endpointId=endpoint["id"], status=status, limit=PER_PAGE, cursor=cursor
    )
    return render(
        request,
        "webhook.html",
        endpoint=endpoint,
        page=deliveries,
        cursor=cursor,
        wanted=status,
        statuses=[each.value for each in DeliveryStatus],
        types=TYPES,
    )
