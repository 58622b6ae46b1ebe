"""Server-rendered HTML, autoescaped: captions and names come from whoever calls the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

PAGE_FOLDER = Path(__file__).parent / "page"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(PAGE_FOLDER / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def render(template: str, **values: Any) -> str:
    return ENVIRONMENT.get_template(template).render(**values)
