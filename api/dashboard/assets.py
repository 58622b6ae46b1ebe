"""Serves our own styles, scripts and pictures. Browsers may cache them until they change."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from api.auth import not_found
from api.dashboard.render import ASSETS, assets_version

router = APIRouter(prefix="/assets")

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@router.get("/{version}/{name}")
async def show_asset(version: str, name: str) -> Response:
    """One of the files. Under an older version's address the newest is sent, without caching."""
    path = ASSETS / name
    if path.suffix not in TYPES or name not in {each.name for each in ASSETS.iterdir()}:
        raise not_found("asset", name)
    keeping = "public, max-age=31536000, immutable" if version == assets_version() else "no-store"
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": keeping})
