"""The sandbox's clock: real time plus a shift that tests can move forward, for all calls or for those of one brand.

Everything a network decides by time (token life, container life, processing, limits) reads this clock.
The time of *receipt* is real time (`wall_time`), so that a test can measure lateness.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from munadi.sandbox.storage import Store, Table

MINUTE, HOUR, DAY = 60, 3600, 86_400
# The test brand that the running call is made for; None: not said, such as by a browser.
_brand: ContextVar[str | None] = ContextVar("sandbox_brand", default=None)


@contextmanager
def called_for(brand: str | None) -> Iterator[None]:
    """What runs inside the block, and in tasks that it starts, has this brand's clock."""
    token = _brand.set(brand)
    try:
        yield
    finally:
        _brand.reset(token)


@dataclass
class Shift:
    seconds: float = 0.0


class SandboxClock:
    def __init__(self, store: Store) -> None:
        self._shifts: Table[Shift] = Table(store, "clock", Shift)

    def shift_of(self, brand: str | None) -> float:
        """How far a brand is ahead of real time: what all calls are, and what its own are beyond that."""
        return self._seconds(None) + (self._seconds(brand) if brand is not None else 0.0)

    def now(self) -> float:
        """Seconds since the epoch, as the emulated networks see them in the running call."""
        return time.time() + self.shift_of(_brand.get())

    def advance(self, seconds: float, brand: str | None = None) -> None:
        self._shifts.put(_key(brand), Shift(self._seconds(brand) + seconds))

    def reset(self, brand: str | None = None) -> None:
        """Back to real time, for a brand to the time of all calls."""
        if brand is None:
            self._shifts.clear()
        else:
            self._shifts.remove(_key(brand))

    def _seconds(self, brand: str | None) -> float:
        shift = self._shifts.get(_key(brand))
        return shift.seconds if shift else 0.0


def _key(brand: str | None) -> str:
    return "shift" if brand is None else f"shift {brand}"


def wall_time() -> float:
    """Real seconds since the epoch, without the shift."""
    return time.time()


def iso(seconds: float) -> str:
    """A time as `2026-11-25T01:00:00.123Z`, in UTC with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
