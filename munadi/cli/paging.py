"""The two options of every list, and what to say when there is more."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from munadi.cli.output import Output

Limit = Annotated[int | None, Option("--limit", min=1, max=100, help="How many at most.")]
Cursor = Annotated[str | None, Option("--cursor", metavar="CURSOR", help="The nextCursor of the page before.")]


def say_more(out: Output, page: Any) -> None:
    """How to get the next page, if there is one."""
    if page.get("nextCursor"):
        out.note((f"more: --cursor {page['nextCursor']}", "dim"))
