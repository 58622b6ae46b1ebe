"""Deletes old posts, if a setting says how long they are kept. One of these loops at a time does it.

It has its own loop beside the relay, because a purge rests between its transactions and the relay must not wait.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from munadi.db.session import Database
from munadi.ports import Clock
from munadi.publishing.purging import PostPurge
from worker.rounds import run_rounds

log = logging.getLogger("munadi.retention")

INTERVAL = 3600.0
# Of the time, for its transactions.
SHARE = 0.1


class PostRetention:
    """The loop that deletes posts older than so many days; None: no post. It runs until it is cancelled."""

    def __init__(self, database: Database, clock: Clock, days: int | None) -> None:
        self._database = database
        self._clock = clock
        self._days = days
        self._purge = PostPurge(database, clock, SHARE)

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Delete what has become old enough. Raises what the database raised."""
        if self._days is None:
            return
        # Of whole days, so that the audit log has one entry for a brand and a day.
        today = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._database.alone("retention") as is_alone:
            if is_alone:
                report = await self._purge.purge(today - timedelta(days=self._days))
                if report.posts:
                    log.info("deleted %d posts that were older than %d days", report.posts, self._days)
