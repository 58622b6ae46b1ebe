"""What one row of a publication says about its looks, and what a look changes of it. Part of the caller's transaction.

The publication stays `published`: that it was live is history. `watch` has what looks showed, `watch_at` is when it is
looked at next, null where it is not looked at any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.db.session import after_commit
from munadi.db.tables import PublicationRow
from munadi.domain.event import EventType
from munadi.domain.liveness import Report, Watch, after_look, answer_for, as_published
from munadi.domain.looks import LookPlan, next_look
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import PostedObject, Seen, WithdrawalStatus
from munadi.publishing.content import LockedContent
from munadi.publishing.withdrawing import objects_of, withdrawal_of
from munadi.telemetry import metrics

# While a publication is withdrawn or edited, a look would tell of our own change. It waits so long.
OWN_CHANGE = timedelta(minutes=15)
# What a look had no request left for waits so long.
NEXT_LOOK = timedelta(minutes=1)
_EVENTS = {
    Report.VANISHED: EventType.PUBLISH_VANISHED,
    Report.LIMITED: EventType.PUBLISH_LIMITED,
    Report.RESTORED: EventType.PUBLISH_RESTORED,
}


@dataclass(frozen=True)
class Watched:
    """A publication that is looked at: its objects at the network, what was known of it before, and the options that
    it was published with."""

    publication_id: str
    content_id: str
    objects: tuple[PostedObject, ...]
    watch: Watch
    plan: LookPlan
    options: Mapping[str, Any]


def watch_of(row: PublicationRow) -> Watch:
    """What is known of a publication by looks."""
    return Watch.model_validate(row.watch) if row.watch else Watch()


def stored(watch: Watch) -> dict[str, Any]:
    """A watch as a row has it. It is never empty: an empty one is not planned yet."""
    return {"failed": watch.failed, **watch.model_dump(mode="json", exclude_defaults=True)}


def is_watchable(row: PublicationRow) -> bool:
    """Whether looks at it may tell anything: it was published, and nobody has taken it back."""
    known = withdrawal_of(row)
    return row.status == PublicationStatus.PUBLISHED and (
        known is None or known.status is not WithdrawalStatus.WITHDRAWN
    )


def is_changed_by_us(row: PublicationRow) -> bool:
    """Whether a withdrawal or an edit of it is under way."""
    known = withdrawal_of(row)
    is_withdrawing = known is not None and known.status is not WithdrawalStatus.REFUSED
    return is_withdrawing or row.edit_at is not None


def has_objects(row: PublicationRow, objects: Sequence[PostedObject]) -> bool:
    """Whether these are its objects at the network still: an edit may have replaced one."""
    return [(one.step, one.id) for one in objects_of(row)] == [(one.step, one.id) for one in objects]


async def apply_look(
    locked: LockedContent, row: PublicationRow, one: Watched, seen: Seen, at: datetime, apart: timedelta
) -> None:
    """Record what a look that began at `at` showed of a locked publication, and report a change."""
    watch = watch_of(row)
    if watch.looked_at is not None and watch.looked_at >= at:
        return  # a later look was recorded first
    if not is_watchable(row) or one.plan.is_over(at):
        row.watch_at = None
        return
    if is_changed_by_us(row) or not has_objects(row, one.objects):
        row.watch_at = locked.now + OWN_CHANGE
        return
    if seen.left_out:
        row.watch_at = locked.now + NEXT_LOOK
        return
    looked = after_look(watch, seen, at, apart)
    row.watch = stored(looked.watch)
    row.watch_at = None if seen.blind else next_look(looked.watch, one.plan, at, apart=apart, pause=seen.pause)
    if looked.report is None:
        return
    row.hidden_since = None if looked.report is Report.RESTORED else locked.now
    row.dismissed_at = row.dismissed_as = None
    row.updated_at = locked.now
    reason = None if looked.report is Report.RESTORED else seen.verdict.value
    after_commit(locked.session, metrics.REPORTS.labels(row.channel, looked.report.value).inc)
    await locked.emit(_EVENTS[looked.report], row, reason=reason)
    await locked.close()


def answers_by_id(watched: Sequence[Watched], seen: Sequence[Seen]) -> Mapping[str, Seen]:
    """What one look at all objects of several publications says about each of them."""
    rest, found = iter(seen), {}
    for one in watched:
        of_objects = [as_published(next(rest), one.options) for _ in one.objects]
        found[one.publication_id] = answer_for(one.objects, of_objects)
    return found
