"""Claims due publications: queued → publishing, the point of no return.

Everything here is part of the caller's transaction, on a locked post.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import select

from munadi.db.tables import BrandRow, PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import Failure, Reason
from munadi.domain.publication import WAITING, HoldReason, PublicationStatus
from munadi.domain.publishing import NextStep
from munadi.domain.reasons import failure_of
from munadi.domain.time import HORIZON
from munadi.publishing.content import LockedContent
from munadi.publishing.outcomes import fail_or_doubt
from munadi.publishing.plans import plan_of

S = PublicationStatus
# A first send that comes this late may follow a restore of the database: check the network before sending.
LATE_FIRST_SEND = timedelta(minutes=5)
# A claim that was refused because this clock lags sleeps at least this long.
MIN_SLEEP = timedelta(milliseconds=20)
# The rest of an account's pause that a claim waits for; longer ones are holds.
SHORT_PAUSE = timedelta(seconds=2)
# How often a post in a paused queue is read again. Whoever resumes the queue moves and wakes it.
PAUSED_LOOK = timedelta(hours=1)

_HOLD_ENDS_AS = {
    HoldReason.TOKEN: Reason.TOKEN_EXPIRED,
    HoldReason.OUTAGE: Reason.PROVIDER_OUTAGE,
    HoldReason.RATE_LIMIT: Reason.RATE_LIMITED,
    HoldReason.DAILY_CAP: Reason.DAILY_CAP_REACHED,
    HoldReason.HOST_SLOW: Reason.HOST_SLOW,
    HoldReason.APPROVAL: Reason.APPROVAL_MISSING,
    HoldReason.QUEUE_PAUSED: Reason.WINDOW_MISSED,
}


async def queue_accepted(locked: LockedContent) -> None:
    """Accepted → queued: the workflow of this post has started."""
    accepted = [row for row in locked.publications if row.status == S.ACCEPTED]
    for row in accepted:
        await locked.move(row, S.QUEUED, None)
    if accepted:
        await locked.emit(EventType.CONTENT_QUEUED)


async def claim_row(locked: LockedContent, row: PublicationRow) -> NextStep | timedelta | None:
    """Claim a publication that is due, prepared and not held, under a new epoch; returns its first step.

    Returns a wait if it is not due yet by this worker's clock, and None if it cannot be claimed now. While its account
    or its app is paused it is held and not started. The end of a hold and of the pause that it stands for differ by
    milliseconds.
    What lacks an approval is never claimed: every change of that is made under the lock that this transaction has.
    """
    if locked.lacks_approval:
        return None
    at = plan_of(locked.content, row, locked.now).claimable_at
    if at is None:
        return None
    if at <= locked.now and await _is_paused(locked):
        await locked.hold(row, HoldReason.QUEUE_PAUSED, locked.now + PAUSED_LOOK)
        if not locked.content.publish_by_explicit:
            locked.content.publish_by = max(locked.content.publish_by, locked.now + HORIZON)
        return None
    account = await locked.account(row.account_id)
    no_posts_until = account.publishing_paused_until
    if at <= locked.now and no_posts_until is not None and no_posts_until > locked.now:
        cause = failure_of(Reason.QUOTA_EXCEEDED, retry_at=no_posts_until)
        await locked.hold(row, HoldReason.DAILY_CAP, no_posts_until, cause)
        return None
    paused_until = account.paused_until
    if at <= locked.now and paused_until is not None and paused_until > locked.now + SHORT_PAUSE:
        await locked.hold(row, HoldReason.RATE_LIMIT, paused_until)
        return None
    at = max(at, paused_until or at)
    if at > locked.now:
        return max(at - locked.now, MIN_SLEEP)
    row.epoch += 1
    looked_for = row.look_since is not None or (row.attempt_count == 0 and is_late(locked.now, row))
    await locked.move(row, S.PUBLISHING, EventType.PUBLISH_STARTED)
    return NextStep.LOOK_FIRST if looked_for else NextStep.PUBLISH


async def _is_paused(locked: LockedContent) -> bool:
    """Whether the post has a slot in a queue that is paused. Only a post with a slot takes this query."""
    content = locked.content
    if content.slot_id is None:
        return False
    query = select(BrandRow.paused_queues).where(BrandRow.ref == content.brand_ref)
    return content.slot_queue in ((await locked.session.exec(query)).first() or {})


def is_late(now: datetime, row: PublicationRow) -> bool:
    """Whether a first send at this time may follow a restore of the database."""
    return now - row.due_at > LATE_FIRST_SEND


async def fail_expired(locked: LockedContent, publications: Sequence[PublicationRow]) -> None:
    """Fail publications that wait past publishBy, or for an account that was disconnected.

    A TOKEN hold whose account was reconnected while the hold was being written is released.
    """
    waiting = [row for row in publications if row.status in WAITING]
    for row in waiting:
        account = await locked.account(row.account_id)
        if account.deleted_at is not None:
            await fail_or_doubt(locked, row, failure_of(Reason.ACCOUNT_DISCONNECTED))
            continue
        reconnected = row.hold_reason == HoldReason.TOKEN and row.hold_until is None and account.is_usable
        if locked.now >= locked.content.publish_by:
            if reconnected:
                locked.release(row)
            await fail_or_doubt(locked, row, _end_of(locked, row))
        elif reconnected:
            await locked.resume(row)


def _end_of(locked: LockedContent, row: PublicationRow) -> Failure:
    """The failure at the end of the window: the missing approval, the cause or reason of its hold, or WINDOW_MISSED."""
    if locked.lacks_approval:
        note = (locked.content.approval or {}).get("note")
        return failure_of(Reason.APPROVAL_MISSING, f"The post was declined: {note}" if note else None)
    if row.hold_cause is not None:
        return Failure.model_validate(row.hold_cause)
    return failure_of(_HOLD_ENDS_AS[HoldReason(row.hold_reason)] if row.hold_reason else Reason.WINDOW_MISSED)
