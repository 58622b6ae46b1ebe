"""What is kept of a live publication from looks, and what follows from it. Part of the caller's transaction.

`look_at` is when the loop of looks takes the publication; null while there is nothing to look at. `liveness` is the
`Watch` of it. Only the loop and these functions write either.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.db.tables import PublicationRow
from munadi.domain.audit import Action
from munadi.domain.event import EventType
from munadi.domain.liveness import EXPIRED, Change, Watch
from munadi.domain.publication import PublicationStatus
from munadi.domain.time import DEFAULT_WINDOW
from munadi.domain.withdrawal import Verdict
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import forget_preparation
from munadi.publishing.states import ChangeRefused

EVENTS = {
    Change.VANISHED: EventType.PUBLISH_VANISHED,
    Change.LIMITED: EventType.PUBLISH_LIMITED,
    Change.RESTORED: EventType.PUBLISH_RESTORED,
}


def watch_of(row: PublicationRow) -> Watch:
    """What is known of a publication from looks."""
    return Watch.model_validate(row.liveness or {})


def has_vanished(row: PublicationRow) -> bool:
    """Whether a published post is proven gone, though nothing here removed it."""
    watch = watch_of(row)
    is_gone = watch.verdict is Verdict.GONE and watch.word != EXPIRED
    return row.status == PublicationStatus.PUBLISHED and row.withdrawal is None and is_gone


async def publish_again(locked: LockedContent, vanished: Sequence[tuple[PublicationRow, Sequence[str]]]) -> None:
    """Queue publications that have vanished, each with its later steps, as new posts: a person asked for them.

    The old posts stay in the events. ChangeRefused where an account was disconnected.
    """
    for row, _ in vanished:
        if (await locked.account(row.account_id)).deleted_at is not None:
            text = "the account was disconnected, so this can never be sent: connect it again and submit a new post"
            raise ChangeRefused("ACCOUNT_DISCONNECTED", text)
    changes.begin(locked, Action.CONTENT_RETRIED)
    if locked.content.publish_by <= locked.now:
        locked.content.publish_by, locked.content.publish_by_explicit = locked.now + DEFAULT_WINDOW, False
    for row, steps in vanished:
        _forget_post(row)
        row.due_at, row.steps_left = locked.now, list(steps)
        await locked.move(row, PublicationStatus.QUEUED, EventType.PUBLISH_RESUMED)
    await changes.changed(locked)


def _forget_post(row: PublicationRow) -> None:
    forget_preparation(row)
    row.epoch += 1
    row.posted, row.warnings = [], []
    row.provider_post_id = row.provider_url = row.published_at = row.lateness_ms = None
    row.incomplete_at = row.incomplete_because = row.step_look_at = None
    row.liveness = row.look_at = None
