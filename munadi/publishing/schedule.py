"""The schedule of a post: what is true of it, what is due, and the step to take. (Port: munadi.ports.Schedule.)

The workflow of a post calls `look` and `claim`, the activities of one publication `load` and `begin`. Each is one
transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Failure, Reason
from munadi.domain.publication import POST, Handle, HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing.content import LockedContent
from munadi.publishing.handles import handle_of
from munadi.publishing.model import Attempt, Claim, Claimed, NextStep, Plan, Step, View

S = PublicationStatus
FOREVER = timedelta(days=3650)
# A first send that comes this late may follow a restore of the database: check the network before sending.
LATE_FIRST_SEND = timedelta(minutes=5)
# A claim that was refused because this clock lags sleeps at least this long.
MIN_SLEEP = timedelta(milliseconds=20)

_USABLE = frozenset({AccountStatus.CONNECTED, AccountStatus.EXPIRING})

_HOLD_ENDS_AS = {
    HoldReason.TOKEN: Reason.TOKEN_EXPIRED,
    HoldReason.OUTAGE: Reason.PROVIDER_OUTAGE,
    HoldReason.RATE_LIMIT: Reason.RATE_LIMITED,
    HoldReason.DAILY_CAP: Reason.DAILY_CAP_REACHED,
}


class ScheduleStore:
    """Reads and claims what is due."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def look(self, content_id: str, now: datetime) -> View | None:
        """Accepted → queued, expired → failed, wakes acknowledged; then the plans. None: there is no such post."""
        async with self._database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            if locked is None:
                return None
            locked.content.wake_ack = locked.content.wake_seq
            locked.content.wake_tries = 0
            locked.content.next_wake_at = None
            accepted = [row for row in locked.publications if row.status == S.ACCEPTED]
            for row in accepted:
                await locked.move(row, S.QUEUED, None)
            if accepted:
                await locked.emit(EventType.CONTENT_QUEUED)
            await self._end_hopeless(locked)
            await locked.close()
            return View(
                content_id=content_id,
                brand_ref=locked.content.brand_ref,
                draft_version=locked.content.draft_version,
                plans=tuple(plan_of(locked, row) for row in locked.publications),
                deliveries=locked.deliveries,
            )

    async def claim(self, content_id: str, now: datetime, holder: str) -> Claim:
        """Take every publication that is due, prepared and not held: queued → publishing, under a new epoch.

        The point of no return. Those already `publishing` come back too, to be reconciled.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            if locked is None:
                return Claim()
            await self._end_hopeless(locked)
            claimed: list[Claimed] = []
            sleeps: list[timedelta] = []
            for row in locked.publications:
                if row.status == S.PUBLISHING:
                    claimed.append(_claimed(locked, row, NextStep.RECONCILE))
                    continue
                at = plan_of(locked, row).claimable_at
                if at is None:
                    continue
                if at > now:
                    sleeps.append(max(at - now, MIN_SLEEP))
                    continue
                row.epoch += 1
                late = now - row.due_at > LATE_FIRST_SEND and row.attempt_count == 0
                looked_for = late or row.look_since is not None
                await locked.move(row, S.PUBLISHING, EventType.PUBLISH_STARTED)
                claimed.append(_claimed(locked, row, NextStep.LOOK_FIRST if looked_for else NextStep.PUBLISH))
            await locked.close()
            sleep = min(sleeps) if sleeps else None
            # What is claimed soon has an outcome, whose `deliver` announces these events too.
            return Claim(claimed=tuple(claimed), sleep=sleep, deliveries=0 if claimed else locked.deliveries)

    async def load(self, publication_id: str) -> Step | None:
        """The next step of a publication; None when there is no such publication."""
        async with self._database.read() as session:
            row = await session.get(PublicationRow, publication_id)
            content = await session.get(ContentRow, row.content_id) if row else None
            if row is None or content is None:
                return None
            draft = await session.get(DraftRow, (content.id, content.draft_version))
            if draft is None:
                return None
            return await step_of(session, content, draft, row, handle_of(self._keyring, content, row))

    async def begin(self, publication_id: str, now: datetime, statuses: frozenset[PublicationStatus]) -> Step | None:
        """The same, after raising the epoch of a publication in one of these statuses, so that a late intent fails."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            name = step_name(row)
            if row.status in statuses and name is not None:
                row.epoch += 1
            attempt = await open_attempt_of(session, publication_id, name)
            if attempt is not None:
                attempt.was_uncertain = True  # also when the network shows that it was not sent
            await session.flush()
            handle = handle_of(self._keyring, locked.content, row)
            return await step_of(session, locked.content, locked.draft, row, handle)

    async def _end_hopeless(self, locked: LockedContent) -> None:
        """Fail what waits past publishBy, or for an account that was disconnected.

        A hold for a token whose account was reconnected while the hold was being written is taken off.
        """
        waiting = [row for row in locked.publications if row.status in (S.QUEUED, S.ACCEPTED)]
        if not waiting:
            return
        query = select(AccountRow.id, AccountRow.status, AccountRow.deleted_at).where(
            col(AccountRow.id).in_([row.account_id for row in waiting])
        )
        accounts = {key: (status, gone) for key, status, gone in (await locked.session.exec(query)).all()}
        for row in waiting:
            status, gone = accounts[row.account_id]
            if gone is not None:
                await locked.fail(row, failure_of(Reason.ACCOUNT_DISCONNECTED))
                continue
            reconnected = row.hold_reason == HoldReason.TOKEN and row.hold_until is None and status in _USABLE
            if locked.now >= locked.content.publish_by:
                if reconnected:
                    locked.release(row)
                await locked.fail(row, _end_of(row))
            elif reconnected:
                await locked.resume(row)


