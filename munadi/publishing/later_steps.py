"""Later visible steps of a published post: a first comment, the parts of a thread. (Port: munadi.ports.Stages.)

Each has attempts of its own, one open at a time. Whatever becomes of them the publication stays published: what fails
is a warning, never a failure.
"""

from __future__ import annotations

from datetime import datetime

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.db.tables import AttemptRow
from munadi.domain.failure import Effect
from munadi.domain.publication import PublicationStatus, Published, Warning_
from munadi.publishing.content import LockedContent
from munadi.publishing.handles import handle_of
from munadi.publishing.model import Settled, Work
from munadi.publishing.outcomes import locate
from munadi.publishing.steps import work_of

S = PublicationStatus


class StageLedger:
    """Begin, and settle one step; every call is one transaction."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def begin(self, publication_id: str, now: datetime) -> Work | None:
        """Raise the epoch, so that an overtaken run can record no intent, and tell what the next step is."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            if row.status == S.PUBLISHED and row.stages:
                row.epoch += 1
            await session.flush()
            handle = handle_of(self._keyring, locked.content, row)
            return await work_of(session, locked.content, locked.draft, row, handle)

    async def located(self, publication_id: str, found: Published | None, now: datetime) -> Settled:
        """What a later look for the id of a live post brought: the post with its id, or nothing yet."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            await locate(locked, row, found)
            await locked.close()
            return Settled(S(row.status), row.epoch, row.next_look_at, locked.deliveries, bool(row.stages))

    async def record_outcome(
        self,
        publication_id: str,
        attempt_id: str | None,
        *,
        stage: str,
        effect: Effect,
        warning: Warning_ | None = None,
        provider_code: str | None = None,
        raw: str | None = None,
        now: datetime,
    ) -> Settled:
        """Write one outcome down. SENT passes the step, whatever the epoch; a warning gives up all that is left."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise LookupError(publication_id)
            row = locked.publication(publication_id)
            attempt = await session.get(AttemptRow, attempt_id) if attempt_id else None
            if attempt is not None and attempt.is_open:
                attempt.outcome, attempt.ended_at = effect.value, now
                attempt.provider_code, attempt.raw = provider_code, raw
                attempt.is_open = effect is Effect.UNKNOWN and warning is None
            if effect is Effect.SENT and row.stages[:1] == [stage]:
                row.stages = row.stages[1:]
            elif warning is not None and row.stages:
                row.stages = []
                row.warnings = [*row.warnings, warning.model_dump(mode="json")]
            row.updated_at = now
            await locked.close()
            return Settled(S(row.status), row.epoch, row.next_look_at, locked.deliveries, bool(row.stages))
