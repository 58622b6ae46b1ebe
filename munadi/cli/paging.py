"""How answers are shown to people: a page as a table with the hint that there is another one, an object as facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from munadi.cli.output import Cell, Output, status
from munadi.cli.post_output import clock_time

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


def facts_of(rows: Mapping[str, Column]) -> Callable[[Output, Any], None]:
    """A function that prints an object: these rows, then every field that they have not read, under its own name."""

    def print_facts(out: Output, answer: Any) -> None:
        entry = _Read(answer)
        known = [(head, entry[column] if isinstance(column, str) else column(entry)) for head, column in rows.items()]
        out.facts([*known, *((name, _plain(name, answer[name])) for name in answer if name not in entry.read)])

    return print_facts


class _Read(dict[str, Any]):
    """An answer that notes which of its fields were read."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def _plain(name: str, value: Any) -> Cell | None:
    """A value of any field as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(str(_plain(name, each)) for each in value)
    if isinstance(value, dict):
        return " ".join(f"{inner}={_plain(inner, each)}" for inner, each in value.items() if each is not None)
    if isinstance(value, str) and name.endswith(("At", "Since", "Until")):
        return clock_time(value)
    return None if value is None else str(value)


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
