"""Sends endpoints what they missed: takes the next step of each running recovery, once a second."""

from __future__ import annotations

import asyncio
import logging

from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.ports import Clock

log = logging.getLogger("munadi.recovering")

PAUSE_SECONDS = 1.0
ERROR_SECONDS = 5.0


class RecoveryRunner:
    """Runs until it is cancelled. Any number of workers may run one."""

    def __init__(self, recoveries: RecoveryStore, clock: Clock) -> None:
        self._recoveries = recoveries
        self._clock = clock

    async def run(self) -> None:
        """Step for ever; a failed step is logged and repeated."""
        while True:
            try:
                await self._recoveries.step_all(self._clock.now())
            except Exception:
                # A recovery keeps its place in the database, so the next step continues there.
                log.exception("a step of a recovery failed; it is repeated")
                await asyncio.sleep(ERROR_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
