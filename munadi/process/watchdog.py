"""The watchdog: a process whose event loop hangs exits, so that its supervisor restarts it.

The timer is `faulthandler`'s: a thread in C, which fires even while something holds the interpreter (a regular
expression that backtracks, a C call that never returns). It writes the stack of every thread to standard error and
exits with code 1. Whatever was in flight is reconciled as after a kill.

A process that was paused (SIGSTOP) for longer ends itself when it is resumed, for the same reason: others have taken
over its work.
"""

from __future__ import annotations

import asyncio
import faulthandler
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# The timer is reset this often within its time, so a hang is noticed between 5/6 and all of it.
PER_PERIOD = 6


@asynccontextmanager
async def hang_watchdog(seconds: float) -> AsyncIterator[None]:
    """While the block runs, exit if the event loop does not turn for `seconds`. 0: never."""
    if seconds <= 0:
        yield
        return
    feeding = asyncio.create_task(_feed(seconds))
    try:
        yield
    finally:
        feeding.cancel()
        faulthandler.cancel_dump_traceback_later()


async def _feed(seconds: float) -> None:
    while True:
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.stderr)
        await asyncio.sleep(seconds / PER_PERIOD)
