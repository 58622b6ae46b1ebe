"""The webhook pages: all endpoints with their health, one with its deliveries, one delivery with both its sides."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.contents import texts_of
from api.dashboard.frame import TheFrame
from api.dashboard.labels import DELIVERIES
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.render import PageRoute, render
from api.languages.catalogue import gettext
from munadi.domain.event import EventType
from munadi.domain.key import Scope
from munadi.domain.webhook import DeliveryStatus

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
PER_PAGE = 25
# How many of an endpoint's newest deliveries its health is shown by.
RECENT = 20
TYPES = tuple(each.value for each in EventType)
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/webhooks")
async def show_endpoints(request: Request, reader: TheReader, frame: TheFrame, cursor: Cursor = None) -> Response:
    """The endpoints that get events of the chosen brand, or all that the key may see, with how their newest deliveries
    went, and a form for a new one."""
    brand_ref = frame.choice.filter if frame.choice.several else ""
    page = await reader.get("/v1/webhooks/endpoints", brandRef=brand_ref, limit=PER_PAGE, cursor=cursor)
    recent = await asyncio.gather(
        *(reader.get("/v1/webhooks/deliveries", endpointId=each["id"], limit=RECENT) for each in page["data"])
    )
    pulses = {each["id"]: pulse(found["data"]) for each, found in zip(page["data"], recent, strict=True)}
    return render(request, "webhooks.html", page=page, pulses=pulses, cursor=cursor, types=TYPES)


@router.get("/webhooks/{endpoint_id}")
async def show_endpoint(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    endpoint_id: str,
    status: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = None,
) -> Response:
    """One endpoint with its deliveries, the newest first."""
    endpoint = await reader.get(f"/v1/webhooks/endpoints/{quote(endpoint_id, safe='')}")
    deliveries = await reader.get(
        "/v1/webhooks/deliveries", endpointId=endpoint["id"], status=status, limit=PER_PAGE, cursor=cursor
    )
    failed = await _last_failed(reader, endpoint, deliveries["data"]) if endpoint["failingSince"] else None
    return render(
        request,
        "webhook.html",
        endpoint=endpoint,
        failed=failed,
        titles=await _titles(reader, deliveries["data"]),
        zone=frame.choice.zone_of(endpoint["brandRef"]),
        about=endpoint["brandRef"],
        pulse=pulse(deliveries["data"][:RECENT]) if not status and cursor is None else None,
        page=deliveries,
        cursor=cursor,
        wanted=status,
        statuses=[each.value for each in DeliveryStatus],
        types=TYPES,
    )


@router.get("/webhooks/deliveries/{delivery_id}")
async def show_delivery(request: Request, reader: TheReader, frame: TheFrame, delivery_id: str) -> Response:
    """One delivery: the newest request as it was sent, beside the response to each attempt."""
    delivery = await reader.get(f"/v1/webhooks/deliveries/{quote(delivery_id, safe='')}")
    endpoint = await reader.get_if_allowed(f"/v1/webhooks/endpoints/{delivery['endpointId']}")
    sent = delivery["request"]
    body = readable(sent["body"]) if sent and sent["body"] is not None else None
    zone = frame.choice.zone_of((endpoint or {"brandRef": None})["brandRef"])
    title = (await _titles(reader, [delivery])).get(delivery["contentId"])
    shown = {"delivery": delivery, "endpoint": endpoint, "sent": sent, "body": body, "zone": zone, "title": title}
    return render(request, "delivery.html", **shown)


async def _titles(reader: Reader, deliveries: Sequence[Json]) -> dict[str, str]:
    """What the posts of deliveries are called, by id; nothing where the key may not read posts."""
    if not reader.viewer.principal.may(Scope.CONTENTS_READ):
        return {}
    return await texts_of(reader, (each["contentId"] for each in deliveries if each["contentId"]))


async def _last_failed(reader: Reader, endpoint: Json, shown: Sequence[Json]) -> Json | None:
    """The newest delivery that the endpoint has refused: among those that are shown, or of its newest ones."""
    found = [each for each in shown if each["attemptLog"] and each["status"] != DeliveryStatus.DELIVERED]
    if not found:
        page = await reader.get("/v1/webhooks/deliveries", endpointId=endpoint["id"], limit=RECENT)
        found = [each for each in page["data"] if each["attemptLog"] and each["status"] != DeliveryStatus.DELIVERED]
    return max(found, key=lambda each: str(each["attemptLog"][-1]["at"]), default=None)


def pulse(deliveries: list[Json]) -> Json:
    """How the newest deliveries went: their statuses, the oldest first, and the same in words."""
    statuses = [each["status"] for each in reversed(deliveries)]
    counts = ", ".join(f"{count} {gettext(DELIVERIES[status])}" for status, count in Counter(statuses).most_common())
    return {"statuses": statuses, "words": counts}


def readable(body: str) -> str:
    """A JSON body with line breaks."""
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
