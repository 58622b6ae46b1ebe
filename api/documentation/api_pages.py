"""The OpenAPI document and the pages made of it, as bytes. Each is built for its first reader, then kept.

Anyone may request them, as often as they like: to build one for each request takes the time of all other requests.
"""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.responses import JSONResponse

from api.conditional import tag_of
from api.documentation import HERE
from api.documentation.markdown import fragment, inline
from api.documentation.operations import groups, operation_of
from api.example_dates import document_on


class ApiPages:
    """One document and its pages. `pages` has at most the index, as "", and a page for each operation."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.pages: dict[str, bytes] = {}

    @cached_property
    def json(self) -> bytes:
        """The document."""
        return bytes(JSONResponse(self.document).body)

    @cached_property
    def tag(self) -> str:
        """The document's ETag."""
        return f'"{tag_of(self.json)}"'

    def index(self) -> bytes:
        """Every operation, by subject."""
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
        return _environment().get_template(template).render(groups=groups(self.document), **values).encode()


def api_pages(app: FastAPI, today: date) -> ApiPages:
    """The document of that day and its pages. The application keeps those of one document only."""
    document = document_on(app, today)
    kept: ApiPages | None = getattr(app.state, "api_pages", None)
    if kept is None or kept.document is not document:
        app.state.api_pages = kept = ApiPages(document)
    return kept


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # Our own Markdown, from the descriptions of our own document.
    made.filters["markdown"] = lambda text: Markup(fragment(text))  # noqa: S704
    made.filters["inline"] = lambda text: Markup(inline(text))  # noqa: S704
    return made
