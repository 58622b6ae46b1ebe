"""Reads recurrence rules (RFC 5545, 3.3.10) and computes their dates by python-dateutil.

Only rules of days are taken, with at most one occurrence on a day, and only parts that together have dates within few
steps: the library looks for the next date until the year 9999, so a rule that has none would keep a processor busy for
seconds. What is left takes a tenth of a second at worst.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.slots import instant_of

POINTER = "/rrule"
MAX_COUNT, MAX_INTERVAL, MAX_LENGTH = 1_000, 100, 300
# What each frequency takes beside FREQ, INTERVAL, COUNT, UNTIL and WKST.
_PARTS = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY"},
}
_ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# In the longest of its years.
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKS_OF_MONTH = 4  # every month has each weekday so often


class Due(NamedTuple):
    """One date of a rule: its place among all of them, from 0, and its instant."""

    number: int
    on: date
    at: datetime


@dataclass(frozen=True)
class Recurrence:
    """A rule with its first possible local time, and the zone of its dates."""

    dates: rrule
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, start: datetime, zone: ZoneInfo, problems: ProblemCollector) -> Recurrence | None:
        """Read a rule; None, with a problem, for one that is malformed, too large, or without any date. `start` is
        local."""
        try:
            dates = _read(text, start, zone)
        except ValueError as error:
            problems.add(POINTER, "RRULE_REFUSED", str(error))
            return None
        found = cls(dates, zone)
        if next(found.all(), None) is None:
            problems.add(POINTER, "RRULE_REFUSED", "the rule has no date at or after start")
            return None
        return found

    @classmethod
    def stored(cls, text: str, start: str, timezone: str) -> Recurrence:
        """A rule that was read before."""
        zone = ZoneInfo(timezone)
        return cls(_read(text, datetime.fromisoformat(start), zone), zone)

    def all(self) -> Iterator[Due]:
        """Every date, in order."""
        for number, at in enumerate(self.dates):
            yield Due(number, at.date(), instant_of(at.date(), at.time(), self.zone))

    def after(self, day: date) -> Iterator[Due]:
        """The dates after a day."""
        return (due for due in self.all() if due.on > day)


def settled_through(start: datetime, zone: ZoneInfo, now: datetime) -> date:
    """The last day whose occurrence is not to be made any more: today once its time has passed, else yesterday."""
    today = now.astimezone(zone).date()
    has_passed = instant_of(today, start.time(), zone) <= now
    return today if has_passed else today - timedelta(days=1)


def _read(text: str, start: datetime, zone: ZoneInfo) -> rrule:
    """The rule. ValueError, with words for people, for what is not taken."""
    parts = _parts_of(text)
    frequency = parts.get("FREQ", "")
    if frequency not in _PARTS:
        raise ValueError(f"FREQ is one of {', '.join(_PARTS)}: a series has at most one occurrence on a day")
    if unknown := parts.keys() - _ALWAYS - _PARTS[frequency]:
        taken = ", ".join(sorted(_ALWAYS | _PARTS[frequency]))
        raise ValueError(f"{', '.join(sorted(unknown))} is not taken with FREQ={frequency}; it takes {taken}")
    interval = _number(parts, "INTERVAL", 1, MAX_INTERVAL)
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError("give COUNT or UNTIL, not both")
    _number(parts, "COUNT", 1, MAX_COUNT)
    if "WKST" in parts and parts["WKST"] not in _DAYS:
        raise ValueError(f"WKST is one of {', '.join(_DAYS)}")
    _check_days(parts, frequency, interval)
    until = _until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)
    assert isinstance(found, rrule), "one rule makes no set"
    return found.replace(until=until) if until is not None else found


def _parts_of(text: str) -> dict[str, str]:
    text = text.strip().upper().removeprefix("RRULE:")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a rule has at most {MAX_LENGTH} characters")
    parts: dict[str, str] = {}
    for part in text.removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError("write the rule as NAME=VALUE;NAME=VALUE, such as FREQ=WEEKLY;BYDAY=MO,TH")
        if name in parts:
            raise ValueError(f"{name} is there twice")
        parts[name] = value
    return parts


def _number(parts: dict[str, str], name: str, lowest: int, highest: int) -> int:
    value = parts.get(name, "1")
    if not value.isascii() or not value.isdigit() or not lowest <= int(value[:9]) <= highest:
        raise ValueError(f"{name} is a number from {lowest} to {highest}")
    return int(value)


def _check_days(parts: dict[str, str], frequency: str, interval: int) -> None:
    """ValueError for days that are malformed, or that never come."""
    weekdays = parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    for each in weekdays:
        ordinal = each[:-2]
        if each[-2:] not in _DAYS:
            raise ValueError(f"BYDAY is a list of {', '.join(_DAYS)}")
        if ordinal and (frequency in ("DAILY", "WEEKLY") or _signed(ordinal, "BYDAY", _WEEKS_OF_MONTH) == 0):
            raise ValueError(f"{each} is not taken with FREQ={frequency}")
    if weekdays and frequency == "DAILY" and interval % 7 == 0:
        raise ValueError("with FREQ=DAILY, BYDAY and an INTERVAL of weeks every date is one weekday; use FREQ=WEEKLY")
    if weekdays and frequency == "YEARLY" and ("BYMONTH" not in parts or not all(each[:-2] for each in weekdays)):
        raise ValueError("with FREQ=YEARLY give BYDAY with BYMONTH and the number of the weekday, such as 2MO")
    if "BYSETPOS" in parts:
        if not weekdays or any(each[:-2] for each in weekdays):
            raise ValueError("BYSETPOS is taken with a BYDAY of weekdays without numbers")
        for each in parts["BYSETPOS"].split(","):
            _signed(each, "BYSETPOS", _WEEKS_OF_MONTH * len(set(weekdays)))
    if "BYMONTHDAY" in parts and weekdays:
        raise ValueError("give BYDAY or BYMONTHDAY, not both")
    months = [_unsigned(each, "BYMONTH", 12) for each in parts["BYMONTH"].split(",")] if "BYMONTH" in parts else []
    longest = max((_LENGTHS[month - 1] for month in months), default=31)
    for each in parts["BYMONTHDAY"].split(",") if "BYMONTHDAY" in parts else ():
        _signed(each, "BYMONTHDAY", longest)


def _unsigned(text: str, name: str, highest: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= highest:
        raise ValueError(f"{name} has numbers from 1 to {highest}")
    return int(text)


def _signed(text: str, name: str, highest: int) -> int:
    """A number from either end: 1 is the first, -1 the last."""
    try:
        return _unsigned(text.removeprefix("-").removeprefix("+"), name, highest)
    except ValueError:
        raise ValueError(f"{name} has numbers from 1 to {highest}, or from -{highest} to -1") from None


def _until(text: str, zone: ZoneInfo) -> datetime:
    """The last local time: the end of a day, or an instant."""
    for form in ("%Y%m%d", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S"):
        try:
            at = datetime.strptime(text, form)  # noqa: DTZ007 - local
        except ValueError:
            continue
        if form.endswith("Z"):
            return at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return at if "T" in form else at + timedelta(hours=23, minutes=59, seconds=59)
    raise ValueError("UNTIL is a day or a time, such as 20271231 or 20271231T235959Z")
