"""The hours of a day on the calendar: what is due in each, which one is now, and which may still be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

HOURS = 24


class Timed(Protocol):
    """Something at a time of the calendar's zone."""

    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True)
class Hour:
    """An hour of a day's clock with what is due in it. An hour that the clock shows twice has what is due in both.

    `is_open`: a post can be planned in it. `now`: how far the hour has passed, in percent; None outside it.
    """

    on: date
    number: int
    entries: Sequence[Timed]
    is_open: bool
    now: int | None

    @property
    def name(self) -> str:
        """The hour on a clock, such as `09:00`."""
        return f"{self.number:02}:00"

    @property
    def local(self) -> str:
        """Its beginning as forms write it, such as `2027-01-15T09:00`."""
        return f"{self.on.isoformat()}T{self.name}"


def hours_of(day: date, entries: Sequence[Timed], now: datetime, zone: ZoneInfo) -> list[Hour]:
    """The 24 hours of a day. `now` is in the zone."""
    here = now.astimezone(zone)
    return [
        Hour(
            day,
            number,
            [entry for entry in entries if entry.at.hour == number],
            _is_open(day, number, now, zone),
            here.minute * 100 // 60 if (here.date(), here.hour) == (day, number) else None,
        )
        for number in range(HOURS)
    ]


def _is_open(day: date, number: int, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows that hour, and it has not ended."""
    begins = datetime.combine(day, time(number), zone)
    shown = begins.astimezone(UTC).astimezone(zone)
    return shown.hour == number and begins + timedelta(hours=1) > now
