"""The workflow's side of a content: `look` at what is true, `claim` what is due. (Port: munadi.ports.Contents.)"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select

from munadi.db.session import Database
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Failure, Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing.content import LockedContent
from munadi.publishing.model import Claim, Claimed, Mode, Plan, View

S = PublicationStatus
FOREVER = timedelta(days=3650)
# A first send that comes this late may follow a restore of the database: look before sending (design §5).
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


class ContentProgress:
    """Look and claim, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self, content_id: str, now: datetime) -> View | None:
        """Accepted → queued, expired → failed, wakes acknowledged; then the truth. None: there is no such content."""
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
                    claimed.append(_claimed(locked, row, Mode.RECONCILE))
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
                claimed.append(_claimed(locked, row, Mode.LOOK_FIRST if looked_for else Mode.PUBLISH))
            await locked.close()
            sleep = min(sleeps) if sleeps else None
            # What is claimed soon has an outcome, whose `deliver` announces these events too.
            return Claim(claimed=tuple(claimed), sleep=sleep, deliveries=0 if claimed else locked.deliveries)

    async def _end_hopeless(self, locked: LockedContent) -> None:
        """What waits past publishBy, or for an account that is gone, ends with its reason.

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


def _claimed(locked: LockedContent, row: PublicationRow, mode: Mode) -> Claimed:
    return Claimed(
        publication_id=row.id,
        channel=ChannelName(row.channel),
        epoch=row.epoch,
        draft_version=locked.content.draft_version,
        mode=mode,
    )
