"""Reads the times of a request: when a post is due, and until when it may be published."""

from __future__ import annotations

from datetime import datetime

from munadi.domain.problem import ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.time import Fold, iso_time, resolve_instant, resolve_zone

_NO_OFFSET = "TIME_OFFSET_MISSING"


def read_times(
    scheduled_at: str | None,
    timezone: str | None,
    fold: str | None,
    publish_by: str | None,
    now: datetime,
    problems: ProblemCollector,
) -> tuple[datetime | None, datetime | None]:
    """The due time (without `scheduled_at`: now) and the explicit end of the window; None for one that is unreadable.

    A local `publish_by` is in `timezone`. One with an offset may name any other zone's offset.
    """
    zone = timezone
    if timezone is not None:
        try:
            resolve_zone(timezone)
        except ProblemsFound as error:
            problems.extend(error.problems)
            zone = None
    zone_is_unknown = zone != timezone
    due = None if zone_is_unknown else now
    if scheduled_at is not None:
        try:
            due = resolve_instant(scheduled_at, timezone=zone, fold=Fold(fold) if fold else None)
        except ProblemsFound as error:
            due = None
            # A local time in an unknown zone is one problem, reported at the zone.
            if not (zone_is_unknown and error.problems[0].code == _NO_OFFSET):
                problems.extend(error.problems)
    return due, read_end(publish_by, timezone, "/publishBy", problems)


def zone_is_used(scheduled_at: str | None, *ends: str | None) -> bool:
    """Whether a time of the request is read, or checked, in its time zone; an unreadable time is a problem anyway."""
    return scheduled_at is not None or any(_is_local(end) for end in ends if end is not None)


def read_end(text: str | None, timezone: str | None, pointer: str, problems: ProblemCollector) -> datetime | None:
    """A `publishBy` or `withdrawAt`: local in `timezone`, or with any offset. None: not sent, or unreadable."""
    if text is None:
        return None
    try:
        try:
            return resolve_instant(text, timezone=None, pointer=pointer)
        except ProblemsFound as error:
            if timezone is None or error.problems[0].code != _NO_OFFSET:
                raise
        return resolve_instant(text, timezone=timezone, pointer=pointer)
    except ProblemsFound as error:
        problems.extend(error.problems)
        return None


def _is_local(text: str) -> bool:
    try:
        return iso_time(text).tzinfo is None
    except ValueError:
        return True
