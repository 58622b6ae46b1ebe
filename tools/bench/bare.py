"""The bare engine to compare with: a timer and three activities that do nothing, in one worker process.

`python -m tools.bench.bare HOST:PORT` runs the worker until it is ended. It has 100 slots for activities; Munadi's
worker has 40, and more while the processor has room. Like it, it runs workflows outside the SDK's sandbox.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bare"
SLOTS = 100


@activity.defn
async def nothing() -> None:
    """No work at all."""


@workflow.defn
class TimerAndThree:
    """A post to three channels without anything that Munadi adds."""

    @workflow.run
    async def run(self, due: float) -> None:
        """Sleep until `due` (seconds since the epoch), then run three activities at the same time."""
        left = due - workflow.now().timestamp()
        if left > 0:
            await workflow.sleep(left)
        limit = timedelta(seconds=30)
        await asyncio.gather(*(workflow.execute_activity(nothing, start_to_close_timeout=limit) for _ in range(3)))


async def serve(address: str) -> None:
    """Run the worker until this process is ended."""
    client = await Client.connect(address)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[TimerAndThree],
        activities=[nothing],
        max_concurrent_activities=SLOTS,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    print("bare worker ready", flush=True)
    await worker.run()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
