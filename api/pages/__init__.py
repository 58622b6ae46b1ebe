"""The pages for people without an account, owners of profiles and reviewers: server-rendered, autoescaped, with assets
of our own, and the look of their brand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.languages import templates
from api.languages.choice import language_headers
from api.pages.look import Look, brand_look
from api.process.services import Services

FOLDER = Path(__file__).parent
ASSETS = FOLDER / "assets"
# One icon for everything in a browser.
ICON = FOLDER.parent / "dashboard" / "assets" / "icon.svg"
# Nothing but our own style: no script, no frame around us, and the network does not learn our addresses. Our own forms
# do send their origin ("no-referrer" would turn it into "null"), so that a form of another site is refused.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


templates.install(_ENVIRONMENT)


def page(
    template: str, look: Look, status: int = 200, *, request: Request | None = None, **values: Any
) -> HTMLResponse:
    """A page as it is sent, in the language of the request. It offers the other languages if it is given the request,
    whose address must then be one that a browser may load again."""
    here = request.url.path if request else None
    made = _ENVIRONMENT.get_template(template).render(here=here, look=look, **values)
    return HTMLResponse(made, status, HEADERS | language_headers())


async def brand_page(
    template: str,
    brand_ref: str | None,
    services: Services,
    status: int = 200,
    *,
    until: datetime | None = None,
    request: Request | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page of a brand, with its name as `brand` and its look; without one the installation's. `until`: when the link
    ends that led to it."""
    look, shown = await brand_look(brand_ref, services)
    if until is not None:
        look = look.ending(until, shown.timezone if shown is not None else "UTC")
    values = {"brand": shown.name if shown is not None else brand_ref} | values
    return page(template, look, status, request=request, **values)
