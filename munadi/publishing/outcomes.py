"""Applies the outcome of a step to its publication, by one table.

| the outcome is | current epoch | stale epoch (another run has taken over) |
|---|---|---|
| Live | published | published: a late success is a fact, whatever the epoch |
| InProgress | stays publishing, attempt stays open as sent: `check` ends it, it is never sent again | the same |
| Failed | failed; unconfirmed where an earlier attempt may be live | only its own attempt is closed |
| Held | queued, held | only its own attempt is closed |
| Requeued | queued, due at once | nothing |
| NotSent | stays publishing, attempt closed as not sent | the same |
| Open | stays publishing, attempt stays open, as refused or unknown | the same, unless it was closed for certain |
| Unclear | unconfirmed, or the next check | nothing |

Failed and Held of PREPARE change a publication that is still queued. A later step (a comment, a part) never changes the
status, whatever the epoch: Live passes the step, GivenUp gives up all that are left, Unclear looks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, AttemptRow, PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Failure, Reason
from munadi.domain.outcome import (
    NO_CALL,
    CallRecord,
    Failed,
    GivenUp,
    Held,
    InProgress,
    Live,
    Open,
    Outcome,
    Requeued,
    Unclear,
    effect_of,
)
from munadi.domain.publication import (
    CHAIN_INCOMPLETE,
    COMMENT,
    FIRST_COMMENT_FAILED,
    HOLD_GROWTH,
    ID_LOOK_GROWTH,
    LACKS_A_PART,
    LOOK_GROWTH,
    OUTCOME_UNKNOWN,
    POST,
    POST_ID_PENDING,
    ClosedBy,
    HoldReason,
    PublicationStatus,
    Published,
    Warning_,
    growing,
)
from munadi.domain.publishing import PREPARE
from munadi.publishing.content import LockedContent, without
from munadi.publishing.loading import owned_by_another
from munadi.publishing.steps import attempts_of, doubt_of
from munadi.publishing.withdrawing import note_objects

S = PublicationStatus

# The transitions from each status to `published`, for a late success.
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


async def apply_outcome(
    locked: LockedContent,
    row: PublicationRow,
    attempt: AttemptRow | None,
    *,
    step: str,
    epoch: int,
    outcome: Outcome,
    call: CallRecord = NO_CALL,
) -> bool:
    """Change a locked publication and its attempt by the table above; False when the epoch or the status is stale."""
    if attempt is not None and not isinstance(outcome, Unclear):
        _close(locked, row, attempt, outcome, call)
    if isinstance(outcome, Live) and row.attempt_count and (attempt is None or attempt.outcome == Effect.REJECTED):
        attempt = await _live_one(locked.session, row, step) or attempt
    if step not in (POST, PREPARE):
        _later_step(locked, row, step, outcome)
        return True
    if isinstance(outcome, Live) and outcome.published is not None:
        await _published(locked, row, attempt, outcome.published)
        return True
    in_question = (S.QUEUED,) if step == PREPARE else (S.PUBLISHING, S.UNCONFIRMED)
    if row.epoch != epoch or row.status not in in_question:
        return False
    match outcome:
        case Failed():
            await fail_or_doubt(locked, row, _of_attempt(outcome.failure, attempt))
        case Held():
            await _hold(locked, row, attempt, outcome, call)
        case Requeued() if row.status == S.PUBLISHING:
            locked.release(row)
            await locked.move(row, S.QUEUED, EventType.PUBLISH_RESUMED)
        case Unclear():
            await _unconfirmed(locked, row, outcome.look_after, outcome.warning)
    return True


def _of_attempt(failure: Failure, attempt: AttemptRow | None) -> Failure:
    return failure if attempt is None else failure.model_copy(update={"attempt_id": attempt.id})


async def fail_or_doubt(locked: LockedContent, row: PublicationRow, failure: Failure) -> None:
    """End a publication with a reason. Where an earlier attempt may be live it is unconfirmed instead, with the reason
    in its warning: `failed` promises that nothing is live."""
    doubt = await doubt_of(locked.session, row) if row.attempt_count else None
    if doubt is None:
        await locked.fail(row, failure)
        return
    if row.status in (S.ACCEPTED, S.QUEUED):
        await locked.move(row, S.PUBLISHING, None)
    message = f"an earlier request may be live, and no other is sent: {failure.message}"
    why = f"{message[:400]}. Look for the post there, then resolve the publication"
    await _unconfirmed(locked, row, LOOK_GROWTH[0], Warning_(code=OUTCOME_UNKNOWN, message=why, channel=row.channel))
    row.next_look_at = locked.now + LOOK_GROWTH[0]  # once more also after publishBy


def _close(locked: LockedContent, row: PublicationRow, attempt: AttemptRow, outcome: Outcome, call: CallRecord) -> None:
    """Record the outcome at its attempt. Only a later proof of acceptance changes a certain outcome.

    An attempt that was refused stays refused, also when the post is found: an earlier one is live.
    """
    open_before, effect = attempt.is_open, effect_of(outcome)
    is_proof = isinstance(outcome, InProgress) or (isinstance(outcome, Live) and outcome.published is not None)
    if not open_before and not is_proof:
        return
    was_refused = attempt.outcome == Effect.REJECTED and isinstance(outcome, Live)
    attempt.outcome = (Effect.REJECTED if was_refused else effect).value
    attempt.ended_at = locked.now
    attempt.provider_code = call.provider_code or attempt.provider_code
    attempt.raw = call.raw or attempt.raw
    attempt.first_byte_at = call.first_byte_at or attempt.first_byte_at
    stays_open = isinstance(outcome, InProgress | Open)
    # A late "accepted, still processing" reopens the last attempt, so that no other is sent.
    opens_again = stays_open and attempt.number == row.attempt_count and row.status != S.PUBLISHED
    attempt.is_open = stays_open and (open_before or opens_again)
    attempt.closed_by = None if attempt.is_open else call.closed_by.value
    attempt.was_uncertain = attempt.was_uncertain or stays_open or effect is Effect.UNKNOWN


async def _live_one(session: AsyncSession, row: PublicationRow, step: str) -> AttemptRow | None:
    """The attempt whose post was found after it had counted as absent: the last one that only a look closed."""
    attempts = await attempts_of(session, row.id, step)
    doubtful = [one for one in attempts if one.closed_by == ClosedBy.LOOK and one.outcome == Effect.NOT_SENT]
    if not doubtful:
        return None
    doubtful[-1].outcome = Effect.SENT.value
    return doubtful[-1]


def _later_step(locked: LockedContent, row: PublicationRow, step: str, outcome: Outcome) -> None:
    row.step_look_at = None
    others = [one for one in row.warnings if not is_step_warning(one, step)]
    if isinstance(outcome, Live) and row.steps_left[:1] == [step]:
        row.steps_left, row.warnings = row.steps_left[1:], others
        note_objects(row, step, outcome.made)
        if not any(one["code"] in LACKS_A_PART for one in row.warnings):
            row.incomplete_at = row.incomplete_because = None
    elif isinstance(outcome, GivenUp) and row.steps_left:
        _warn_of_step(locked, row, [*others, outcome.warning.stored()], outcome.because)
        row.steps_left = []
    elif isinstance(outcome, Unclear) and outcome.warning is not None and row.steps_left:
        _warn_of_step(locked, row, [*others, outcome.warning.stored()], Reason.OUTCOME_UNKNOWN)
        row.step_look_at = locked.now + outcome.look_after
    row.updated_at = locked.now


def _warn_of_step(
    locked: LockedContent, row: PublicationRow, warnings: list[dict[str, Any]], because: Reason | None
) -> None:
    row.warnings = warnings
    row.incomplete_at, row.incomplete_because = locked.now, because and because.value


def is_step_warning(warning: Mapping[str, Any], step: str) -> bool:
    """Whether a stored warning says that this step of a live post is missing."""
    return bool(warning["code"] == (FIRST_COMMENT_FAILED if step == COMMENT else CHAIN_INCOMPLETE))


async def _published(locked: LockedContent, row: PublicationRow, attempt: AttemptRow | None, what: Published) -> None:
    path = _TO_PUBLISHED.get(S(row.status))
    if path is None:
        if row.status == S.CANCELED:
            row.warnings = [*row.warnings, _late_success().stored()]
        return
    row.failure = None
    row.provider_post_id, row.provider_url = what.post_id, what.url
    note_objects(row, POST, what.made)
    # A worker that died in the call has left only the intent, which was recorded a moment before the first byte.
    begun = None if attempt is None else attempt.first_byte_at or attempt.intent_at
    row.published_at = what.published_at or begun or locked.now
    begun = begun or row.published_at
    row.lateness_ms = round((begun - row.due_at) / timedelta(milliseconds=1))
    if attempt is None and row.lateness_ms < 0:
        # Found by a check after a restore: it was published at an earlier due time, which is not on record.
        row.lateness_ms = None
    row.warnings = [*row.warnings, *(warning.stored() for warning in what.warnings)]
    if any(warning.code in LACKS_A_PART for warning in what.warnings):
        row.incomplete_at = locked.now
    if what.post_id is not None and await owned_by_another(locked.session, row, what.post_id):
        # Never bind a post that another publication owns: it is live, its id is not known.
        row.provider_post_id = row.provider_url = None
        row.posted = []
        row.warnings = [*row.warnings, _id_pending().stored()]
    for status, event in path:
        await locked.move(row, status, event)
    if row.provider_post_id is None:
        row.look_count = 0
        plan_id_look(locked, row)


def plan_id_look(locked: LockedContent, row: PublicationRow) -> None:
    """Plan the next check for a live post's id; none after publishBy."""
    at = locked.now + growing(ID_LOOK_GROWTH, row.look_count)
    row.look_count += 1
    row.next_look_at = at if at <= locked.content.publish_by else None


