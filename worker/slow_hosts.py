"""Releases the posts that wait for a slow server once it answers quickly again, a few at a time.

A round resumes twice as many as the server has places. One that is slow again keeps the rest waiting: each post has its
own time to be tried.
"""

from __future__ import annotations

import asyncio
import logging

from munadi.db.session import Database
from munadi.outbound.host_calls import HostCalls
from munadi.ports import Clock
from munadi.publishing.slow_hosts import release_slow
from worker.rounds import run_rounds

log = logging.getLogger("munadi.slow_hosts")

INTERVAL = 1.0
AT_ONCE = 20


class SlowHosts:
    """The loop that releases them, until it is cancelled."""

    def __init__(self, database: Database, calls: HostCalls, clock: Clock) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock
        self._quick: dict[str, None] = {}
        self._woken = asyncio.Event()
        calls.on_quick = self._note

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Release some posts of each server that is quick again. Raises what the database raised."""
        await self._woken.wait()
        for server in list(self._quick):
            if (places := self._calls.places(server)) <= 1:
                continue  # slow again
            most = min(2 * places, AT_ONCE)
            released = await release_slow(self._database, server, self._clock.now(), most)
            log.info("%s is quick again: %d waiting posts resumed", server, released)
            if released < most:
                self._quick.pop(server, None)
        if not self._quick:
            self._woken.clear()

    def _note(self, server: str) -> None:
        self._quick[server] = None
        self._woken.set()
