"""Asks for the renditions of a publication, and says how far they are. (Port: munadi.ports.Renditions.)

One call is one transaction: it finds what is made already, asks for the rest, and writes both into the publication's
row, from which the API and `steps.py` read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media import asset_of
from munadi.db.contents.renditions import rendition_of
from munadi.db.session import Database
from munadi.db.tables import ConversionRow, PublicationRow
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.fitting import PlannedRendition, RenditionStatus, StoredRendition
from munadi.domain.publishing import StaleEpoch
from munadi.publishing.content import LockedContent

S = RenditionStatus
# A conversion that takes longer than this is reported.
REPORTED_AFTER = timedelta(minutes=1)
# Conversions that take longer than this have places of their own, so that a short one never waits for them.
LONG = timedelta(minutes=2)
# How soon to look again: soon after the beginning, later where much is left. One task of a preparation waits 20 s.
SOONEST, LATEST = timedelta(seconds=2), timedelta(seconds=15)


class FittingStore:
    """Asks for renditions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fit(
        self, publication_id: str, planned: Sequence[PlannedRendition], *, epoch: int, now: datetime
    ) -> timedelta | None:
        """None once all are made; else when to look again. Asks for those that nobody has asked for.

        StaleEpoch when the draft was edited or another run has taken over. ChannelError, rejected, when one cannot be
        made; a later call, after a person's retry, tries again.
        """
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                raise StaleEpoch(publication_id)
            row = locked.publication(publication_id)
            if row.epoch != epoch:
                raise StaleEpoch(publication_id)
            known = {one["key"]: StoredRendition.model_validate(one) for one in row.renditions or ()}
            failure, found = None, []
            for one in planned:
                before = known.get(one.key) or StoredRendition.of(one)
                after, refused = await _state(session, one, before, row, locked.now)
                failure = failure or refused
                found.append(after)
            known |= {one.key: one for one in found}
            await _write(locked, row, list(known.values()))
        if failure is not None:
            raise ChannelError(Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED, failure)
        left = [one for one in found if one.status is not S.MADE]
        return _wait(planned, left) if left else None


async def _state(
    session: AsyncSession, one: PlannedRendition, before: StoredRendition, row: PublicationRow, now: datetime
) -> tuple[StoredRendition, str | None]:
    """How far a rendition is, and why it cannot be made."""
    made = await rendition_of(session, one.media_id, one.key)
    since = before.since or now
    if made is not None:
        return before.model_copy(
            update={"status": S.MADE, "progress": 100, "since": since, "file": asset_of(made)}
        ), None
    asked = await session.get(ConversionRow, (one.media_id, one.key))
    if asked is not None and asked.status == S.FAILED and before.status is S.FAILED:
        await session.delete(asked)  # a person has asked for another try
        await session.flush()
        asked = None
    if asked is None:
        session.add(_asked(one, row, now))
        return before.model_copy(update={"status": S.WAITING, "progress": 0, "since": now}), None
    asked.needed_at = min(asked.needed_at, row.due_at)
    status = RenditionStatus(asked.status)
    after = before.model_copy(update={"status": status, "progress": asked.progress, "since": since})
    return after, asked.failure if status is S.FAILED else None


def _asked(one: PlannedRendition, row: PublicationRow, now: datetime) -> ConversionRow:
    return ConversionRow(
        media_id=one.media_id,
        key=one.key,
        recipe=one.recipe.model_dump(mode="json"),
        seconds=one.seconds,
        is_long=timedelta(seconds=one.seconds) > LONG,
        needed_at=row.due_at,
        created_at=now,
    )


async def _write(locked: LockedContent, row: PublicationRow, found: Sequence[StoredRendition]) -> None:
    """Store what has changed, and report once what takes long."""
    is_slow = any(
        one.status in (S.WAITING, S.CONVERTING)
        and not one.reported
        and locked.now - (one.since or locked.now) > REPORTED_AFTER
        for one in found
    )
    if is_slow:
        found = [one.model_copy(update={"reported": True}) for one in found]
    stored = [one.model_dump(mode="json") for one in found]
    if stored != row.renditions:
        row.renditions, row.updated_at = stored, locked.now
    if is_slow:
        await locked.emit(EventType.MEDIA_CONVERTING, row)


def _wait(planned: Sequence[PlannedRendition], left: Sequence[StoredRendition]) -> timedelta:
    seconds = {one.key: one.seconds for one in planned}
    rest = max(seconds[one.key] * (100 - one.progress) / 100 for one in left)
    return min(max(timedelta(seconds=rest / 10), SOONEST), LATEST)
