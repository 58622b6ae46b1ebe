"""Finds the documentation's files, and the file of a URL.

Only files that were found in the folder are served: a URL is looked up, never joined to a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from api.documentation import HERE

FOLDER = HERE.parents[1] / "docs"
TYPES = {".md": "text/markdown", ".png": "image/png", ".svg": "image/svg+xml", ".json": "application/json"}


@cache
def files(folder: Path = FOLDER) -> Mapping[str, Path]:
    """Every file of the documentation by its path in the folder, such as `guides/idempotency.md`."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in TYPES and path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def page_at(address: str, known: Mapping[str, Path]) -> str | None:
    """The page at an address below `/docs/`: `tutorial` is `tutorial.md`, `reference/` is `reference/index.md`."""
    if _last(address) == "index":
        return None
    name = f"{address}.md" if _last(address) else f"{address}index.md"
    return name if name in known else None


def moved(address: str, known: Mapping[str, Path]) -> str | None:
    """The redirect of a nearly correct URL, relative to it; None if there is no such page."""
    if _last(address) == "index" and f"{address}.md" in known:
        return "./"
    bare = address.rstrip("/")
    if bare != address and f"{bare}.md" in known:
        return f"../{_last(bare)}"
    return f"{_last(address)}/" if f"{address}/index.md" in known else None


def _last(address: str) -> str:
    return address.rpartition("/")[2]
