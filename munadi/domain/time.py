"""Parses times: instants with an offset, or local times with an IANA zone. Pure; `now` is always given.

The DST rule, stated: a local hour that does not exist is refused with the two nearest valid instants; a doubled
one takes `fold` (`earlier` by default, or `later`).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from munadi.domain.model import MAX_ZONE
from munadi.domain.problem import Problem, ProblemsFound, shortened

HORIZON = timedelta(days=366)
DEFAULT_WINDOW = timedelta(hours=24)
# How alike a wrong name of a time zone and the right one must be.
_LIKE = 0.8


def _in_utc(given: datetime) -> datetime:
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time_format", "is outside the calendar") from None


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# RFC 3339, section 5.6. Its seconds and its offset are not optional.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)")
# The offset of an ISO 8601 time, and what it may be: Python counts sixty minutes and more as hours.
_OFFSET = re.compile(r"[Tt ][\d:.,]+([+-].*)", re.DOTALL)
_AN_OFFSET = re.compile(r"[+-]([01]\d|2[0-3])(:?[0-5]\d)?", re.ASCII)
MAX_OFFSET = "23:59"


def _written_out(given: Any) -> Any:
    """Refuse all but RFC 3339 texts: the date parser would read numbers as seconds since 1970."""
    if isinstance(given, datetime) or (isinstance(given, str) and _RFC_3339.fullmatch(given)):
        return given
    message = "give an instant as in RFC 3339, such as 2027-01-15T09:00:00Z, with an offset of at most {limit}"
    message += "; in a query a + is written %2B"
    raise PydanticCustomError("time_format", message, {"limit": MAX_OFFSET})


# An instant on the wire that can be compared and stored, whatever its offset.
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc), BeforeValidator(_written_out)]


def _written_out_day(given: Any) -> Any:
    """Refuse all but YYYY-MM-DD: the date parser would read numbers as seconds since 1970, and instants at midnight."""
    if (isinstance(given, date) and not isinstance(given, datetime)) or (
        isinstance(given, str) and _DAY.fullmatch(given)
    ):
        return given
    raise PydanticCustomError("time_format", "give a day as YYYY-MM-DD, such as 2027-01-15")


# A day on the wire.
Day = Annotated[date, BeforeValidator(_written_out_day)]


class Fold(StrEnum):
    """Which of the two, where a clock change repeats a local hour."""

    EARLIER = "earlier"
    LATER = "later"


def resolve_zone(name: str, pointer: str = "/timezone") -> ZoneInfo:
    """The zone of an IANA name; ProblemsFound when there is none."""
    try:
        # A long name is a long path, which is read more than once.
        return ZoneInfo(name[: MAX_ZONE + 1])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _refuse(pointer, "TIMEZONE_UNKNOWN", _unknown_zone(name)) from None


def _unknown_zone(name: str) -> str:
    name = shortened(name, MAX_ZONE)
    message, near = f"{name!r} is not the name of a time zone", nearest_zones(name)
    return f"{message}; did you mean {' or '.join(near)}?" if near else f"{message}, such as Asia/Kolkata"


def nearest_zones(name: str) -> list[str]:
    """At most three IANA names that a person may have meant, the likeliest first."""
    wanted, names = name.strip().lower().replace(" ", "_"), _zone_names()
    cities = {each.rpartition("/")[2]: full for each, full in names.items() if "/" in each}
    found = [names[wanted]] if wanted in names else []
    found += [names[each] for each in get_close_matches(wanted, names, n=3, cutoff=_LIKE)]
    found += [cities[each] for each in get_close_matches(wanted.rpartition("/")[2], cities, n=3, cutoff=_LIKE)]
    return list(dict.fromkeys(found))[:3]


@cache
def _zone_names() -> dict[str, str]:
    return {each.lower(): each for each in sorted(available_timezones())}


def _known_zone(name: str) -> str:
    try:
        resolve_zone(name)
    except ProblemsFound as found:
        raise PydanticCustomError("timezone_unknown", found.problems[0].message) from None
    return name


# The name of a zone on the wire.
ZoneName = Annotated[str, Field(max_length=MAX_ZONE), AfterValidator(_known_zone)]


def resolve_instant(
    text: str, *, timezone: str | None, fold: Fold | None = None, pointer: str = "/scheduledAt"
) -> datetime:
    """The UTC instant that `text` (ISO 8601) names; ProblemsFound with the rule it breaks."""
    if (offset := _wrong_offset(text)) is not None:
        message = f"an offset is ±HH:MM, at most {MAX_OFFSET}, with at most 59 minutes"
        wrong = Problem(
            pointer=pointer, code="TIME_FORMAT", message=message, rule="time_offset", limit=MAX_OFFSET, actual=offset
        )
        raise ProblemsFound([wrong])
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise _refuse(pointer, "TIME_FORMAT", f"{text[:64]!r} is not an ISO 8601 date and time") from None
    if "T" not in text.upper() and " " not in text:
        raise _refuse(pointer, "TIME_FORMAT", "a time of day is missing; give YYYY-MM-DDTHH:MM:SS")
    if given.tzinfo is None and timezone is None:
        raise _refuse(pointer, "TIME_OFFSET_MISSING", "give an offset (…+05:30 or Z) or name an IANA zone in timezone")
    try:
        if given.tzinfo is not None:
            return _agreeing(given, timezone, pointer)
        return _local(given, resolve_zone(timezone or ""), fold or Fold.EARLIER, pointer)
    except OverflowError:
        raise _refuse(pointer, "TIME_FORMAT", f"{text[:64]!r} is outside the calendar") from None


def iso_time(text: str) -> datetime:
    """The time that an ISO 8601 text names, with its offset if it has one. Raises ValueError, also for +14:60."""
    if _wrong_offset(text) is not None:
        raise ValueError(f"an offset is ±HH:MM, at most {MAX_OFFSET}, with at most 59 minutes")
    return datetime.fromisoformat(text)


def _wrong_offset(text: str) -> str | None:
    """The offset at the end of a time, shortened, if it breaks ISO 8601; None for a right one, or none at all."""
    found = _OFFSET.search(text)
    return shortened(found[1], len("+23:59:59")) if found and not _AN_OFFSET.fullmatch(found[1]) else None


def _agreeing(given: datetime, timezone: str | None, pointer: str) -> datetime:
    if timezone is not None:
        offset = given.astimezone(resolve_zone(timezone)).utcoffset()
        if offset != given.utcoffset():
            raise _refuse(
                pointer,
                "TIME_OFFSET_DISAGREES",
                f"the offset {given.strftime('%z')} is not the offset of {timezone} at that time",
            )
    return given.astimezone(UTC)


def _local(naive: datetime, zone: ZoneInfo, fold: Fold, pointer: str) -> datetime:
    earlier, later = (naive.replace(tzinfo=zone, fold=n).astimezone(UTC) for n in (0, 1))
    if earlier.astimezone(zone).replace(tzinfo=None) != naive.replace(fold=0):
        # In a gap fold=1 reads the clock after the change and so names the instant before it.
        before, after = (t.astimezone(zone).isoformat() for t in _around_change(later, earlier, zone))
        raise _refuse(
            pointer,
            "TIME_IN_DST_GAP",
            f"{naive.isoformat()} does not exist in {zone.key}; the nearest valid times are {before} and {after}",
        )
    return earlier if fold is Fold.EARLIER else later


def _around_change(low: datetime, high: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The last second before the change of clocks between two instants, and the first one after it."""
    low, offset = low.replace(microsecond=0), low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return low, high


