"""The OpenAPI document and the pages made of it, as bytes. A thread builds them when the process starts; they are kept.

Anyone may request them, as often as they like: to build one for each request takes the time of all other requests, and
to build the document in the event loop stops them all for 0.3 s.
"""

from __future__ import annotations

import asyncio
from functools import cache, cached_property
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import JSONResponse

from api.documentation import HERE
from api.documentation.markdown import fragment, inline
from api.documentation.operations import groups, operation_of
from api.http.conditional import tag_of


class ApiPages:
    """The document and its pages. `pages` has at most the index, as "", and a page for each operation."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.pages: dict[str, bytes] = {}

    def build(self) -> None:
        """Build all but the pages of single operations, and the first of those, which prepares the others."""
        _ = self.tag
        self.index()
        self.page(next(iter(next(iter(self.document["paths"].values())).values()))["operationId"])

    @cached_property
    def json(self) -> bytes:
        """The OpenAPI document as JSON."""
        return bytes(JSONResponse(self.document).body)

    @cached_property
    def tag(self) -> str:
        """The ETag of the OpenAPI document, in quotes."""
        return f'"{tag_of(self.json)}"'

    def index(self) -> bytes:
        """The page that lists every operation, by subject."""
        if "" not in self.pages:
            self.pages[""] = self._render("api.html", info=self.document["info"], current="")
        return self.pages[""]

    def page(self, operation_id: str) -> bytes | None:
        """The page of an operation; None if there is no such operation, and nothing is kept then."""
        if operation_id and operation_id not in self.pages:
            operation = operation_of(self.document, operation_id)
            if operation is None:
                return None
            self.pages[operation_id] = self._render("operation.html", operation=operation, current=operation_id)
        return self.pages.get(operation_id)

    def _render(self, template: str, **values: Any) -> bytes:
        return (
            _environment()
            .get_template(template)
            .render(groups=groups(self.document), top="/docs/", asked="", **values)
            .encode()
        )


async def api_pages(app: FastAPI) -> ApiPages:
    """The application's document and its pages, built once."""
    async with app.state.api_pages_lock:
        kept: ApiPages | None = getattr(app.state, "api_pages", None)
        if kept is None:
            kept = app.state.api_pages = await asyncio.to_thread(_build, app)
        return kept


def _build(app: FastAPI) -> ApiPages:
    made = ApiPages(app.openapi())
    made.build()
    return made


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # Our own Markdown, from the descriptions of our own document.
    made.filters["markdown"] = lambda text: Markup(fragment(text))  # noqa: S704
    made.filters["inline"] = lambda text: Markup(inline(text))  # noqa: S704
    return made
