"""Command output: text for people, or only JSON on standard output.

Lines are never wrapped or cut, so that a pipe gets whole ids. Only terminals get colour.

Rule: texts of posts and of networks are shown with their control characters written out, also in JSON. A terminal
would obey them: clear the screen, set the clipboard, or show a text backwards.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES = {
    "accepted": "cyan",
    "queued": "cyan",
    "publishing": "yellow",
    "published": "green",
    "partially_published": "yellow",
    "failed": "red",
    "unconfirmed": "magenta",
    "canceled": "dim",
    "connected": "green",
    "expiring": "yellow",
    "reauth_required": "red",
    "delivered": "green",
    "exhausted": "red",
    "completed": "bold",
    "held": "yellow",
}
GAP = "  "
# Tabs and line feeds stay, and carriage returns are dropped. The others are shown as in JSON.
_SHOWN = {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\t\n"
} | {ord("\r"): ""}

Cell = str | tuple[str, str]


class Output:
    """Prints a command's output. In JSON mode only `json` and `data` print to standard output."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def json(self, value: Any) -> None:
        """One JSON document on one line."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False).translate(_SHOWN) + "\n")
        sys.stdout.flush()

    def line(self, *parts: Cell) -> None:
        """A line for people; a part may be a pair of text and style."""
        if not self.as_json:
            _console(sys.stdout).print(_text(parts), soft_wrap=True)

    @property
    def is_live(self) -> bool:
        """Whether the output is a terminal that can redraw."""
        return not self.as_json and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    def note(self, *parts: Cell) -> None:
        """A line beside the result: progress, warnings, errors. On standard error."""
        if not self.as_json:
            _console(sys.stderr).print(_text(parts), soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Cell | None]], empty: str = "none") -> None:
        """Aligned columns without lines; prints `empty` if there are no rows."""
        cells = [[_cell(value) for value in row] for row in rows]
        if not cells:
            self.line((empty, "dim"))
            return
        everything = [[(head, "dim") for head in heads], *cells]
        widths = [max(_width(row[index][0]) for row in everything) for index in range(len(heads))]
        for row in everything:
            self.line(*_padded(row, widths))

    def facts(self, facts: Iterable[tuple[str, Cell | None]]) -> None:
        """Names and values, one per line; empty values are left out."""
        given = [(name, _cell(value)) for name, value in facts if value not in (None, "")]
        width = max((len(name) for name, _ in given), default=0)
        for name, value in given:
            self.line((name.ljust(width), "dim"), GAP, value)


class Sheet(Output):
    """An Output that collects lines in place of printing them, for a live view."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Text] = []

    def line(self, *parts: Cell) -> None:
        """Collect a line. The live view cuts it at the terminal's width."""
        text = _text(parts)
        text.no_wrap, text.overflow = True, "ellipsis"
        self.lines.append(text)


def status(name: str) -> Cell:
    """A status in its colour."""
    return (name, STYLES.get(name, ""))


def _cell(value: Cell | None) -> tuple[str, str]:
    if value is None:
        return ("-", "dim")
    text, style = value if isinstance(value, tuple) else (value, "")
    return (text.translate(_SHOWN), style)


def _padded(row: Sequence[tuple[str, str]], widths: Sequence[int]) -> list[Cell]:
    parts: list[Cell] = []
    for index, (text, style) in enumerate(row):
        last = index == len(row) - 1
        parts.append((text if last else text + " " * (widths[index] - _width(text)) + GAP, style))
    return parts


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, markup=False, highlight=False, emoji=False)


def _text(parts: Sequence[Cell]) -> Text:
    from rich.text import Text

    return Text.assemble(*map(_cell, parts))
