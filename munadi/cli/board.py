"""A post's progress, drawn in one place of the terminal: its status, its due time and the newest events.

Only for terminals: a pipe gets a line per event instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from munadi.cli.output import Sheet, status
from munadi.cli.post_output import clock_time, print_event, print_posts

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from munadi.client.shapes import Content, Event

LATEST = 8
DRAWN_PER_SECOND = 4
WAITING = ("accepted", "queued")


class Board:
    """The state to draw. Each event carries a snapshot of the post, so no other request is needed."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._latest: deque[Event] = deque(maxlen=LATEST)

    def take(self, event: Event) -> None:
        """Show an event, and the post as the event knows it if that is newer."""
        self._latest.append(event)
        data: Any = event["data"]  # of any type of event
        seen: Content | None = data.get("content")
        if seen is not None and seen["version"] >= self.content["version"]:
            self.content = seen

    def draw(self, now: datetime) -> list[str]:
        """The lines as plain text."""
        return [line.plain for line in self._sheet(now).lines]

    def render(self) -> RenderableType:
        """The board as rich draws it at this moment."""
        from rich.console import Group

        return Group(*self._sheet(datetime.now(UTC)).lines)

    def _sheet(self, now: datetime) -> Sheet:
        sheet, content = Sheet(), self.content
        sheet.line((content["id"], "bold"), "  ", status(content["status"]), "  ", (self._due(now), "dim"))
        print_posts(sheet, content["publications"])
        for publication in content["publications"]:
            if hold := publication["hold"]:
                until = clock_time(hold["until"]) or "a person acts"
                sheet.line((f"{publication['channel']} is waiting: {hold['reason']}, until {until}", "yellow"))
        sheet.line()
        for event in self._latest:
            print_event(sheet, event)
        return sheet

    def _due(self, now: datetime) -> str:
        scheduled = datetime.fromisoformat(self.content["scheduledAt"])
        left = (scheduled - now).total_seconds()
        if self.content["status"] not in WAITING or left <= 0:
            return f"was due {clock_time(self.content['scheduledAt'])}"
        return f"due {clock_time(self.content['scheduledAt'])}, in {span(left)}"


def watch_on_board(content: Content, events: Iterable[Event], console: Console | None = None) -> None:
    """Draw until the events end, then erase the drawing. Notes printed meanwhile appear above it."""
    from rich.live import Live

    board = Board(content)
    rate = DRAWN_PER_SECOND
    with Live(console=console, get_renderable=board.render, refresh_per_second=rate, transient=True) as live:
        for event in events:
            board.take(event)
            live.refresh()


def span(seconds: float) -> str:
    """A length of time as people say it: the two largest units."""
    left = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
