"""Lets a preparation wait for its network without a slot and without its workflow.

A network that works on a container for some seconds would cost a durable timer, two workflow tasks and another activity
for each look at it. Here the activity gives its slot back and is completed later (Temporal's asynchronous completion):
the room waits, looks again, and completes it with the result. Its heartbeats continue meanwhile, so a worker that dies
is noticed, and Temporal starts the activity again on another one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import AsyncActivityCancelledError, AsyncActivityHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from munadi.domain.publishing import NextStep, StepResult

log = logging.getLogger("munadi.preparing")

# A longer wait is a durable timer's.
LONGEST = timedelta(seconds=20)
# Far from the activity's start-to-close timeout, which also counts the time in here.
STAY_SECONDS = 240.0
PLACES = 1000
# Parts that run at once: they take the processor and the writer of the database, like activities in their slots.
AT_ONCE = 40
HEARTBEAT_SECONDS = 3.0

Part = Callable[[], Awaitable[StepResult]]


class WaitingRoom:
    """The preparations of this worker whose network needs a moment. Close it when the worker stops."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[None]] = set()
        self._running = asyncio.Semaphore(AT_ONCE)
        self._closing = asyncio.Event()

    def takes(self, result: StepResult) -> bool:
        """Whether the rest of this preparation may take place here: it only has to wait, and not for long."""
        return _only_waits(result) and not self._closing.is_set() and len(self._waiting) < PLACES

    def take(self, handle: AsyncActivityHandle, result: StepResult, part: Part) -> None:
        """Wait as long as `result` says, run `part`, and repeat that until it has another result; then complete the
        activity of `handle`. The activity itself must raise `activity.raise_complete_async()`."""
        task = asyncio.create_task(self._attend(handle, result, part))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Complete what waits with its last result, so that its workflow waits on; what runs may end."""
        self._closing.set()
        # An error in one must not leave the others without their result.
        for error in await asyncio.gather(*self._waiting, return_exceptions=True):
            if error is not None:
                log.error("a preparation could not be completed", exc_info=error)

    async def _attend(self, handle: AsyncActivityHandle, result: StepResult, part: Part) -> None:
        work, beat = asyncio.create_task(self._work(result, part)), asyncio.create_task(_beat(handle))
        await asyncio.wait((work, beat), return_when=asyncio.FIRST_COMPLETED)
        try:
            if work.done():
                beat.cancel()
                await _report(handle, work)
                return
            work.cancel()
            await asyncio.wait((work,))
            if beat.result():
                await handle.report_cancellation()
        except RPCError as error:
            # Temporal runs the activity again once it misses the heartbeats, and what was prepared is saved.
            log.warning("the result of a preparation could not be reported: %s", error)

    async def _work(self, result: StepResult, part: Part) -> StepResult:
        until = time.monotonic() + STAY_SECONDS
        while _only_waits(result) and time.monotonic() < until:
            try:
                async with asyncio.timeout(result.after.total_seconds()):
                    await self._closing.wait()
                break
            except TimeoutError:
                async with self._running:
                    result = await part()
        return result


def _only_waits(result: StepResult) -> bool:
    return result.step is NextStep.AGAIN and timedelta(0) < result.after <= LONGEST


async def _beat(handle: AsyncActivityHandle) -> bool:
    """Send heartbeats until the server does not want the result any more. True: it asked for the cancellation."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await handle.heartbeat()
        except AsyncActivityCancelledError:
            return True
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            log.info("a heartbeat of a preparation failed: %s", error)


async def _report(handle: AsyncActivityHandle, work: asyncio.Task[StepResult]) -> None:
    error = work.exception()
    if error is None:
        await handle.complete(work.result())
        return
    if not isinstance(error, ApplicationError):
        log.error("a preparation failed unexpectedly", exc_info=error)
    assert isinstance(error, Exception)
    await handle.fail(error)
