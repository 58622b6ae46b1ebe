"""Prints a timeline of what a program that uses Munadi sees."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from munadi.cli.output import Cell, Output
from munadi.cli.post_output import event_words

WIDTH = 16  # of the longest name of a network, and a space


class Timeline:
    """Prints lines with the seconds since the chapter's start, which may be in the future. Thread-safe."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._zero = datetime.now(UTC)

    def chapter(self, title: str, zero: datetime | None = None) -> None:
        """Restart the clock: zero is now, or the given instant."""
        with self._lock:
            self._zero = zero or datetime.now(UTC)
            self._out.line()
            self._out.line((title, "bold"))

    def says(self, who: str, *words: Cell, at: datetime | None = None) -> None:
        """Print one line, with the current time unless `at` is given."""
        with self._lock:
            self._out.line((f"  {self.clock(at or datetime.now(UTC))}  ", "dim"), f"{who:<{WIDTH}}", *words)

    def event(self, event: Any) -> None:
        """Print a status change that the API reports."""
        words, at = event_words(event), datetime.fromisoformat(event["timestamp"])
        if event["type"] == "content.accepted":
            self.says("content", words[0], f"  {event['contentId']}", at=at)
            self.note("Munadi has stored the post. It is not published yet.")
            return
        # The reason and the place are printed in full at the end.
        details = words[1:] if event["type"] == "content.completed" else []
        self.says(event["sns"] or "content", words[0], *details, at=at)

    def note(self, text: str) -> None:
        """Print a note about the line above."""
        with self._lock:
            self._out.line((" " * (12 + WIDTH) + text, "dim"))

    def heading(self, who: str, *words: Cell) -> None:
        """Print a summary line without a time."""
        with self._lock:
            self._out.line(f"  {who:<{WIDTH}}", *words)

    def detail(self, name: str, value: str | None) -> None:
        """A fact that belongs to the line above; some are too long to stand behind a time."""
        with self._lock:
            self._out.line((f"      {name:<5} ", "dim"), value or "none")

    def clock(self, at: datetime) -> str:
        """An instant as seconds from zero; the width is always the same."""
        return f"{(at - self._zero).total_seconds():+6.1f} s"
