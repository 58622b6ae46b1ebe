"""Writes data that is collected in memory in batches: at an interval, and once more when the process ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from logging import Logger

LAST_FLUSH_SECONDS = 5.0


@asynccontextmanager
async def flushing(
    flush: Callable[[], Awaitable[None]], what: str, log: Logger, *, seconds: float
) -> AsyncIterator[None]:
    """Call `flush` every so many seconds while the block runs, and once more at its end. A failure is logged, and the
    next call tries again. `what` names in the log what is written."""
    ending = asyncio.Event()
    task = asyncio.create_task(_flush_until(ending, flush, what, log, seconds))
    try:
        yield
    finally:
        ending.set()
        # An unreachable database must not keep the process alive.
        if not (await asyncio.wait({task}, timeout=LAST_FLUSH_SECONDS))[0]:
            log.warning("the last %s could not be written in time", what)
            task.cancel()
            await asyncio.wait({task}, timeout=1)


async def _flush_until(
    ending: asyncio.Event, flush: Callable[[], Awaitable[None]], what: str, log: Logger, seconds: float
) -> None:
    is_last = False
    while not is_last:
        try:
            async with asyncio.timeout(seconds):
                await ending.wait()
        except TimeoutError:
            pass  # the interval has passed
        is_last = ending.is_set()
        try:
            await flush()
        except Exception:
            log.warning("%s could not be written; they are kept for the next try", what, exc_info=True)