def default_publish_by(due: datetime, withdraw_at: datetime | None = None) -> datetime:
    """The end of the window where none is given, at most the time to end; at the calendar's end, that end."""
    last = datetime.max.replace(tzinfo=UTC) if withdraw_at is None else withdraw_at
    return due + min(DEFAULT_WINDOW, last - due)


def check_window(
    due: datetime,
    publish_by: datetime | None,
    now: datetime,
    pointer: str = "/scheduledAt",
    *,
    at_once: str = "use publish-now to publish at once",
) -> list[Problem]:
    """Refuse a time in the past (without any grace period) or beyond the horizon.

    `at_once` says how to publish at once instead, which differs for a new post.
    """
    problems = []
    if due <= now:
        problems.append(_problem(pointer, "TIME_IN_PAST", f"the time has passed; {at_once}", now, due))
    if due > now + HORIZON:
        problems.append(_problem(pointer, "TIME_BEYOND_HORIZON", "at most one year ahead", now + HORIZON, due))
    return problems + check_publish_by(due, publish_by, now)


def check_withdraw_at(
    withdraw_at: datetime | None, due: datetime, publish_by: datetime | None, now: datetime
) -> list[Problem]:
    """A time to end is after the due time, ahead, within the horizon, and not before an explicit publishBy, so that
    nothing is published after it."""
    pointer, starts = "/withdrawAt", max(due, now)
    if withdraw_at is None:
        return []
    if withdraw_at <= now:
        message = "the time has passed: choose a later one, or withdraw a live post at once"
        return [_problem(pointer, "TIME_IN_PAST", message, now, withdraw_at)]
    if withdraw_at <= due:
        message = "withdrawAt must be after the due time"
        return [_problem(pointer, "WITHDRAW_AT_NOT_AFTER_DUE", message, due, withdraw_at)]
    if withdraw_at - starts > HORIZON:
        message, last = "withdrawAt is at most one year after the due time, or after now", starts + HORIZON
        return [_problem(pointer, "TIME_BEYOND_HORIZON", message, last, withdraw_at)]
    if publish_by is not None and publish_by > withdraw_at:
        message = "withdrawAt must not be before publishBy: nothing is published after its time to end"
        return [_problem(pointer, "WITHDRAW_AT_BEFORE_PUBLISH_BY", message, publish_by, withdraw_at)]
    return []


def check_publish_by(due: datetime, publish_by: datetime | None, now: datetime) -> list[Problem]:
    """An explicit publishBy is after the due time, not past, and not beyond the horizon as seen from the due time."""
    if publish_by is None:
        return []
    if publish_by <= max(due, now):
        message = "publishBy must be after the due time"
        return [_problem("/publishBy", "PUBLISH_BY_NOT_AFTER_DUE", message, due, publish_by)]
    if publish_by - max(due, now) > HORIZON:
        message, last = "publishBy is at most one year after the due time", max(due, now) + HORIZON
        return [_problem("/publishBy", "TIME_BEYOND_HORIZON", message, last, publish_by)]
    return []


def _problem(pointer: str, code: str, message: str, limit: datetime, actual: datetime) -> Problem:
    return Problem(
        pointer=pointer,
        code=code,
        message=message,
        rule=code.lower(),
        limit=limit.isoformat(),
        actual=actual.isoformat(),
    )


def _refuse(pointer: str, code: str, message: str) -> ProblemsFound:
    return ProblemsFound([Problem(pointer=pointer, code=code, message=message, rule=code.lower())])
