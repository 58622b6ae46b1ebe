"""Makes the posts of series: one worker at a time looks, and any other may continue after it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from munadi.db.session import Database
from munadi.domain.publishing import View
from munadi.intake.checks import PostChecker
from munadi.intake.media import MediaIntake, RequestLimits
from munadi.ports import Clock
from munadi.process.runtime import Runtime
from munadi.publishing.occurrences import OccurrenceMaker
from munadi.publishing.pace import wait_for_posts
from munadi.publishing.service import PostService
from worker.rounds import run_rounds

log = logging.getLogger("munadi.series")

INTERVAL = 5.0


class StartedByRelay:
    """Starts no workflow. The relay of a worker starts those of accepted posts that nobody has started."""

    def start(self, post: View) -> None:
        """Nothing: the post is stored with a time at which the relay looks at it."""

    def wake(self, content_id: str, brand_ref: str, channels: Sequence[str]) -> None:
        """Nothing, as for a start."""


class SeriesLoop:
    """Runs until it is cancelled."""

    def __init__(self, database: Database, maker: OccurrenceMaker, clock: Clock) -> None:
        self._database = database
        self._maker = maker
        self._clock = clock

    async def run(self) -> None:
        """Run rounds for ever; a failed one is logged, and the next continues."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Make what is to be made by now."""
        await wait_for_posts(self._database, self._clock)
        async with self._database.alone("series") as is_alone:
            if is_alone:
                await self._maker.make_due()


def build_series(runtime: Runtime, database: Database) -> SeriesLoop:
    """Build the loop that makes the posts of series. It starts no workflow: the relay does, as for any lost start."""
    settings, keyring, clock = runtime.settings, runtime.keyring, runtime.clock
    limits = RequestLimits(
        max_bytes=settings.media.request_max_bytes,
        total=timedelta(seconds=settings.media.request_timeout),
        of_brand=settings.limits,
    )
    checker = PostChecker(database, runtime.channels, keyring, MediaIntake(runtime.fetcher, limits), clock)
    own = (database, keyring, clock, settings.limits)
    posts = PostService(*own, runtime.channels, StartedByRelay(), checker, runtime.media_store)
    return SeriesLoop(database, OccurrenceMaker(database, posts, clock), clock)
