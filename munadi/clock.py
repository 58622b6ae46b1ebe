"""The clock of this machine. (Port: munadi.ports.Clock.)"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time and monotonic time of this machine."""

    def now(self) -> datetime:
        """The current instant, timezone-aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()
