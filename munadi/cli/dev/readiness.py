"""Waits until a part of the stack is ready.

    python -P -m munadi.cli.dev.readiness temporal
    python -P -m munadi.cli.dev.readiness worker PROCESS_ID

end once Temporal or the worker is. They are processes of their own, because Temporal's SDK takes 30 MB.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from munadi.cli.dev.local_http import get_status
from munadi.domain.ids import posts_queue

if TYPE_CHECKING:
    from munadi.temporal_settings import TemporalSettings

INTERVAL = 0.05


async def http_answers(url: str) -> None:
    """Return once a GET of `url` is a 2xx."""

    async def is_ready() -> bool:
        return (await get_status(url) or 0) // 100 == 2

    await _until(is_ready)


async def temporal_answers(settings: TemporalSettings) -> None:
    """Return once the server is healthy and knows our namespace."""
    from temporalio.service import RPCError

    from munadi.process.temporal import connect

    async def is_ready() -> bool:
        try:
            client = await connect(settings)
            # Health alone comes before the namespace does.
            await client.count_workflows()
        except (RPCError, RuntimeError):
            return False
        return True

    await _until(is_ready)


async def worker_polls(settings: TemporalSettings, pid: int) -> None:
    """Return once the worker with that process id asks for tasks."""
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
    from temporalio.service import RPCError

    from munadi.process.temporal import connect

    client = await connect(settings, lazy=True)
    request = DescribeTaskQueueRequest(
        namespace=settings.namespace,
        task_queue=TaskQueue(name=posts_queue(settings.task_queue)),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )

    async def is_ready() -> bool:
        try:
            answer = await client.workflow_service.describe_task_queue(request)
        except (RPCError, RuntimeError):
            return False
        # The SDK's identity is pid@host; the pollers of earlier processes are listed for some minutes.
        return any(str(pid) in re.findall(r"\d+", poller.identity) for poller in answer.pollers)

    await _until(is_ready)


async def _until(is_ready: Callable[[], Awaitable[bool]]) -> None:
    while not await is_ready():  # noqa: ASYNC110 - what we wait for is another process
        await asyncio.sleep(INTERVAL)


def main() -> None:
    """Wait for what the arguments name, as this process's settings describe it."""
    from munadi.process.exiting import exit_now
    from munadi.process.settings import read_settings

    settings = read_settings().temporal
    match sys.argv[1:]:
        case ["temporal"]:
            asyncio.run(temporal_answers(settings))
        case ["worker", pid]:
            asyncio.run(worker_polls(settings, int(pid)))
    exit_now(0)  # the SDK's threads may outlive the loop


if __name__ == "__main__":
    main()
