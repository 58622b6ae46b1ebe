"""Attempts: records the intent before each visible call and its outcome after it. (Port: munadi.ports.Attempts.)

An attempt is committed before its visible call, only under the current epoch and only for the next step of its
publication. It is closed once its outcome is certain. With an unknown outcome it stays open until `reconcile` has
checked the network. Every method is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam, insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.accounts.rows import note_outcome
from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import AttemptRow, PublicationRow
from munadi.domain.attempt import doubt_about
from munadi.domain.ids import Prefix
from munadi.domain.outcome import NO_CALL, CallRecord, Failed, Held, Live, Outcome
from munadi.domain.publication import POST, HoldReason, Preparation, PublicationStatus, Published
from munadi.domain.publishing import (
    PREPARE,
    Attempt,
    ClaimResult,
    NextStep,
    NoCall,
    Refused,
    StaleEpoch,
    Step,
    StepResult,
)
from munadi.publishing.claiming import claim_row, fail_expired, is_late, queue_accepted
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import is_over, leave_behind, leave_detached
from munadi.publishing.loading import owned_by_another
from munadi.publishing.outcomes import apply_outcome, locate
from munadi.publishing.plans import withdrawal_at
from munadi.publishing.preparations import preparation_of, seal_state
from munadi.publishing.states import next_step_of
from munadi.publishing.steps import attempt_of, step_from

S = PublicationStatus
_PAST = "number is_open was_uncertain closed_by intent_at ended_at uncertain_since"
# The attempts of a step so far. Who reads them holds the lock of the post, so no other is opened meanwhile.
_EARLIER = Prebuilt(
    sqlalchemy.select(*(getattr(AttemptRow, name) for name in _PAST.split()))
    .where(col(AttemptRow.publication_id) == bindparam("publication_id"), col(AttemptRow.stage) == bindparam("step"))
    .order_by(col(AttemptRow.number))
)
_INSERT = Prebuilt(insert(AttemptRow))


class AttemptStore:
    """Claims publications, opens attempts, saves preparations and records outcomes."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def claim(
        self,
        content_id: str,
        publication_id: str,
        *,
        epoch: int,
        holder: str,
        now: datetime,
        period: Callable[[Step], timedelta] | None,
    ) -> ClaimResult | None:
        """Claim a due publication and record the intent of its visible call, in one transaction.

        `epoch` is that of the plan. A publication that was edited since then has a higher one and is claimed all the
        same, by what is stored now: its time, its words, its holds. Otherwise edits without a pause would keep it back.
        The claim raises the epoch by one. `period` is how long the call may take; None: no intent is recorded, because
        there is no token for the call. None is returned when there is no such publication.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            if locked is None:
                return None
            row, found, attempt = locked.publication(publication_id), None, None
            # One that an earlier try of this activity has claimed is not claimed again: it does not wait any more.
            if row.epoch >= epoch:
                await queue_accepted(locked)
                await fail_expired(locked, [row])
                found = await claim_row(locked, row)
            step = step_from(locked.content, locked.draft, row, preparation_of(self._keyring, locked.content, row))
            if found is NextStep.PUBLISH and period is not None:
                earlier = await _EARLIER.rows(session, {"publication_id": row.id, "step": POST})
                if (doubt := doubt_about(earlier)) is not None and doubt.needs_a_look(locked.now):
                    found = NextStep.LOOK_FIRST
                else:
                    attempt = await _open(locked, row, POST, holder, now + period(step), earlier)
            await locked.close()
            return ClaimResult(step, attempt, found)

    async def open_attempt(
        self, publication_id: str, *, step: str, epoch: int, holder: str, now: datetime, deadline: datetime
    ) -> Attempt | Refused:
        """Record and commit the intent of a visible call; Refused if the call may not be made now."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return Refused(NoCall.GONE)
            row = locked.publication(publication_id)
            if row.epoch != epoch or not _may_take(row, step):
                return Refused(NoCall.STALE)
            earlier = await _EARLIER.rows(session, {"publication_id": row.id, "step": step})
            return await _open(locked, row, step, holder, deadline, earlier)

    async def save_preparation(
        self,
        publication_id: str,
        preparation: Preparation,
        *,
        epoch: int,
        now: datetime,
    ) -> None:
        """Save a preparation from the network. StaleEpoch when the draft was edited or another run has taken over.

        A preparation that is no longer usable (the draft was edited, the publication canceled) is recorded for removal.
        """
        sealed = seal_state(self._keyring, publication_id, preparation.state)
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise StaleEpoch(publication_id)
            row = locked.publication(publication_id)
            is_edited = locked.content.draft_version != preparation.draft_version
            if is_edited and preparation.state:
                # A draft is edited only before the first claim, so this is a preparation.
                await leave_detached(session, row, now, draft_version=preparation.draft_version, sealed=sealed)
            is_current = row.epoch == epoch and not is_edited
            if is_current:
                row.sealed_preparation, row.preparation_draft_version = sealed, preparation.draft_version
                row.preparation_ready, row.preparation_expires_at = preparation.ready, preparation.expires_at
                if is_over(row):
                    is_current = not await leave_behind(session, row, now)
                await locked.close()
        if not is_current:
            raise StaleEpoch(publication_id)

    async def record_outcome(
        self,
        publication_id: str,
        attempt_id: str | None,
        *,
        step: str = POST,
        epoch: int,
        outcome: Outcome,
        now: datetime,
        call: CallRecord = NO_CALL,
    ) -> StepResult:
        """Close an attempt and change its publication, by the table in `outcomes`. `attempt_id` None: nothing was sent.

        `step` is POST, PREPARE, or the name of a later step. LookupError when there is no such publication.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            attempt = await attempt_of(session, attempt_id) if attempt_id else None
            applied = await apply_outcome(locked, row, attempt, step=step, epoch=epoch, outcome=outcome, call=call)
            await locked.close()
            if step == POST or (step == PREPARE and applied):
                await _note_on_account(session, row.account_id, outcome, call, now)
            return _result(locked, row)

    async def record_id(self, publication_id: str, found: Published | None, now: datetime) -> StepResult:
        """Record the id of a post that was published without one, or plan the next check for it."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            await locate(locked, row, found)
            await locked.close()
            return _result(locked, row)

    async def belongs_to_another(self, publication_id: str, post_id: str) -> bool:
        """Whether this post is already recorded as another publication of the same account."""
        async with self._database.read() as session:
            row = await session.get(PublicationRow, publication_id)
            return row is not None and await owned_by_another(session, row, post_id)


