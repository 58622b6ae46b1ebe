"""The pages that a profile's owner sees while connecting: server-rendered, autoescaped, with assets of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse

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


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page as it is sent."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(**values), status, HEADERS)
