"""The OpenAPI document, and the pages made of it on the server, with a form that tries each operation.

Neither is in the document: it describes what a client calls, and these are where one reads how. Every asset is served
by us, so no third party learns who reads them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from api.auth import not_found
from api.deps import TheServices
from api.documentation import HERE
from api.documentation.markdown import fragment, inline
from api.documentation.operations import groups, operation_of
from api.example_dates import document_on

router = APIRouter(prefix="/docs/api", include_in_schema=False)
document = APIRouter(include_in_schema=False)

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
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@document.api_route("/openapi.json", methods=["GET", "HEAD"])
async def show_document(request: Request, services: TheServices) -> Response:
    """The OpenAPI document."""
    return JSONResponse(document_on(request.app, services.clock.now().date()))


@router.get("")
async def show_operations(request: Request, services: TheServices) -> Response:
    """Every operation, by subject."""
    described = document_on(request.app, services.clock.now().date())
    return _page("api.html", described, info=described["info"], current="")


@router.get("/assets/{name}")
async def show_asset(name: str) -> Response:
    """One of the pages' own files."""
    if name not in ASSETS:
        raise not_found("asset", name)
    return FileResponse(HERE / "assets" / name, media_type=ASSETS[name], headers=KEPT)


@router.get("/{operation_id}")
async def show_operation(request: Request, services: TheServices, operation_id: str) -> Response:
    """One operation: what it takes and answers, and a form that sends it."""
    described = document_on(request.app, services.clock.now().date())
    operation = operation_of(described, operation_id)
    if operation is None:
        raise not_found("operation", operation_id)
    return _page("operation.html", described, operation=operation, current=operation_id)


def _page(template: str, described: dict[str, Any], **values: Any) -> Response:
    html = _environment().get_template(template).render(groups=groups(described), **values)
    return HTMLResponse(html, headers=HEADERS)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # Our own Markdown, from the descriptions of our own document.
    made.filters["markdown"] = lambda text: Markup(fragment(text))  # noqa: S704
    made.filters["inline"] = lambda text: Markup(inline(text))  # noqa: S704
    return made
