"""Removes the bytes of deleted media. Any number of these loops may run; one at a time does it."""

from __future__ import annotations

import logging

from munadi.db.session import Database
from munadi.media.store import MediaStore, StoreUnavailable
from munadi.ports import Clock
from munadi.publishing.media_deletion import forget_removed, remove_deleted
from worker.rounds import DATABASE, run_rounds

log = logging.getLogger("munadi.media")

INTERVAL = 5.0
TIDY_SECONDS = 3600.0


class MediaRemover:
    """The loop that removes bytes. It runs until it is cancelled."""

    def __init__(self, database: Database, store: MediaStore, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._next_tidy = 0.0

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        servers = {**DATABASE, StoreUnavailable: "the media store"}
        await run_rounds(log, self.round, seconds=INTERVAL, servers=servers)

    async def round(self) -> None:
        """Remove what was deleted; once an hour clean up. Raises what the database or the store raised."""
        for digest in await remove_deleted(self._database, self._store, self._clock.now()):
            log.info("removed the bytes of deleted media, SHA-256 %s", digest)
        if self._clock.monotonic() >= self._next_tidy:
            await forget_removed(self._database, self._clock.now())
            self._next_tidy = self._clock.monotonic() + TIDY_SECONDS
