"""The drafts of a brand, or of all: open one, copy it, delete it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.sections import sections
from api.deps import TheServices

router = APIRouter(route_class=PageRoute)
PAGE = 25


@router.get("/drafts")
async def show_drafts(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Drafts that are not submitted, the newest first."""
    page = await reader.get("/v1/drafts", brandRef=frame.choice.filter, limit=PAGE, cursor=cursor)
    return render(
        request,
        "drafts_page.html",
        page=page,
        cursor=cursor,
        sections=await sections(services, reader.viewer.principal, frame.choice.filter),
        channels_of=lambda content: list(dict.fromkeys(_channels(content))),
    )


def _channels(content: Mapping[str, Any]) -> Iterator[str]:
    """The names of the channels in a draft, which may have anything in their place."""
    channels = content.get("channels")
    for each in channels if isinstance(channels, list) else ():
        name = each.get("channel") if isinstance(each, dict) else each
        if isinstance(name, str):
            yield name
