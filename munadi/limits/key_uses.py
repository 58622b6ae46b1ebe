"""Notes when keys were last used: in memory for each call, in the database at most once a minute for each key.

The transaction of a call never writes it. Killed, a process forgets the uses of its last seconds.
"""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from munadi.db.keys.uses import write_uses
from munadi.db.session import Database
from munadi.process.flushing import flushing

log = logging.getLogger("munadi.keys")

PRECISION = timedelta(minutes=1)
FLUSH_SECONDS = 2.0
MAX_REMEMBERED = 10_000


class KeyUses:
    """The uses of keys that one process has seen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written: dict[str, datetime] = {}
        self._unwritten: dict[str, datetime] = {}

    def note(self, key_id: str, now: datetime) -> None:
        """Note a use now. Within a minute after one that was written there is nothing to note."""
        written = self._written.get(key_id)
        if written is None or now - written >= PRECISION:
            self._unwritten[key_id] = now

    async def flush(self) -> None:
        """Write what was noted. What could not be written is kept for the next time."""
        noted, self._unwritten = self._unwritten, {}
        if not noted:
            return
        try:
            async with self._database.write() as session:
                await write_uses(session, noted, PRECISION)
        except BaseException:
            self._unwritten = {**noted, **self._unwritten}
            raise
        if len(self._written) + len(noted) > MAX_REMEMBERED:
            self._written.clear()
        self._written |= noted

    def running(self) -> AbstractAsyncContextManager[None]:
        """Flush every few seconds while the block runs, and once more at its end."""
        return flushing(self.flush, "uses of keys", log, seconds=FLUSH_SECONDS)
