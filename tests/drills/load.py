"""Posts at a steady rate while a drill goes on, and what became of them by the network's own list."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.drills.cluster import Cluster
from tests.faults.evidence import prove
from tests.faults.sendings import Sending, collect, soon
from tests.harness.times import rank

RATE = 5.0
SIZE = "two APIs, three workers, 5 posts a second"
SEED = 20261202
# Scheduled posts are due after the longest fault that keeps their request from being accepted.
LATEST_DUE, EARLIEST_DUE = 60.0, 40.0
# So that scheduled posts fall due before, in and after the fault.
BEFORE, AFTER = 45.0, 30.0
ACCEPTED_WITHIN, ENDED_WITHIN = 90.0, 180.0


@dataclass
class Load:
    """The posts of a drill: every second one is for now, the others are due in `EARLIEST_DUE` seconds or later."""

    cluster: Cluster
    fault: str
    sendings: list[Sending] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def running(cls, cluster: Cluster, fault: str) -> AsyncIterator[Load]:
        """Send posts until the block ends, some time before and after the fault in it; each was accepted then."""
        load, stop = cls(cluster, fault), asyncio.Event()
        driving = asyncio.create_task(load._drive(stop))
        await asyncio.sleep(BEFORE)
        try:
            yield load
            await asyncio.sleep(AFTER)
        finally:
            stop.set()
            await driving

    async def _drive(self, stop: asyncio.Event) -> None:
        dice, began = random.Random(SEED), time.monotonic()
        async with asyncio.TaskGroup() as clients:
            while not stop.is_set():
                number = len(self.sendings)
                one = Sending(f"{self.fault} {number:04}", self.cluster.brand.ref, fault=self.fault)
                one.due = soon(dice.uniform(EARLIEST_DUE, LATEST_DUE)) if number % 2 else None
                self.sendings.append(one)
                clients.create_task(self._send(one))
                await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))

    async def _send(self, one: Sending) -> None:
        await one.until_accepted(self.cluster.api, ACCEPTED_WITHIN, pause=0.5)

    def recovery(self, back_at: float) -> dict[str, str]:
        """How soon posts were accepted and published again after `back_at`, and when what had waited was published."""
        accepted = [one.accepted_at - back_at for one in self.sendings if one.accepted_at and one.accepted_at > back_at]
        live = [one.live_at - back_at for one in self.sendings if one.live_at and one.live_at > back_at]
        waited = [
            one.live_at - back_at
            for one in self.sendings
            if one.live_at and one.live_at > back_at and (one.due or one.accepted_at or back_at) < back_at
        ]
        return {
            "accepts again": f"{min(accepted, default=0):.1f} s",
            "publishes again": f"{min(live, default=0):.1f} s",
            f"all {len(waited)} that had waited are live": f"{max(waited, default=0):.1f} s",
        }

    def lateness(self) -> dict[str, str]:
        """From when each could be published, by what its client knew, until the network had it."""
        late = [
            one.live_at - max(one.due or 0, one.accepted_at)
            for one in self.sendings
            if one.live_at is not None and one.accepted_at is not None
        ]
        return {f"lateness {name}": f"{rank(late, at):.1f} s" for name, at in (("p50", 0.5), ("p99", 0.99), ("max", 1))}

    async def judge(
        self,
        row: str,
        proof: str,
        measured: Mapping[str, str] | None = None,
        *,
        back_at: float | None = None,
        broken: Sequence[str] = (),
    ) -> None:
        """Read the network's list once every post has ended, record the drill, and fail if a promise was broken.

        `back_at`: when what the fault took was there again.
        """
        failures = [*await collect(self.cluster, self.sendings, ENDED_WITHIN), *broken]
        repeated = {"requests repeated": str(sum(len(one.answers) > 1 for one in self.sendings))}
        found = {**repeated, **(self.recovery(back_at) if back_at else {}), **self.lateness(), **(measured or {})}
        prove(row, proof, trials=len(self.sendings), failures=failures, seed=SEED, measured=found)
