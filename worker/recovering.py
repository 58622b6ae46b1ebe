"""Sends endpoints what they missed and what a limit deferred: takes the next step of each, once a second."""

from __future__ import annotations

import logging

from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.ports import Clock
from worker.rounds import run_rounds

log = logging.getLogger("munadi.recovering")

PAUSE_SECONDS = 1.0


class RecoveryRunner:
    """Runs until it is cancelled. Any number of workers may run one."""

    def __init__(self, recoveries: RecoveryStore, quota: DeliveryQuota, clock: Clock) -> None:
        self._recoveries = recoveries
        self._quota = quota
        self._clock = clock

    async def run(self) -> None:
        """Run rounds for ever; what a failed one has left to do is in the database."""
        await run_rounds(log, self.round, seconds=PAUSE_SECONDS)

    async def round(self) -> None:
        """Take the next step of each. Raises what the database raised."""
        await self._recoveries.step_all(self._clock.now())
        await self._quota.release(self._clock.now())
