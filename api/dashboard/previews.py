"""The files of posts, as pages show them."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import not_found
from api.dashboard.page_data import TheReader, TheViewer
from api.dashboard.render import PageRoute
from api.deps import TheServices
from api.media_response import stored_response

router = APIRouter(route_class=PageRoute)


@router.get("/previews/{media_id}")
async def show_media(
    request: Request, media_id: str, reader: TheReader, viewer: TheViewer, services: TheServices
) -> Response:
    """The stored copy of a media file, for keys that may see it."""
    media = await reader.get(f"/v1/media/{quote(media_id, safe='')}")
    try:
        answer = await stored_response(request, services.media_store, media["sha256"])
    except FileNotFoundError:
        raise not_found("media", media_id) from None
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