async def locate(locked: LockedContent, row: PublicationRow, found: Published | None) -> None:
    """Apply a later check of a live post without an id: record the id with an event, or plan the next check."""
    if row.status != S.PUBLISHED or row.provider_post_id is not None:
        row.next_look_at = None
        return
    if found is None or found.post_id is None or await owned_by_another(locked.session, row, found.post_id):
        plan_id_look(locked, row)
        return
    row.provider_post_id, row.provider_url = found.post_id, found.url
    note_objects(row, POST, found.made)
    row.warnings = without(row.warnings, POST_ID_PENDING)
    row.next_look_at = None
    await locked.emit(EventType.CONTENT_UPDATED, row)


async def _hold(
    locked: LockedContent, row: PublicationRow, attempt: AttemptRow | None, held: Held, call: CallRecord
) -> None:
    if row.status == S.UNCONFIRMED:
        await locked.move(row, S.QUEUED, EventType.PUBLISH_RESUMED)
        locked.release(row)
        return
    if row.status == S.PUBLISHING:
        await locked.move(row, S.QUEUED, None)
        row.hold_reason = None
    if held.prepares_again:
        row.preparation_ready = False  # what it holds was accepted and given up: the channel's `prepare` replaces it
    until = None
    if held.reason is not HoldReason.TOKEN:
        until = locked.now + (held.wait if held.wait is not None else growing(HOLD_GROWTH, row.hold_count))
    await locked.hold(row, held.reason, until, held.cause and _of_attempt(held.cause, attempt))
    if held.reason is HoldReason.RATE_LIMIT and until is not None and attempt is not None:
        # Only the network's own response pauses the account. A hold because of the pause must not extend it.
        account = await locked.session.get(AccountRow, row.account_id)
        version = call.credentials_version
        if account is not None and (version is None or account.connected_version <= version):
            account.paused_until = max(until, account.paused_until or until)


async def _unconfirmed(locked: LockedContent, row: PublicationRow, look_after: timedelta, why: Warning_ | None) -> None:
    """Make it unconfirmed, or keep it so, with the newest reason, and plan the next check; none after publishBy."""
    if why is not None:
        row.warnings = [*without(row.warnings, OUTCOME_UNKNOWN), why.stored()]
    if row.status == S.PUBLISHING:
        row.look_count = 0
        await locked.move(row, S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)
    row.look_count += 1
    at = locked.now + look_after
    row.next_look_at = at if at <= locked.content.publish_by else None


def _late_success() -> Warning_:
    return Warning_(code="PUBLISHED_AFTER_CANCEL", message="the network reported success after the cancelation")


def _id_pending() -> Warning_:
    return Warning_(code=POST_ID_PENDING, message="the post is live; several posts match, so its id is not certain")
