"""Fixed-window rate limits and their headers, as the reference PDS reports them.

A rejected call spends points too. Headers describe the tightest limit; there is no Retry-After on the
reference's own 429. Source: docs.bsky.app rate limits; headers seen on npm @atproto/pds with limits on.
"""

from __future__ import annotations

from dataclasses import dataclass

from munadi.sandbox.bluesky.errors import refuse_if
from munadi.sandbox.clock import DAY, HOUR, MINUTE, SandboxClock

# Keys of the network's `limits`, and each one's window in seconds.
REPO_WRITES = {"pointsPerHour": HOUR, "pointsPerDay": DAY}
LOGINS = {"loginsPerDay": DAY, "loginsPerFiveMinutes": 5 * MINUTE}
UPLOADS = {"uploadsPerDay": DAY}
DEFAULTS = {
    "pointsPerHour": 5_000,
    "pointsPerDay": 35_000,
    "loginsPerDay": 300,
    "loginsPerFiveMinutes": 30,
    "uploadsPerDay": 1_000,
}


@dataclass
class Window:
    ends_at: float
    used: int = 0


class RateLimits:
    def __init__(self, clock: SandboxClock, maxima: dict[str, int]) -> None:
        self._clock, self._maxima = clock, maxima
        self._windows: dict[tuple[str, str], Window] = {}

    def spend(self, limits: dict[str, int], key: str, points: int) -> dict[str, str]:
        """The RateLimit headers of the tightest limit; raises the 429 when one is exceeded."""
        found = []
        for name, seconds in limits.items():
            window = self._windows.get((name, key))
            if window is None or self._clock.now() >= window.ends_at:
                window = self._windows[name, key] = Window(self._clock.now() + seconds)
            window.used += points
            found.append((self._maxima[name] - window.used, self._maxima[name], seconds, window.ends_at))
        left, maximum, seconds, ends_at = min(found)
        headers = {
            "RateLimit-Limit": str(maximum),
            "RateLimit-Remaining": str(max(left, 0)),
            "RateLimit-Reset": str(int(ends_at)),
            "RateLimit-Policy": f"{maximum};w={seconds}",
        }
        refuse_if(left < 0, "RateLimitExceeded", headers=headers)
        return headers

    def clear(self) -> None:
        self._windows.clear()
