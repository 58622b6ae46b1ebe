"""One tidy timeline of what a program that uses Munadi sees: status changes, and webhooks as they arrive."""

from __future__ import annotations

import threading
import time
from typing import Any

from munadi.cli.output import Cell, Output
from munadi.cli.story import event_words

WIDTH = 11


class Timeline:
    """Lines with the seconds since the last `chapter`. Threads take turns."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._zero = time.monotonic()

    def chapter(self, title: str) -> None:
        """A new story: its clock starts now."""
        with self._lock:
            self._zero = time.monotonic()
            self._out.line()
            self._out.line((title, "bold"))

    def says(self, who: str, *words: Cell) -> None:
        """One line."""
        with self._lock:
            self._line(who, words)

    def event(self, event: Any) -> None:
        """A status change, as the API tells it."""
        words = event_words(event)
        # Why and where are told in full once the story has ended.
        details = words[1:] if event["type"] == "content.completed" else []
        self.says(event["sns"] or "content", words[0], *details)

    def webhook(self, event: Any) -> None:
        """A webhook whose signature was checked."""
        where = f"{event['sns']} " if event.get("sns") else ""
        self.says("webhook", (f"{where}{event['type']}, signature verified", "dim"))

    def detail(self, name: str, value: str | None) -> None:
        """A fact that belongs to the line above; some are too long to stand behind a time."""
        with self._lock:
            self._out.line((f"      {name:<5} ", "dim"), value or "none")

    def _line(self, who: str, words: tuple[Cell, ...]) -> None:
        seconds = time.monotonic() - self._zero
        self._out.line((f"  {seconds:+6.1f} s  ", "dim"), f"{who:<{WIDTH}}", *words)
