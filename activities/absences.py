"""When checks first found a post absent, for networks where one check is not enough."""

from __future__ import annotations

from datetime import datetime, timedelta

# Attempts that another worker went on with are forgotten in the end.
REMEMBERED = 1_000


class Absences:
    """The first of an attempt's checks in a row that found it absent, in this worker's memory.

    What is not remembered is checked once more, so nothing depends on the memory but how soon an absence is proven.
    """

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}

    def duration(self, attempt_id: str, now: datetime) -> timedelta:
        """For how long the attempt has been found absent, with this check at `now`."""
        since = self._since.setdefault(attempt_id, now)
        if len(self._since) > REMEMBERED:
            del self._since[next(iter(self._since))]
        return now - since

    def end(self, attempt_id: str) -> None:
        """A check found something else, or the attempt is closed."""
        self._since.pop(attempt_id, None)
