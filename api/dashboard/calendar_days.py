"""The days that a view of the calendar shows, and what stands on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from api.dashboard.hours import Hour
from api.languages.catalogue import gettext
from api.languages.formats import day as written_day

View = Literal["month", "week", "day"]
# Until its claim a content can be moved; the API has the last word.
MOVABLE = frozenset({"accepted", "queued"})
Json = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A content at its time. `local` is how a form writes that time, in the calendar's zone."""

    content: Json
    at: datetime
    draft: None = None

    @property
    def local(self) -> str:
        """Date and time to the second, without an offset."""
        return self.at.replace(tzinfo=None).isoformat(timespec="seconds")

    @property
    def movable(self) -> bool:
        """Whether a new time is worth offering."""
        return self.content["status"] in MOVABLE

    @property
    def title(self) -> str:
        """The first line of its text, else a description."""
        lines = (self.content["text"] or "").strip().splitlines()
        if lines:
            return str(lines[0])
        return gettext("Media without text") if self.content["media"] else gettext("Without text")


@dataclass(frozen=True)
class DraftEntry:
    """A draft that names a time, at that time."""

    draft: Json
    at: datetime

    @property
    def title(self) -> str:
        """The first line of its text, else a description."""
        text = self.draft["content"].get("text")
        lines = text.strip().splitlines() if isinstance(text, str) else []
        return str(lines[0]) if lines else gettext("Without text")


@dataclass
class Day:
    """A day and the first of what is due on it. `outside`: of the month before or after; `more`: not shown; `brand`:
    the one it is about, where several stand side by side; `hours`: in views that show them; `free`: weekly times that
    no post has taken; `drafts`: those that name a time of it."""

    on: date
    today: bool
    outside: bool
    entries: Sequence[Entry] = ()
    more: int = 0
    brand: Json | None = None
    hours: Sequence[Hour] = ()
    free: Sequence[datetime] = ()
    drafts: Sequence[DraftEntry] = ()

    @property
    def id(self) -> str:
        """The id of the day's element in the page; one day of several brands has several."""
        return f"day-{self.on.isoformat()}" + (f"-{self.brand['ref']}" if self.brand else "")


@dataclass(frozen=True)
class Span:
    """The days that a view shows, and where its neighbours are."""

    view: View
    first: date
    last: date
    middle: date

    @classmethod
    def around(cls, day: date, view: View) -> Span:
        """This day, its week from Monday, or the whole weeks that show its month."""
        if view == "day":
            return cls(view, day, day, day)
        if view == "week":
            first = day - timedelta(days=day.weekday())
            return cls(view, first, first + timedelta(days=6), day)
        month = day.replace(day=1)
        last = _next_month(month) - timedelta(days=1)
        return cls(view, month - timedelta(days=month.weekday()), last + timedelta(days=6 - last.weekday()), day)

    @property
    def title(self) -> str:
        """`March 2027`, the week's first and last day, or the day."""
        match self.view:
            case "month":
                return written_day(self.middle, "LLLL y")
            case "week":
                first, last = written_day(self.first, "d MMMM"), written_day(self.last, "d MMMM y")
                return gettext("%(first)s to %(last)s") % {"first": first, "last": last}
        return written_day(self.first, "EEEE d MMMM y")

    @property
    def before(self) -> date:
        """The last day of the span before."""
        return (self.middle.replace(day=1) if self.view == "month" else self.first) - timedelta(days=1)

    @property
    def after(self) -> date:
        """The first day of the span after."""
        return _next_month(self.middle.replace(day=1)) if self.view == "month" else self.last + timedelta(days=1)

    def days(self, today: date) -> list[Day]:
        """The days of the shown span, without posts. In a month, days of its neighbours are marked."""
        count = (self.last - self.first).days + 1
        dates = [self.first + timedelta(days=number) for number in range(count)]
        month = self.middle.month if self.view == "month" else None
        return [Day(each, each == today, month is not None and each.month != month) for each in dates]


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def within_reach(day: date) -> date:
    """Far enough from the calendar's ends that a month before and after can be named."""
    return min(max(day, date(2000, 1, 1)), date(9000, 1, 1))
