"""Lists: the options that they share, and a page as a table with the hint that there is another page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from typer import Option

from munadi.cli.output import Cell, Output, status
from munadi.cli.post_output import clock_time

Limit = Annotated[int | None, Option("--limit", min=1, max=100, help="Rows per page, at most.")]
Cursor = Annotated[str | None, Option("--cursor", metavar="CURSOR", help="The nextCursor of the previous page.")]
OnlyBrand = Annotated[str | None, Option("--brand-ref", metavar="BRAND", help="Only this brand's.")]
# A field's name, or what makes the cell of an entry.
Column = str | Callable[[Any], Cell | None]


def listing(columns: Mapping[str, Column], empty: str = "none") -> Callable[[Output, Any], None]:
    """A function that prints a page as a table with these columns, by their heads; `empty` if it has no entries."""

    def print_page(out: Output, page: Any) -> None:
        rows = [
            [entry.get(column) if isinstance(column, str) else column(entry) for column in columns.values()]
            for entry in page["data"]
        ]
        out.table(list(columns), rows, empty=empty)
        say_more(out, page)

    return print_page


def time_of(field: str) -> Column:
    """A column with the time in this field, as people read it."""
    return lambda entry: clock_time(entry[field])


def status_of(entry: Any) -> Cell:
    """A column with the entry's status in its colour."""
    return status(entry["status"])


def brand_of(entry: Any) -> str:
    """A column with the entry's brand; `all` where it belongs to every brand."""
    return entry["brandRef"] or "all"


def say_more(out: Output, page: Any) -> None:
    """How to get the next page, if there is one."""
    if page.get("nextCursor"):
        out.note((f"more: --cursor {page['nextCursor']}", "dim"))
