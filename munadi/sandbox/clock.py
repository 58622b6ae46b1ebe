"""The sandbox's clock: real time plus a shift that tests can move forward.

Everything a network decides by time (token life, container life, processing, limits) reads this clock.
The time of *receipt* is real time (`wall_time`), so that a test can measure lateness.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from munadi.sandbox.storage import Store, Table

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass
class Shift:
    seconds: float = 0.0


class SandboxClock:
    def __init__(self, store: Store) -> None:
        self._shifts: Table[Shift] = Table(store, "clock", Shift)

    @property
    def shift_seconds(self) -> float:
        shift = self._shifts.get("shift")
        return shift.seconds if shift else 0.0

    def now(self) -> float:
        """Seconds since the epoch, as the emulated networks see them."""
        return time.time() + self.shift_seconds

    def advance(self, seconds: float) -> None:
        self._shifts.put("shift", Shift(self.shift_seconds + seconds))

    def reset(self) -> None:
        self._shifts.clear()


def wall_time() -> float:
    """Real seconds since the epoch, without the shift."""
    return time.time()


def iso(seconds: float) -> str:
    """A time as `2026-11-25T01:00:00.123Z`, in UTC with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
