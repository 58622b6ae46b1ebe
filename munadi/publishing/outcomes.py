"""How the outcome of one attempt changes its publication (design §5, effect). One function, one table test.

| the outcome says | current epoch | overtaken (stale epoch) |
|---|---|---|
| published | published | published: a late 2xx is a fact whatever the epoch |
| failure | failed | only its own attempt is closed |
| hold | queued, held | only its own attempt is closed |
| retry | stays publishing, attempt closed as not sent | the same |
| pending | stays publishing, attempt stays open as sent: `check` ends it, nobody sends it again | the same |
| nothing (unknown) | stays publishing, attempt stays open | the same, unless it was closed for certain meanwhile |
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, AttemptRow, PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import Effect
from munadi.domain.publication import (
    HOLD_GROWTH,
    ID_LOOK_GROWTH,
    POST_ID_PENDING,
    HoldReason,
    PublicationStatus,
    Published,
    Warning_,
    growing,
)
from munadi.publishing.content import LockedContent
from munadi.publishing.model import Outcome

S = PublicationStatus

# The arrows from wherever a publication stands to `published`, for a success that comes late.
_TO_PUBLISHED: dict[PublicationStatus, tuple[tuple[PublicationStatus, EventType], ...]] = {
    S.PUBLISHING: ((S.PUBLISHED, EventType.PUBLISH_SUCCEEDED),),
    S.UNCONFIRMED: ((S.PUBLISHED, EventType.PUBLISH_SUCCEEDED),),
    S.QUEUED: ((S.PUBLISHING, EventType.PUBLISH_STARTED), (S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)),
    S.FAILED: (
        (S.QUEUED, EventType.PUBLISH_RESUMED),
        (S.PUBLISHING, EventType.PUBLISH_STARTED),
        (S.PUBLISHED, EventType.PUBLISH_SUCCEEDED),
    ),
}


async def record_outcome(
    locked: LockedContent, row: PublicationRow, attempt: AttemptRow | None, epoch: int, outcome: Outcome
) -> None:
    """Apply an outcome to a locked publication."""
    if attempt is not None:
        _close(locked, row, attempt, outcome)
    if outcome.published is not None:
        await _published(locked, row, attempt, outcome.published)
        return
    if row.epoch != epoch or row.status not in (S.PUBLISHING, S.UNCONFIRMED):
        return
    if outcome.failure is not None:
        failure = outcome.failure
        if attempt is not None:
            failure = failure.model_copy(update={"attempt_id": attempt.id})
        await locked.fail(row, failure)
    elif outcome.hold is not None:
        await _hold(locked, row, attempt, outcome)


def _close(locked: LockedContent, row: PublicationRow, attempt: AttemptRow, outcome: Outcome) -> None:
    """Write the outcome down. What was closed for certain is only changed by a later proof of acceptance."""
    open_before = attempt.is_open
    if not open_before and outcome.published is None and not outcome.pending:
        return
    attempt.outcome = outcome.effect.value
    attempt.ended_at = locked.now
    attempt.provider_code = outcome.provider_code or attempt.provider_code
    attempt.raw = outcome.raw or attempt.raw
    # A late "accepted, still at work" opens the last attempt again, so that nobody sends another.
    opens_again = outcome.pending and attempt.number == row.attempt_count and row.status != S.PUBLISHED
    uncertain = outcome.effect is Effect.UNKNOWN or outcome.pending
    attempt.is_open = uncertain and (open_before or opens_again)
    attempt.was_uncertain = attempt.was_uncertain or uncertain


async def _published(locked: LockedContent, row: PublicationRow, attempt: AttemptRow | None, what: Published) -> None:
    path = _TO_PUBLISHED.get(S(row.status))
    if path is None:
        if row.status == S.CANCELED:
            row.warnings = [*row.warnings, _late_success().model_dump(mode="json")]
        return
    row.failure = None
    row.provider_post_id, row.provider_url = what.post_id, what.url
    row.published_at = what.published_at or (attempt.intent_at if attempt is not None else locked.now)
    begun = attempt.intent_at if attempt is not None else row.published_at
    row.lateness_ms = round((begun - row.due_at) / timedelta(milliseconds=1))
    if attempt is None and row.lateness_ms < 0:
        # Found by a look of a restored database: it went out at an earlier due time, which nobody remembers.
        row.lateness_ms = None
    row.warnings = [*row.warnings, *(warning.model_dump(mode="json") for warning in what.warnings)]
    if what.post_id is not None and await owned_by_another(locked.session, row, what.post_id):
        # Never bind a post that another publication owns: it is live, its id is not known.
        row.provider_post_id = row.provider_url = None
        row.warnings = [*row.warnings, _id_pending().model_dump(mode="json")]
    for status, event in path:
        await locked.move(row, status, event)
    if row.provider_post_id is None:
        row.look_count = 0
        plan_id_look(locked, row)


def plan_id_look(locked: LockedContent, row: PublicationRow) -> None:
    """The next look for a live post's id; none after publishBy."""
    at = locked.now + growing(ID_LOOK_GROWTH, row.look_count)
    row.look_count += 1
    row.next_look_at = at if at <= locked.content.publish_by else None


async def locate(locked: LockedContent, row: PublicationRow, found: Published | None) -> None:
    """A later look at a live post without an id: fill it in and tell it, or plan the next look."""
    if row.status != S.PUBLISHED or row.provider_post_id is not None:
        row.next_look_at = None
        return
    if found is None or found.post_id is None or await owned_by_another(locked.session, row, found.post_id):
        plan_id_look(locked, row)
        return
    row.provider_post_id, row.provider_url = found.post_id, found.url
    row.warnings = [warning for warning in row.warnings if warning["code"] != POST_ID_PENDING]
    row.next_look_at = None
    await locked.emit(EventType.CONTENT_UPDATED, row)


async def _hold(locked: LockedContent, row: PublicationRow, attempt: AttemptRow | None, outcome: Outcome) -> None:
    reason = outcome.hold
    assert reason is not None
    event = EventType.PUBLISH_RESUMED if row.status == S.UNCONFIRMED else None
    await locked.move(row, S.QUEUED, event)
    if event is not None:
        locked.release(row)
        return
    if reason is HoldReason.TOKEN:
        until = None
    else:
        wait = outcome.hold_for if outcome.hold_for is not None else growing(HOLD_GROWTH, row.hold_count)
        until = locked.now + wait
    row.hold_reason = None
    cause = outcome.hold_cause
    if cause is not None and attempt is not None:
        cause = cause.model_copy(update={"attempt_id": attempt.id})
    await locked.hold(row, reason, until, cause)
    if reason is HoldReason.RATE_LIMIT and until is not None and attempt is not None:
        # Only what the network said pauses the account. A hold because of the pause must not lengthen it.
        account = await locked.session.get(AccountRow, row.account_id)
        version = outcome.credentials_version
        if account is not None and (version is None or account.connected_version <= version):
            account.paused_until = max(until, account.paused_until or until)


async def owned_by_another(session: AsyncSession, row: PublicationRow, post_id: str) -> bool:
    """Whether a post is already known as another publication's, of the same account."""
    query = select(PublicationRow.id).where(
        PublicationRow.account_id == row.account_id,
        PublicationRow.provider_post_id == post_id,
        col(PublicationRow.id) != row.id,
    )
    return (await session.exec(query)).first() is not None


def _late_success() -> Warning_:
    return Warning_(code="PUBLISHED_AFTER_CANCEL", message="the network reported success after the cancelation")


def _id_pending() -> Warning_:
    return Warning_(
        code=POST_ID_PENDING, message="the post is live; which of several it is could not be told for certain"
    )
