"""The store of withdrawals: what is left to remove, the intent before each request, and what came of it.

(Port: munadi.ports.Withdrawals.) Every method is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.db.session import Database
from munadi.db.tables import AttemptRow, PublicationRow
from munadi.domain.attempt import Attempt
from munadi.domain.failure import Effect, Failure
from munadi.domain.outcome import CallRecord
from munadi.domain.publishing import StepResult
from munadi.domain.removal import Removing, asked, step_of
from munadi.domain.withdrawal import LastAnswer, PostedObject, WithdrawalStatus
from munadi.ports import Channels
from munadi.publishing import withdrawing
from munadi.publishing.content import LockedContent
from munadi.publishing.live_store import LiveStore, close, look_again, open_attempts
from munadi.publishing.plans import is_to_end, withdrawal_at
from munadi.publishing.states import ChangeRefused

# A time to end that finds a later step at the network, or a post without its id, tries again so long later.
TRY_AGAIN = timedelta(minutes=1)
OPEN = (WithdrawalStatus.WITHDRAWING, WithdrawalStatus.UNCONFIRMED)


class WithdrawalStore(LiveStore):
    """Reads and records withdrawals."""

    def __init__(self, database: Database, channels: Channels) -> None:
        super().__init__(database)
        self._channels = channels

    async def begin(self, publication_id: str, now: datetime) -> Removing | None:
        """What is left to remove, under a new epoch; None when nothing is.

        An attempt that a dead worker left open is closed as unknown: a look, or a repetition, settles it.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            due = withdrawal_at(locked.content, row)
            if is_to_end(locked.content, row) and due is not None and due <= locked.now:
                await self._request(locked, row)
            known = withdrawing.withdrawal_of(row)
            if known is None or known.status not in OPEN:
                return None
            row.epoch += 1
            objects = withdrawing.objects_of(row)
            places = {step_of(place): place for place in range(len(objects))}
            for attempt in await open_attempts(session, row):
                if (place := places.get(attempt.stage)) is not None:
                    close(attempt, Effect.UNKNOWN, CallRecord(), locked.now)
                    objects[place] = asked(objects[place], LastAnswer.UNKNOWN, attempt.intent_at)
            withdrawing.keep_objects(row, objects)
            await locked.close()
            return Removing(
                publication_id=row.id,
                account_id=row.account_id,
                channel=row.channel,
                epoch=row.epoch,
                objects=tuple(objects),
                since=known.requested_at,
                published_at=row.published_at,
            )

    async def close_attempt(
        self,
        publication_id: str,
        place: int,
        attempt: Attempt,
        *,
        epoch: int,
        after: PostedObject,
        effect: Effect,
        call: CallRecord,
        now: datetime,
    ) -> None:
        """Record the answer to a request, and the object as it is after it. StaleEpoch as above."""
        async with self._database.write() as session:
            _, row = await self._current(session, publication_id, epoch, now)
            stored = await session.get(AttemptRow, attempt.id)
            assert stored is not None
            close(stored, effect, call, now)
            objects = withdrawing.objects_of(row)
            objects[place] = after
            withdrawing.keep_objects(row, objects)

    async def settle(
        self,
        publication_id: str,
        objects: Sequence[PostedObject],
        *,
        epoch: int,
        after: timedelta,
        failure: Failure | None,
        now: datetime,
    ) -> StepResult:
        """Record what looks showed, and when to act again. StaleEpoch as above."""
        async with self._database.write() as session:
            locked, row = await self._current(session, publication_id, epoch, now)
            await withdrawing.settle(locked, row, objects, after, failure)
            await locked.close()
            return look_again(locked, row)

    async def refuse(self, publication_id: str, failure: Failure, *, epoch: int, now: datetime) -> StepResult:
        """End it: the network, or the connection, does not allow it. StaleEpoch as above."""
        async with self._database.write() as session:
            locked, row = await self._current(session, publication_id, epoch, now)
            await withdrawing.refuse(locked, row, failure)
            await locked.close()
            return look_again(locked, row)

    async def _request(self, locked: LockedContent, row: PublicationRow) -> None:
        """Begin the withdrawal at the post's time to end. Where it is not possible, record why; where it is not yet,
        try again in a minute."""
        try:
            rule = await withdrawing.rule_of(locked, row, self._channels)
            await withdrawing.request(locked, row, rule)
        except (withdrawing.NotWithdrawable, ChangeRefused) as error:
            if _is_possible_later(error, row):
                row.withdrawal_at = locked.now + TRY_AGAIN
            else:
                await withdrawing.refuse_at_once(locked, row, str(error))
            await locked.close()


def _is_possible_later(error: Exception, row: PublicationRow) -> bool:
    """Whether a step that is being published ends by itself, or the id of the post is still looked for."""
    code = error.code if isinstance(error, ChangeRefused) else ""
    return code == "STILL_PUBLISHING" or (code == "POST_ID_PENDING" and row.next_look_at is not None)
