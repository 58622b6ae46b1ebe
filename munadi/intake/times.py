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
    return due, None if publish_by is None else _read_publish_by(publish_by, timezone, problems)


def zone_is_used(scheduled_at: str | None, publish_by: str | None) -> bool:
    """Whether a time of the request is read, or checked, in its time zone; an unreadable time is a problem anyway."""
    if scheduled_at is not None or publish_by is None:
        return scheduled_at is not None
    try:
        return iso_time(publish_by).tzinfo is None
    except ValueError:
        return True


def _read_publish_by(publish_by: str, timezone: str | None, problems: ProblemCollector) -> datetime | None:
    try:
        try:
            return resolve_instant(publish_by, timezone=None, pointer="/publishBy")
        except ProblemsFound as error:
            if timezone is None or error.problems[0].code != _NO_OFFSET:
                raise
        return resolve_instant(publish_by, timezone=timezone, pointer="/publishBy")
    except ProblemsFound as error:
        problems.extend(error.problems)
        return None
