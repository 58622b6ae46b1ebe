"""What a calendar entry shows when it is opened: the picture, the text, the state on each network, and what can be
done."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dashboard.content import allowed_changes
from api.dashboard.editing import can_be_edited
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render

router = APIRouter(route_class=PageRoute)


@router.get("/contents/{content_id}/card")
async def show_card(request: Request, content_id: str, reader: TheReader, frame: TheFrame) -> Response:
    """A part of a page, which the calendar asks for when a person opens an entry."""
    content = await reader.get(f"/v1/contents/{quote(content_id, safe='')}")
    return render(
        request,
        "calendar_entry.html",
        content=content,
        can=allowed_changes(content),
        is_editable=can_be_edited(content, reader.viewer),
        zone=frame.choice.zone_of(content["brandRef"]),
    )
