"""What withdrawals and edits have in common: the account of what is live, and the intents of requests on it.

Every method of the store is one transaction; the functions are part of the caller's.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.accounts.rows import without_token
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.attempt import Attempt
from munadi.domain.failure import Effect
from munadi.domain.ids import Prefix
from munadi.domain.outcome import CallRecord
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import NextStep, StaleEpoch, StepResult
from munadi.publishing.content import LockedContent
from munadi.publishing.states import ChangeRefused


class LiveStore:
    """Records the intent of each request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_attempt(
        self, publication_id: str, step: str, *, epoch: int, holder: str, now: datetime, deadline: datetime
    ) -> Attempt:
        """Record and commit the intent of a request. StaleEpoch when another run has taken over."""
        async with self._database.write() as session:
            locked, row = await self._current(session, publication_id, epoch, now)
            query = select(func.max(AttemptRow.number)).where(
                AttemptRow.publication_id == row.id, AttemptRow.stage == step
            )
            attempt = Attempt(
                new_id(Prefix.ATTEMPT), ((await session.exec(query)).one() or 0) + 1, locked.now, deadline, step=step
            )
            session.add(
                AttemptRow(
                    id=attempt.id,
                    publication_id=row.id,
                    stage=step,
                    number=attempt.number,
                    epoch=epoch,
                    holder=holder,
                    intent_at=locked.now,
                    deadline_at=deadline,
                )
            )
            return attempt

    async def _current(
        self, session: AsyncSession, publication_id: str, epoch: int, now: datetime
    ) -> tuple[LockedContent, PublicationRow]:
        """The publication, under the lock of its post. StaleEpoch when another run has taken over."""
        locked = await LockedContent.lock_by_publication(session, publication_id, now)
        if locked is None or locked.publication(publication_id).epoch != epoch:
            raise StaleEpoch(publication_id)
        return locked, locked.publication(publication_id)


async def account_of(post: LockedContent, row: PublicationRow, to: str) -> ConnectedAccount:
    """The account of a live publication, as the rules need it. ChangeRefused where it was disconnected."""
    account = await post.session.get_one(AccountRow, row.account_id)
    if account.deleted_at is not None:
        where = row.provider_url or "in the network's own app"
        text = f"the account was disconnected, so only a person can {to} the post: {where}"
        raise ChangeRefused("ACCOUNT_DISCONNECTED", text)
    return without_token(account)


async def open_attempts(session: AsyncSession, row: PublicationRow) -> list[AttemptRow]:
    """The requests of a publication whose answers are not recorded."""
    query = select(AttemptRow).where(AttemptRow.publication_id == row.id, col(AttemptRow.is_open))
    return list((await session.exec(query)).all())


def close(row: AttemptRow, effect: Effect, call: CallRecord, now: datetime) -> None:
    """Record what came of a request."""
    row.is_open, row.ended_at, row.outcome = False, now, effect.value
    row.was_uncertain = effect is Effect.UNKNOWN
    row.closed_by = call.closed_by.value
    row.provider_code, row.raw, row.first_byte_at = call.provider_code, call.raw, call.first_byte_at


def look_again(locked: LockedContent, row: PublicationRow) -> StepResult:
    """The result of a step on what is live: the workflow reads the post again."""
    return StepResult(
        publication_id=row.id,
        status=PublicationStatus(row.status),
        step=NextStep.LOOK,
        epoch=row.epoch,
        deliveries=locked.deliveries,
    )
