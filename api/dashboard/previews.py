"""The files of posts, as pages show them."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from api.auth import not_found
from api.dashboard.page_data import ReadingFailed, TheReader, TheViewer
from api.dashboard.render import ASSETS, PageRoute
from api.deps import TheServices
from api.http.media_response import stored_response
from munadi.domain.media_facts import MediaRefused
from munadi.media.pool import off_loop
from munadi.media.thumbnail import TYPE, thumbnail

router = APIRouter(route_class=PageRoute)

# A large picture takes a second and much memory to decode, and a list asks for fifty at once.
_DRAWING = asyncio.Semaphore(2)
_KEPT = "private, max-age=3600"
_HEADERS = {"Cache-Control": _KEPT, "X-Content-Type-Options": "nosniff"}


@router.get("/previews/{media_id}")
async def show_media(
    request: Request, media_id: str, reader: TheReader, viewer: TheViewer, services: TheServices
) -> Response:
    """The stored copy of a media file, for keys that may see it; a drawing for a picture that was deleted."""
    try:
        media = await reader.get(f"/v1/media/{quote(media_id, safe='')}")
    except ReadingFailed as error:
        if error.status != 404 or request.headers.get("sec-fetch-dest") != "image":
            raise
        return _drawing("deleted.svg")
    try:
        answer = await stored_response(request, services.media_store, media["sha256"])
    except FileNotFoundError:
        raise not_found("media", media_id) from None
    answer.headers["Cache-Control"] = _KEPT
    if media["kind"] == "document":
        name = quote(media["name"] or media_id, safe="")
        answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer


@router.get("/thumbnails/{media_id}")
async def show_thumbnail(media_id: str, reader: TheReader, services: TheServices) -> Response:
    """A small picture of an image, for keys that may see it; a drawing of a film or of a sheet for what has none. What
    was deleted, or is another brand's, is a drawing of an empty frame: a post outlives its files."""
    try:
        media = await reader.get(f"/v1/media/{quote(media_id, safe='')}")
    except ReadingFailed as error:
        if error.status != 404:
            raise
        return _drawing("deleted.svg")
    try:
        async with _DRAWING:
            small = await off_loop(thumbnail, services.media_store, media["sha256"])
    except FileNotFoundError:
        raise not_found("media", media_id) from None
    except MediaRefused:
        return _drawing("document.svg" if media["kind"] == "document" else "film.svg")
    return Response(small, media_type=TYPE, headers=_HEADERS)


def _drawing(name: str) -> FileResponse:
    return FileResponse(ASSETS / name, media_type="image/svg+xml", headers=_HEADERS)
