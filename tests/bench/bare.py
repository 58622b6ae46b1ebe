"""The bare engine to compare with: a timer and three activities that do nothing, in one worker process.

`python -m tests.bench.bare HOST:PORT` runs the worker until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "bare"


@activity.defn
async def nothing() -> None:
    """No work at all."""


@workflow.defn
class TimerAndThree:
    """What a content of three channels would be with nothing around it."""

    @workflow.run
    async def run(self, due: float) -> None:
        """Sleep until `due` (seconds since the epoch), then three activities side by side."""
        left = due - workflow.now().timestamp()
        if left > 0:
            await workflow.sleep(left)
        options = {"start_to_close_timeout": timedelta(seconds=30)}
        await asyncio.gather(*(workflow.execute_activity(nothing, **options) for _ in range(3)))


async def serve(address: str) -> None:
    """A worker with the same room as ours."""
    client = await Client.connect(address)
    worker = Worker(
        client, task_queue=QUEUE, workflows=[TimerAndThree], activities=[nothing], max_concurrent_activities=100
    )
    print("bare worker ready", flush=True)
    await worker.run()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
