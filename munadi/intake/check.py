"""Every rule a content can break, with pointers into the request as it was sent."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.text import check_text
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.time import Fold, check_publish_by, check_window, resolve_instant, resolve_zone
from munadi.intake.drafts import PlacedDraft
from munadi.intake.problems import Findings


def check_draft(placed: PlacedDraft, found: Findings) -> None:
    """The channel's own rules on one draft."""
    target = placed.target
    for problem in target.channel.validate(placed.draft, target.account):
        if placed.media_missing and _follows_from_missing_media(problem):
            continue
        told = _rooted(_at_link(placed, problem), placed)
        if problem.code == "MISSING_FIELD" and (found.has(told.pointer) or found.has_code("INVALID_LINK")):
            continue  # it was sent, but could not be read
        found.extend([told])


def read_due(
    scheduled_at: str | None, timezone: str | None, fold: str | None, now: datetime, found: Findings
) -> datetime | None:
    """The due time; None when it cannot be read. Nothing given is now."""
    zone_known = True
    if timezone is not None:
        try:
            resolve_zone(timezone)
        except ProblemsFound as error:
            found.extend(error.problems)
            zone_known = False
    if scheduled_at is None:
        return now if zone_known else None
    try:
        return resolve_instant(
            scheduled_at, timezone=timezone if zone_known else None, fold=Fold(fold) if fold else None
        )
    except ProblemsFound as error:
        # A local time in a zone that is none is told once, at the zone.
        if zone_known or error.problems[0].code != "TIME_OFFSET_MISSING":
            found.extend(error.problems)
        return None


def read_publish_by(publish_by: str | None, timezone: str | None, found: Findings) -> datetime | None:
    """The explicit end of the window; a local time is in the content's zone, an offset needs no zone to agree."""
    if publish_by is None:
        return None
    try:
        return resolve_instant(publish_by, timezone=None, pointer="/publishBy")
    except ProblemsFound as error:
        if timezone is None or error.problems[0].code != "TIME_OFFSET_MISSING":
            found.extend(error.problems)
            return None
    try:
        return resolve_instant(publish_by, timezone=timezone, pointer="/publishBy")
    except ProblemsFound as error:
        found.extend(error.problems)
        return None


def check_new_times(
    due: datetime, publish_by: datetime | None, now: datetime, *, immediate: bool, found: Findings
) -> None:
    """Of a new content: not past, not beyond the horizon, and the window ends after the due time."""
    if immediate:
        found.extend(check_publish_by(due, publish_by, now))
    else:
        found.extend(check_window(due, publish_by, now, at_once="omit scheduledAt to publish now"))


def _follows_from_missing_media(problem: Problem) -> bool:
    """What a draft lacks only because a media of it was refused is not told a second time."""
    return problem.code == "MISSING_FIELD" or problem.pointer == "/media"


def _at_link(placed: PlacedDraft, problem: Problem) -> Problem:
    """A text that is too long only with the link appended is the link's doing."""
    if not (placed.link_appended and problem.pointer == "/text" and problem.code == "TEXT_TOO_LONG"):
        return problem
    if any(own.rule == problem.rule for own in check_text(placed.target.channel.spec, placed.own_text)):
        return problem
    message = f"{problem.message}, because {placed.target.channel.spec.title} takes links only as part of the text"
    return problem.model_copy(update={"pointer": "/link", "message": message})


def _rooted(problem: Problem, placed: PlacedDraft) -> Problem:
    return problem.model_copy(update={"pointer": rooted(problem.pointer, placed)})


def rooted(pointer: str, placed: PlacedDraft) -> str:
    """A pointer below the draft as one into the request."""
    parts = pointer.split("/")
    part = parts[1] if len(parts) > 1 else ""
    if part == "media" and len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(placed.places):
        parts[2] = str(placed.places[int(parts[2])])
    return placed.roots.get(part, placed.target.pointer) + "/".join(parts)
