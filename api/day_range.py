"""The days that a request names by `since` and `until`, both included, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from api.http.problems import refused
from munadi.domain.insights import DAYS, MOST_DAYS
from munadi.domain.problem import Problem


def day_range(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The first and the last day. ProblemError 422 for none, too many, and those at the calendar's ends."""
    given = [day for day in (since, until) if day is not None]
    if any(not 2 <= day.year <= 9998 for day in given):
        name = "since" if since is not None and not 2 <= since.year <= 9998 else "until"
        raise _refused(name, "TIME_FORMAT", "is outside the calendar")
    last = until or max(today, since or today)
    if since is not None and until is None:
        last = min(last, since + timedelta(days=MOST_DAYS - 1))
    first = since or last - timedelta(days=DAYS - 1)
    if last < first:
        raise _refused("until", "RANGE_EMPTY", "until is not before since")
    if (last - first).days >= MOST_DAYS:
        raise _refused("until", "RANGE_TOO_LONG", f"at most {MOST_DAYS} days at a time")
    return first, last


def edges_of(first: date, last: date) -> tuple[datetime, datetime]:
    """The first instant of the first day, and the first one after the last day."""
    return datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC)


def _refused(name: str, code: str, message: str) -> Exception:
    return refused([Problem(pointer=f"?{name}", code=code, message=message, rule=code.lower())])
