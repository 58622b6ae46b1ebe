"""Reads the state of a post for its workflow: plans, due claims, next steps. (Port: munadi.ports.Schedule.)

The workflow of a post calls `look`, the activities of one publication `load` and `begin`. `load` is a lookup, the
others are one transaction each.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Step, View
from munadi.publishing.claiming import fail_expired, queue_accepted
from munadi.publishing.content import LockedContent
from munadi.publishing.loading import READ_BY_PUBLICATION, load_post
from munadi.publishing.plans import view_of
from munadi.publishing.preparations import preparation_of
from munadi.publishing.steps import ATTEMPTS, attempts_of, open_one, step_from, step_name, with_attempts

S = PublicationStatus


class ScheduleStore:
    """Reads plans, claims and next steps."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def queue(self, content_ids: Sequence[str], now: datetime) -> None:
        """Accepted → queued, for posts whose workflows were just started with their plan.

        That acknowledges the first wake. A change since then has raised `wake_seq`, and its own wake follows.
        """
        async with self._database.write() as session:
            for locked in await LockedContent.lock_all(session, content_ids, now):
                if locked.content.wake_ack > 0:
                    continue
                locked.content.wake_ack = 1
                locked.content.wake_tries = 0
                locked.content.next_wake_at = None
                await queue_accepted(locked)
                await locked.close()

    async def look(self, content_id: str, now: datetime) -> View | None:
        """Queue accepted publications, fail expired ones, acknowledge wakes; returns the plans. None: no such post."""
        async with self._database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            if locked is None:
                return None
            locked.content.wake_ack = locked.content.wake_seq
            locked.content.wake_tries = 0
            locked.content.next_wake_at = None
            await queue_accepted(locked)
            await fail_expired(locked, locked.publications)
            await locked.close()
            return view_of(locked.content, locked.publications, locked.now, locked.deliveries)

    async def load(self, publication_id: str) -> Step | None:
        """The next step of a publication; None when there is no such publication."""

        def read(connection: Connection) -> Step | None:
            with Session(connection, autoflush=False) as session:
                return self._step(session, publication_id)

        return await self._database.lookup(read)

    def _step(self, session: Session, publication_id: str) -> Step | None:
        post = load_post(session, READ_BY_PUBLICATION, publication_id)
        if post is None:
            return None
        content, publications, draft = post
        row = next(one for one in publications if one.id == publication_id)
        attempts = ATTEMPTS.find(session, {"publication_id": row.id, "step": step_name(row)})
        return with_attempts(step_from(content, draft, row, preparation_of(self._keyring, content, row)), attempts)

    async def begin(self, publication_id: str, now: datetime, statuses: frozenset[PublicationStatus]) -> Step | None:
        """Raise the epoch of a publication in one of these statuses, so that a late intent fails; then as `load`."""
        async with self._database.write() as session:
            locked = await LockedContent.lock_by_publication(session, publication_id, now)
            if locked is None:
                return None
            row = locked.publication(publication_id)
            name = step_name(row)
            if row.status in statuses and name is not None:
                row.epoch += 1
            attempts = await attempts_of(session, publication_id, name)
            attempt = open_one(attempts)
            if attempt is not None:
                attempt.was_uncertain = True  # also when the network shows that it was not sent
            preparation = preparation_of(self._keyring, locked.content, row)
            return with_attempts(step_from(locked.content, locked.draft, row, preparation), attempts)
