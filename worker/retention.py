"""Deletes what is older than the settings say: posts, their texts, networks' answers, texts of events, unnamed files.

It has its own loop beside the relay, because it rests between its transactions and the relay must not wait. Any number
of these loops may run; one at a time does it.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from munadi.db.session import Database
from munadi.domain.retention import RetentionSettings
from munadi.imports.store import remove_old
from munadi.ports import Channels, Clock
from munadi.publishing.old_answers import OldAnswers
from munadi.publishing.old_events import OldEvents
from munadi.publishing.old_texts import OldTexts
from munadi.publishing.pace import Pace
from munadi.publishing.purging import PostPurge
from munadi.publishing.unused_media import delete_unused
from worker.rounds import run_rounds

log = logging.getLogger("munadi.retention")

INTERVAL = 3600.0
# Of the time, for its transactions.
SHARE = 0.1


class Retention:
    """The loop of deletions. It runs until it is cancelled. What no setting limits is not deleted."""

    def __init__(self, database: Database, clock: Clock, channels: Channels, kept: RetentionSettings) -> None:
        self._database = database
        self._clock = clock
        self._kept = kept
        self._purge = PostPurge(database, clock, SHARE)
        self._texts = OldTexts(database, clock, channels, SHARE)
        self._answers = OldAnswers(database, clock, SHARE)
        self._events = OldEvents(database, clock, SHARE)

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Delete what has become old enough. Raises what the database raised."""
        async with self._database.alone("retention") as is_alone:
            if is_alone:
                await self._delete()

    async def _delete(self) -> None:
        pace = Pace(self._database, self._clock, SHARE)
        while await pace.once(lambda session, size: remove_old(session, self._clock.now(), size)):
            pass
        # Of whole days, so that the audit log has one entry for a brand and a day.
        today, kept = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0), self._kept
        if kept.post_texts_days is not None:
            texts = await self._texts.remove(today - timedelta(days=kept.post_texts_days))
            log.info("removed the texts of %d posts that were older than %d days", texts, kept.post_texts_days)
        if kept.answers_days is not None:
            answers = await self._answers.remove(today - timedelta(days=kept.answers_days))
            log.info("removed %d raw answers that were older than %d days", answers, kept.answers_days)
        if kept.event_texts_days is not None:
            # A delivery shows what was sent, made of its event.
            days = max(kept.event_texts_days, kept.bodies_days)
            events = await self._events.compact(today - timedelta(days=days))
            log.info("removed the texts of %d events that were older than %d days", events, days)
        if kept.posts_days is not None:
            report = await self._purge.purge(today - timedelta(days=kept.posts_days))
            log.info("deleted %d posts that were older than %d days", report.posts, kept.posts_days)
        if kept.media_days is not None:
            before = today - timedelta(days=kept.media_days)
            files = await delete_unused(self._database, self._clock, before, SHARE)
            log.info("deleted %d files that nothing has named", files)
