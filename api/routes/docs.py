"""The pages of the API, made on the server from its own OpenAPI document, with a form that tries each operation.

Every asset is served by us, so no third party learns who reads them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import FileResponse, HTMLResponse

from api.auth import not_found
from api.documentation import HERE
from api.documentation.markdown import fragment, inline
from api.documentation.operations import groups, operation_of

router = APIRouter(prefix="/docs/api", include_in_schema=False)

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


@router.get("")
async def show_operations(request: Request) -> Response:
    """Every operation, by subject."""
    document = request.app.openapi()
    return _page("api.html", document, info=document["info"], current="")


@router.get("/assets/{name}")
async def show_asset(name: str) -> Response:
    """One of the pages' own files."""
    if name not in ASSETS:
        raise not_found("asset", name)
    return FileResponse(HERE / "assets" / name, media_type=ASSETS[name], headers=KEPT)


@router.get("/{operation_id}")
async def show_operation(request: Request, operation_id: str) -> Response:
    """One operation: what it takes and answers, and a form that sends it."""
    document = request.app.openapi()
    operation = operation_of(document, operation_id)
    if operation is None:
        raise not_found("operation", operation_id)
    return _page("operation.html", document, operation=operation, current=operation_id)


def _page(template: str, document: dict[str, Any], **values: Any) -> Response:
    html = _environment().get_template(template).render(groups=groups(document), **values)
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
