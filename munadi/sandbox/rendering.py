"""HTML from templates, autoescaped: captions and names come from callers of the sandbox."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE_FOLDER = Path(__file__).parent / "page"
# Headers of every page; each page adds its own content security policy.
PRIVATE_PAGE = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin", "cache-control": "no-store"}


def render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader  # at the first page: a test's sandbox shows none

    loader = FileSystemLoader(PAGE_FOLDER / "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
