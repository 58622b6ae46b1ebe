"""Fixed-window rate limits and their headers, as the reference PDS reports them.

A rejected call spends points too. Headers describe the tightest limit; there is no Retry-After on the
reference's own 429. Source: docs.bsky.app rate limits; headers seen on npm @atproto/pds with limits on.
"""

from __future__ import annotations

from dataclasses import dataclass

from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.clock import DAY, HOUR, MINUTE, SandboxClock


@dataclass
class Window:
    started_at: float
    used: int = 0


@dataclass(frozen=True)
class Limit:
    name: str  # the key in the network's `limits`
    seconds: int


REPO_WRITES = (Limit("pointsPerHour", HOUR), Limit("pointsPerDay", DAY))
LOGINS = (Limit("loginsPerDay", DAY), Limit("loginsPerFiveMinutes", 5 * MINUTE))
UPLOADS = (Limit("uploadsPerDay", DAY),)
DEFAULTS = {
    "pointsPerHour": 5_000,
    "pointsPerDay": 35_000,
    "loginsPerDay": 300,
    "loginsPerFiveMinutes": 30,
    "uploadsPerDay": 1_000,
}


class RateLimits:
    def __init__(self, clock: SandboxClock, maxima: dict[str, int]) -> None:
        self._clock = clock
        self.maxima = maxima
        self._windows: dict[tuple[str, str], Window] = {}

    def spend(self, limits: tuple[Limit, ...], key: str, points: int) -> dict[str, str]:
        """The RateLimit headers of the tightest limit; raises the 429 when one is exceeded."""
        tightest: tuple[int, dict[str, str]] | None = None
        exceeded = False
        for limit in limits:
            window = self._window(limit, key)
            window.used += points
            maximum = self.maxima[limit.name]
            left = maximum - window.used
            exceeded = exceeded or left < 0
            if tightest is None or left < tightest[0]:
                tightest = left, _headers(limit, maximum, left, window)
        headers = tightest[1] if tightest else {}
        if exceeded:
            raise refuse("RateLimitExceeded", headers=headers)
        return headers

    def clear(self) -> None:
        self._windows.clear()

    def _window(self, limit: Limit, key: str) -> Window:
        now = self._clock.now()
        window = self._windows.get((limit.name, key))
        if window is None or now >= window.started_at + limit.seconds:
            window = self._windows[limit.name, key] = Window(now)
        return window


def _headers(limit: Limit, maximum: int, left: int, window: Window) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(maximum),
        "RateLimit-Remaining": str(max(left, 0)),
        "RateLimit-Reset": str(int(window.started_at + limit.seconds)),
        "RateLimit-Policy": f"{maximum};w={limit.seconds}",
    }
