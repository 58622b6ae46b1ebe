"""The store of edits of live posts: what is to change, the intent before each request, and what came of it.

(Port: munadi.ports.Edits.) Every method is one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.db.tables import AttemptRow
from munadi.domain.attempt import Attempt
from munadi.domain.failure import Effect, Failure
from munadi.domain.live_edit import Edited, Editing, LiveEdit, Stop, asked, step_of
from munadi.domain.outcome import CallRecord
from munadi.domain.publishing import StepResult
from munadi.domain.withdrawal import LastAnswer
from munadi.publishing import live_editing
from munadi.publishing.content import LockedContent
from munadi.publishing.live_store import LiveStore, close, look_again, open_attempts


class EditStore(LiveStore):
    """Reads and records edits."""

    async def begin(self, publication_id: str, now: datetime) -> Editing | None:
        """The edit under way, under a new epoch; None when there is none.

        An attempt that a dead worker left open is closed as unknown: a read, or a repetition, settles it.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            known = live_editing.edits_of(row)
            if not known or not known[-1].is_open or row.edit_at is None:
                return None
            row.epoch += 1
            edit = known[-1]
            for attempt in await open_attempts(session, row):
                if attempt.stage == step_of(edit):
                    close(attempt, Effect.UNKNOWN, CallRecord(), locked.now)
                    edit = asked(edit, LastAnswer.UNKNOWN, attempt.intent_at)
            live_editing.keep(row, edit)
            await locked.close()
            return Editing(
                publication_id=row.id,
                account_id=row.account_id,
                channel=row.channel,
                epoch=row.epoch,
                edit=edit,
                version=live_editing.version_of(locked, row, edit),
                published_at=row.published_at,
            )

    async def close_attempt(
        self,
        publication_id: str,
        attempt: Attempt,
        *,
        epoch: int,
        after: LiveEdit,
        effect: Effect,
        call: CallRecord,
        now: datetime,
    ) -> None:
        """Record the answer to a request, and the edit as it is after it. StaleEpoch as above."""
        async with self._database.write() as session:
            _, row = await self._current(session, publication_id, epoch, now)
            stored = await session.get(AttemptRow, attempt.id)
            assert stored is not None
            close(stored, effect, call, now)
            live_editing.keep(row, after)

    async def settle(
        self,
        publication_id: str,
        edit: LiveEdit,
        result: Edited | Stop | timedelta,
        *,
        epoch: int,
        failure: Failure | None,
        now: datetime,
    ) -> StepResult:
        """Record what a read showed: how it ended, or how long to wait. StaleEpoch as above."""
        async with self._database.write() as session:
            locked, row = await self._current(session, publication_id, epoch, now)
            await live_editing.settle(locked, row, edit, result, failure)
            await locked.close()
            return look_again(locked, row)
