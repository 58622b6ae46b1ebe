"""The two paging options of every list, and the hint that there is another page."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Option

from munadi.cli.output import Output

Limit = Annotated[int | None, Option("--limit", min=1, max=100, help="Rows per page, at most.")]
Cursor = Annotated[str | None, Option("--cursor", metavar="CURSOR", help="The nextCursor of the previous page.")]


def say_more(out: Output, page: Any) -> None:
    """How to get the next page, if there is one."""
    if page.get("nextCursor"):
        out.note((f"more: --cursor {page['nextCursor']}", "dim"))