def _end_of(row: PublicationRow) -> Failure:
    """Why the window closed: what held it, in the network's own words where there are some."""
    if row.hold_cause is not None:
        return Failure.model_validate(row.hold_cause)
    return failure_of(_HOLD_ENDS_AS[HoldReason(row.hold_reason)] if row.hold_reason else Reason.WINDOW_MISSED)


def plan_of(locked: LockedContent, row: PublicationRow) -> Plan:
    """How the workflow must treat a publication now."""
    held: datetime | None = None
    if row.hold_reason is not None:
        held = row.hold_until if row.hold_until is not None else locked.now + FOREVER
    return Plan(
        publication_id=row.id,
        channel=ChannelName(row.channel),
        status=S(row.status),
        epoch=row.epoch,
        due_at=row.due_at,
        publish_by=locked.content.publish_by,
        prepare_at=_prepare_at(locked, row),
        held_until=held,
        next_look_at=row.next_look_at,
        stages_left=row.status == S.PUBLISHED and bool(row.stages),
    )


def is_prepared(row: PublicationRow, draft_version: int, when: datetime) -> bool:
    """Whether only the visible call will be left at `when`: a ready handle of this draft that has not lapsed."""
    if not row.lead_seconds:
        return True
    return (
        row.handle_ready
        and row.handle_draft_version == draft_version
        and (row.handle_expires_at is None or row.handle_expires_at > when)
    )


def _prepare_at(locked: LockedContent, row: PublicationRow) -> datetime | None:
    if row.status != S.QUEUED or is_prepared(row, locked.content.draft_version, max(row.due_at, locked.now)):
        return None
    return row.due_at - timedelta(seconds=row.lead_seconds)


def _claimed(locked: LockedContent, row: PublicationRow, mode: NextStep) -> Claimed:
    return Claimed(
        publication_id=row.id,
        channel=ChannelName(row.channel),
        epoch=row.epoch,
        draft_version=locked.content.draft_version,
        mode=mode,
    )


def step_name(row: PublicationRow) -> str | None:
    """The visible step to take next: the post, then the later steps in order; None when none is left."""
    if row.status != S.PUBLISHED:
        return POST
    return row.stages[0] if row.stages else None


async def open_attempt_of(session: AsyncSession, publication_id: str, step: str | None) -> AttemptRow | None:
    """The visible call of one step whose end is not certain: one at most, by a unique index."""
    if step is None:
        return None
    query = select(AttemptRow).where(
        AttemptRow.publication_id == publication_id, col(AttemptRow.is_open), AttemptRow.stage == step
    )
    return (await session.exec(query)).first()


async def step_of(
    session: AsyncSession, content: ContentRow, current: DraftRow, row: PublicationRow, handle: Handle | None = None
) -> Step:
    """The next step, from rows that the caller has read or locked, and the `handle` that it opened."""
    draft = Draft.model_validate(current.resolved[row.id])
    name = step_name(row)
    return Step(
        publication_id=row.id,
        content_id=row.content_id,
        account_id=row.account_id,
        channel=row.channel,
        status=S(row.status),
        epoch=row.epoch,
        draft_version=content.draft_version,
        draft=PublicationDraft(
            **draft.model_dump(), publication_id=row.id, created_at=row.created_at, due_at=row.due_at
        ),
        handle=handle,
        publish_by=content.publish_by,
        attempts=row.attempt_count,
        looks=row.look_count,
        name=name,
        attempt=_attempt_of(await open_attempt_of(session, row.id, name)),
        look_since=row.look_since,
    )


def _attempt_of(row: AttemptRow | None) -> Attempt | None:
    if row is None:
        return None
    effect = Effect(row.outcome) if row.outcome else None
    return Attempt(row.id, row.number, row.intent_at, row.deadline_at, effect)
