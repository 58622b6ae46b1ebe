"""HTML from templates, autoescaped: captions and names come from callers of the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

PAGE_FOLDER = Path(__file__).parent / "page"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(PAGE_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
# Headers of every page; each page adds its own content security policy.
PRIVATE_PAGE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}


def render(template: str, **values: Any) -> str:
    return ENVIRONMENT.get_template(template).render(**values)
