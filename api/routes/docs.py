"""The OpenAPI document, and the pages made of it on the server, with a form that tries each operation.

Neither is in the document: it describes what a client calls, and these are where one reads how. Every asset is served
by us, so no third party learns who reads them.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from api.auth import not_found
from api.documentation import HERE
from api.documentation.api_pages import api_pages
from api.http.turns import ONE_A_TURN

router = APIRouter(prefix="/docs/api", include_in_schema=False, dependencies=[ONE_A_TURN])
document = APIRouter(include_in_schema=False, dependencies=[ONE_A_TURN])

ASSETS = {
    "api.css": "text/css",
    "filter.js": "text/javascript",
    "request.js": "text/javascript",
    "try.js": "text/javascript",
}
KEPT = {"Cache-Control": "public, max-age=300"}
# Our own script, which calls this installation only.
HEADERS = KEPT | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@document.api_route("/openapi.json", methods=["GET", "HEAD"])
async def show_document(request: Request) -> Response:
    """The OpenAPI document as JSON, with its ETag."""
    kept = await api_pages(request.app)
    return Response(kept.json, headers=KEPT | {"ETag": kept.tag}, media_type="application/json")


@router.get("")
async def show_operations(request: Request) -> Response:
    """The page that lists every operation, by subject."""
    kept = await api_pages(request.app)
    return HTMLResponse(kept.index(), headers=HEADERS)


@router.get("/assets/{name}")
async def show_asset(name: str) -> Response:
    """One of the pages' own files."""
    if name not in ASSETS:
        raise not_found("asset", name)
    return FileResponse(HERE / "assets" / name, media_type=ASSETS[name], headers=KEPT)


@router.get("/{operation_id}")
async def show_operation(request: Request, operation_id: str) -> Response:
    """One operation: what it takes and answers, and a form that sends it."""
    page = (await api_pages(request.app)).page(operation_id)
    if page is None:
        raise not_found("operation", operation_id)
    return HTMLResponse(page, headers=HEADERS)
