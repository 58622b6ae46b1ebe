"""Sends endpoints what they missed and what a limit deferred: takes the next step of each, once a second."""

from __future__ import annotations

import asyncio
import logging

from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.ports import Clock

log = logging.getLogger("munadi.recovering")

PAUSE_SECONDS = 1.0
ERROR_SECONDS = 5.0


class RecoveryRunner:
    """Runs until it is cancelled. Any number of workers may run one."""

    def __init__(self, recoveries: RecoveryStore, quota: DeliveryQuota, clock: Clock) -> None:
        self._recoveries = recoveries
        self._quota = quota
        self._clock = clock

    async def run(self) -> None:
        """Step for ever; a failed step is logged and repeated."""
        while True:
            try:
                await self._recoveries.step_all(self._clock.now())
                await self._quota.release(self._clock.now())
            except Exception:
                # What is left to do is in the database, so the next step continues there.
                log.exception("a step of recoveries or of deferred deliveries failed; it is repeated")
                await asyncio.sleep(ERROR_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
