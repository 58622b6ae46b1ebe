"""`/docs/`: the documentation as pages, each page as its Markdown, and a search in all of them."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse

from api.auth import not_found
from api.documentation import HERE
from api.documentation.api_pages import api_pages
from api.documentation.folder import TYPES, files, moved, page_at
from api.documentation.markdown import page_of
from api.documentation.navigation import INDEX, language_of, neighbours, relative, sections, shown_as
from api.documentation.search import MOST_CHARACTERS, Search, parts_of_operations, parts_of_pages
from api.http.turns import ONE_A_TURN

router = APIRouter(prefix="/docs", include_in_schema=False, dependencies=[ONE_A_TURN])

# What pages are made of, besides their pictures: our style and script, and the dashboard's icon.
ASSETS = {
    "style.css": (HERE / "assets" / "style.css", "text/css"),
    "copy.js": (HERE / "assets" / "copy.js", "text/javascript"),
    "icon.svg": (HERE.parent / "dashboard" / "assets" / "icon.svg", "image/svg+xml"),
}
KEPT = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}
# Our own style, script and pictures: nothing of others, no frame around us.
HEADERS = KEPT | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@router.get("")
async def go_to_index() -> Response:
    """The index has a slash, so that its links are relative to it."""
    return RedirectResponse("docs/", 308)


@router.get("/search")
async def search(request: Request, q: Annotated[str, Query()] = "") -> Response:
    """The parts of the documentation, and the operations of the API, that have these words."""
    index = await _index(request)
    asked = q.strip()[:MOST_CHARACTERS]
    found = await asyncio.to_thread(index.find, asked)
    return HTMLResponse(_filled("search.html", "search", asked=asked, found=found), headers=HEADERS)


async def _index(request: Request) -> Search:
    """The index of this application, made by the first search: that takes a second, and most processes have none."""
    pages, state = await api_pages(request.app), request.app.state
    async with state.api_pages_lock:
        if not hasattr(state, "search"):
            state.search = await asyncio.to_thread(
                lambda: Search([*parts_of_pages(files()), *parts_of_operations(pages.document)])
            )
    index: Search = state.search
    return index


@router.get("/{address:path}")
async def show(address: str, accept: Annotated[str, Header()] = "") -> Response:
    """A page, its Markdown, a picture, or our style."""
    known = files()
    if address in ASSETS:
        path, kind = ASSETS[address]
        return FileResponse(path, media_type=kind, headers=KEPT)
    if address in known:
        return _file(address)
    name = page_at(address, known)
    if name is not None:
        # To render a page takes up to 0.1 s the first time, which others need not wait for.
        return _file(name) if prefers_markdown(accept) else await asyncio.to_thread(_page, name)
    place = moved(address, known)
    if place is None:
        raise not_found("page", address)
    return RedirectResponse(place, 308)


def prefers_markdown(accept: str) -> bool:
    """Whether an Accept header puts Markdown before HTML; a browser's, or `*/*`, does not."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        weights[kind] = max(weights.get(kind, 0), _weight(parameters))
    return weights.get("text/markdown", 0) > weights.get("text/html", 0)


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0
    return 1


def _file(name: str) -> Response:
    path = files()[name]
    return FileResponse(path, media_type=TYPES[path.suffix], headers=KEPT)


def _page(name: str) -> Response:
    changed = tuple(files()[each].stat().st_mtime_ns for each in (name, INDEX))
    return HTMLResponse(_rendered(name, changed), headers=HEADERS)


# A page is made of its own file and of the navigation in the index: rendered once for each change of them.
@lru_cache(maxsize=256)
def _rendered(name: str, changed: tuple[int, ...]) -> bytes:
    known = files()
    page = page_of(known[name])
    before, after = neighbours(name, known)
    contents = [heading for heading in page.headings if heading.level == 2]
    body = Markup(page.html)  # noqa: S704  our own Markdown
    return _filled("page.html", name, page=page, body=body, contents=contents, before=before, after=after)


def _filled(template: str, name: str, **values: Any) -> bytes:
    known = files()
    html = _TEMPLATES.get_template(template).render(
        name=name,
        current=shown_as(name, known),
        sections=sections(known),
        top="../" * name.count("/"),
        relative=relative,
        language=language_of,
        **{"asked": "", **values},
    )
    return html.encode()
