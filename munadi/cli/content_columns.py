"""The columns of `munadi contents list`: by default what fits a terminal of 80 columns, with the text of each post."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from munadi.cli.output import Cell, Output, status
from munadi.cli.post_output import clock_time
from munadi.process.exits import CommandFailed, Exit

Column = Callable[[Mapping[str, Any]], Cell | None]
DEFAULT = ("id", "status", "due", "text")
WIDTH, LEAST_TEXT = 80, 12
_GAPS = 2 * (len(DEFAULT) - 1)
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def distance(instant: str, now: datetime | None = None) -> str:
    """How far away a time is, in its largest unit: `in 3 d`, `5 min ago`, `now`."""
    seconds = round((datetime.fromisoformat(instant) - (now or datetime.now(UTC))).total_seconds())
    unit, size = next(((unit, size) for unit, size in _UNITS if abs(seconds) >= size), ("", 0))
    if not size:
        return "now"
    amount = abs(seconds) // size
    return f"in {amount} {unit}" if seconds > 0 else f"{amount} {unit} ago"


def one_line(text: str | None) -> str | None:
    """A text without line ends."""
    return " ".join(text.split()) if text else None


COLUMNS: Mapping[str, Column] = {
    "id": lambda content: content["id"],
    "status": lambda content: status(content["status"]),
    "due": lambda content: distance(content["scheduledAt"]),
    "text": lambda content: one_line(content["text"]),
    "scheduled": lambda content: clock_time(content["scheduledAt"]),
    "brand": lambda content: content["brandRef"],
    "channels": lambda content: ",".join(each["channel"] for each in content["publications"]),
    "ref": lambda content: content["clientRef"],
}


def chosen(columns: str | None) -> tuple[str, ...]:
    """The columns of `--columns`, or the default ones. Raises CommandFailed for a name that is none."""
    names = tuple(name.strip() for name in columns.split(",")) if columns is not None else DEFAULT
    if unknown := [name for name in names if name not in COLUMNS]:
        raise CommandFailed(f"there is no column {unknown[0]!r}", Exit.USAGE, f"There are: {', '.join(COLUMNS)}.")
    return names


def print_contents(out: Output, contents: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """The posts, one per line. Ids are whole; by default the text is cut to the width that is left."""
    rows = [[COLUMNS[name](content) for name in columns] for content in contents]
    if tuple(columns) == DEFAULT:
        room = max(WIDTH - _GAPS - _widest(rows), LEAST_TEXT)
        rows = [[*row[:-1], _cut(str(row[-1]), room) if row[-1] else None] for row in rows]
    out.table(list(columns), rows, empty="no contents")


def _widest(rows: Sequence[Sequence[Cell | None]]) -> int:
    """The width of everything before the text."""
    heads = [len(name) for name in DEFAULT[:-1]]
    cells = [[len(cell[0] if isinstance(cell, tuple) else cell or "-") for cell in row[:-1]] for row in rows]
    return sum(max(widths) for widths in zip(heads, *cells, strict=True))


def _cut(text: str, room: int) -> str:
    """The beginning of a text that takes at most `room` columns; wide characters take two."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= room else f"{set_cell_size(text, room - 1).rstrip()}…"