async def _open(
    locked: LockedContent, row: PublicationRow, step: str, holder: str, deadline: datetime, earlier: Sequence[Any]
) -> Attempt | Refused:
    """Add the intent of a visible call to the caller's transaction; Refused if account or open attempt forbid it.

    `earlier` are the attempts of this step so far.
    """
    account = await locked.account(row.account_id)
    if account.deleted_at is not None:
        return Refused(NoCall.ACCOUNT_GONE)
    if account.paused_until is not None and account.paused_until > locked.now:
        return Refused(NoCall.PAUSED, account.paused_until - locked.now)
    if any(one.is_open for one in earlier):
        return Refused(NoCall.OPEN_ATTEMPT)
    attempt = Attempt(
        new_id(Prefix.ATTEMPT),
        max((one.number for one in earlier), default=0) + 1,
        locked.now,
        deadline,
        uncertain_since=_uncertain_since(locked.now, row, earlier, step),
        step=step,
    )
    row.attempt_count += 1
    row.look_since = None
    values = {
        "id": attempt.id,
        "publication_id": row.id,
        "stage": step,
        "number": attempt.number,
        "epoch": row.epoch,
        "holder": holder,
        "is_open": True,
        "was_uncertain": False,
        "intent_at": locked.now,
        "deadline_at": deadline,
        "uncertain_since": attempt.uncertain_since,
    }
    await _INSERT.run(locked.session, values)
    return attempt


def _uncertain_since(now: datetime, row: PublicationRow, earlier: Sequence[Any], step: str) -> datetime | None:
    """When the first request of this step was made that may have been received, as far as the database can know.

    A restored database lacks recent attempts, and so may one whose first send comes late.
    """
    doubt = doubt_about(earlier)
    times = [at for at in (row.look_since, doubt.since if doubt else None) if at is not None]
    if not times and step == POST and row.attempt_count == 0 and is_late(now, row):
        times.append(row.due_at)
    return min(times, default=None)


def _may_take(row: PublicationRow, step: str) -> bool:
    """Whether this is the next step: the post while it is publishing, a later step once it is published, in order."""
    if step == POST:
        return row.status == S.PUBLISHING
    return row.status == S.PUBLISHED and row.steps_left[:1] == [step]


async def _note_on_account(
    session: AsyncSession, account_id: str, outcome: Outcome, call: CallRecord, now: datetime
) -> None:
    """Record the result of the last post at its account. Token failures are recorded where the renewal was tried."""
    failure = None
    match outcome:
        case Failed():
            failure = outcome.failure
        case Held() if outcome.reason is not HoldReason.TOKEN:
            failure = outcome.cause
    worked, version = isinstance(outcome, Live), call.credentials_version
    await note_outcome(session, account_id, worked=worked, failure=failure, now=now, version=version)


def _result(locked: LockedContent, row: PublicationRow) -> StepResult:
    status = S(row.status)
    return StepResult(
        publication_id=row.id,
        status=status,
        step=next_step_of(
            status,
            steps_left=bool(row.steps_left),
            next_look_at=row.next_look_at or withdrawal_at(locked.content, row) or row.edit_at,
            step_look_at=row.step_look_at,
        ),
        epoch=row.epoch,
        next_look_at=row.next_look_at,
        deliveries=locked.deliveries,
    )
