"""The publish protocol's ledger: intents before visible calls, outcomes after them. (Port: munadi.ports.Publications.)

An attempt is inserted, and committed, before its visible call, only under the current epoch and only while the
publication is `publishing`. It is closed once its outcome is certain; an unknown one stays open until `reconcile`
has found out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.accounts.rows import note_outcome
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, ContentRow, DraftRow, PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import Failure
from munadi.domain.ids import Prefix
from munadi.domain.publication import POST, HoldReason, PublicationStatus
from munadi.publishing.content import LockedContent
from munadi.publishing.handles import handle_of, stored
from munadi.publishing.leftovers import is_over, leave_behind, leave_detached
from munadi.publishing.model import Intent, IntentRefused, Outcome, Settled, StaleEpoch, Work
from munadi.publishing.outcomes import owned_by_another, record_outcome
from munadi.publishing.steps import open_attempts, work_of

S = PublicationStatus


class PublicationLedger:
    """Attempts, handles and their outcomes; every call is one transaction."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def load(self, publication_id: str) -> Work | None:
        """Everything an activity needs to know of a publication, or None."""
        async with self._database.read() as session:
            row = await session.get(PublicationRow, publication_id)
            content = await session.get(ContentRow, row.content_id) if row else None
            if row is None or content is None:
                return None
            draft = await session.get(DraftRow, (content.id, content.draft_version))
            if draft is None:
                return None
            return await work_of(session, content, draft, row, handle_of(self._keyring, content, row))

    async def open_attempt(
        self, publication_id: str, *, epoch: int, stage: str, holder: str, now: datetime, deadline: datetime
    ) -> Intent | IntentRefused:
        """Record the intent of a visible call; committed when this returns. Refused unless it may be made now."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return IntentRefused("GONE")
            row = locked.publication(publication_id)
            if row.epoch != epoch or not _may_take(row, stage):
                return IntentRefused("STALE")
            account = await session.get(AccountRow, row.account_id)
            if account is None or account.deleted_at is not None:
                return IntentRefused("ACCOUNT_GONE")
            if account.paused_until is not None and account.paused_until > locked.now:
                return IntentRefused("PAUSED", account.paused_until - locked.now)
            if await open_attempts(session, publication_id, stage):
                return IntentRefused("OPEN_ATTEMPT")
            row.attempt_count += 1
            row.look_since = None
            attempt = AttemptRow(
                id=new_id(Prefix.ATTEMPT),
                publication_id=publication_id,
                stage=stage,
                number=await _next_number(session, publication_id, stage),
                epoch=epoch,
                holder=holder,
                intent_at=locked.now,
                deadline_at=deadline,
            )
            session.add(attempt)
            try:
                await session.flush()
            except IntegrityError:
                # Another intent slipped in between (no row lock on a foreign database): it goes first.
                await session.rollback()
                return IntentRefused("OPEN_ATTEMPT")
            return Intent(attempt.id, attempt.number, locked.now)

    async def record_outcome(
        self, publication_id: str, attempt_id: str | None, *, epoch: int, outcome: Outcome, now: datetime
    ) -> Settled:
        """Close an attempt and walk the arrow its outcome tells, in one transaction (rules in `settle.py`)."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            attempt = await session.get(AttemptRow, attempt_id) if attempt_id else None
            await record_outcome(locked, row, attempt, epoch, outcome)
            await locked.close()
            # Of a token, whoever tried to renew it knows more: that is noted already.
            held = outcome.hold_cause if outcome.hold is not HoldReason.TOKEN else None
            worked = outcome.published is not None
            failure, version = outcome.failure or held, outcome.credentials_version
            await note_outcome(session, row.account_id, worked=worked, failure=failure, now=now, version=version)
            return Settled(S(row.status), row.epoch, row.next_look_at, locked.deliveries, bool(row.stages))

    async def begin_reconcile(self, publication_id: str, now: datetime) -> Work | None:
        """Raise the epoch, so that a late intent fails, and tell what is on record."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            if row.status in (S.PUBLISHING, S.UNCONFIRMED):
                row.epoch += 1
            for attempt in await open_attempts(session, publication_id, POST):
                attempt.was_uncertain = True  # whatever this look finds
            await session.flush()
            handle = handle_of(self._keyring, locked.content, row)
            return await work_of(session, locked.content, locked.draft, row, handle)

    async def is_anothers(self, publication_id: str, post_id: str) -> bool:
        """Whether another publication of the same account is known to be this post."""
        async with self._database.read() as session:
            row = await session.get(PublicationRow, publication_id)
            return row is not None and await owned_by_another(session, row, post_id)

    async def requeue(self, publication_id: str, *, epoch: int, now: datetime) -> Settled:
        """Nothing was ever sent: publishing → queued, due at once."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            if row.epoch == epoch and row.status == S.PUBLISHING:
                locked.release(row)
                await locked.move(row, S.QUEUED, EventType.PUBLISH_RESUMED)
                await locked.close()
            return Settled(S(row.status), row.epoch, None, locked.deliveries)

    async def unconfirmed(
        self, publication_id: str, *, epoch: int, next_look_after: timedelta, now: datetime
    ) -> Settled:
        """We looked and cannot tell: publishing → unconfirmed, or the next look; none after publishBy."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            if row.epoch == epoch and row.status in (S.PUBLISHING, S.UNCONFIRMED):
                if row.status == S.PUBLISHING:
                    row.look_count = 0
                    await locked.move(row, S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)
                row.look_count += 1
                at = now + next_look_after
                row.next_look_at = at if at <= locked.content.publish_by else None
                await locked.close()
            return Settled(S(row.status), row.epoch, row.next_look_at, locked.deliveries)

    async def save_handle(
        self,
        publication_id: str,
        *,
        draft_version: int,
        epoch: int,
        state: dict[str, Any],
        ready: bool,
        expires_at: datetime | None,
        now: datetime,
    ) -> None:
        """Keep what the network gave us. StaleEpoch when the draft was edited or this activity was overtaken.

        What comes too late to be used (the draft was edited, the publication canceled) is kept to be removed.
        """
        sealed, public = stored(self._keyring, publication_id, state)
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise StaleEpoch(publication_id)
            row = locked.publication(publication_id)
            is_edited = locked.content.draft_version != draft_version
            if is_edited and state:
                # Only before the first claim, so that a preparation alone can be told this.
                await leave_detached(session, row, now, draft_version=draft_version, sealed=sealed, public=public)
            is_current = row.epoch == epoch and not is_edited
            if is_current:
                row.handle, row.sealed_handle, row.handle_draft_version = public, sealed, draft_version
                row.handle_ready, row.handle_expires_at = ready, expires_at
                if is_over(row):
                    is_current = not await leave_behind(session, row, now)
                await locked.close()
        if not is_current:
            raise StaleEpoch(publication_id)

    async def end_waiting(
        self,
        publication_id: str,
        *,
        epoch: int,
        failure: Failure | None,
        hold: HoldReason | None,
        hold_for: timedelta | None,
        now: datetime,
        credentials_version: int | None = None,
    ) -> Settled:
        """A preparation met a condition (a hold, with its cause) or its end (failed); nothing visible was tried."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            if row.epoch == epoch and row.status == S.QUEUED:
                if hold is not None:
                    await locked.hold(row, hold, now + hold_for if hold_for is not None else None, failure)
                elif failure is not None:
                    await locked.fail(row, failure)
                await locked.close()
                if hold is not HoldReason.TOKEN:
                    await note_outcome(
                        session, row.account_id, worked=False, failure=failure, now=now, version=credentials_version
                    )
            return Settled(S(row.status), row.epoch, None, locked.deliveries)


def _may_take(row: PublicationRow, stage: str) -> bool:
    """The post while it is being published; a later step once it is, in order."""
    if stage == POST:
        return row.status == S.PUBLISHING
    return row.status == S.PUBLISHED and row.stages[:1] == [stage]


async def _next_number(session: AsyncSession, publication_id: str, stage: str) -> int:
    query = (
        select(AttemptRow.number)
        .where(AttemptRow.publication_id == publication_id, AttemptRow.stage == stage)
        .order_by(col(AttemptRow.number).desc())
        .limit(1)
    )
    return ((await session.exec(query)).first() or 0) + 1
