"""Checks what a Temporal server does with tasks that wait: fairness among brands, and partitions of a queue.

No call tells whether fairness is on. So a queue of its own gets a few workflows of one key, then fewer of another, and
the order in which it gives them back shows it. Nothing runs them, and they are deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from munadi.cli.doctor.check import Check

if TYPE_CHECKING:
    from temporalio.client import Client

LOUD, QUIET = 24, 4
PATIENCE = 15.0
FILE = "deploy/temporal/dynamic-config.yaml has the settings of a server of your own."
UNFAIR = (
    "Munadi puts a brand's first posts before its crowd, so small brands do not wait. To share the rest evenly too, "
    f"set matching.enableFairness: {FILE}"
)
SPREAD = f"Each is fair by itself only. Set matching.numTaskqueueWritePartitions to 1: {FILE}"


async def queue_checks(client: Client) -> Sequence[Check]:
    """The checks; none where this key may not try, or the server does not answer in time."""
    from temporalio.service import RPCError

    try:
        async with asyncio.timeout(PATIENCE):
            partitions, is_fair = await _partitions(client), await _is_fair(client)
    except (RPCError, TimeoutError):
        return ()
    fair = "Temporal shares its queues among brands" if is_fair else "Temporal's fairness is off"
    spread = f"Temporal splits each queue into {partitions} partitions"
    return (
        Check("fairness", True, fair, None if is_fair else UNFAIR),
        Check("partitions", True, spread, SPREAD) if partitions > 1 else Check("partitions", True, "each queue is one"),
    )


async def _partitions(client: Client) -> int:
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import ListTaskQueuePartitionsRequest

    request = ListTaskQueuePartitionsRequest(namespace=client.namespace, task_queue=TaskQueue(name="munadi-doctor"))
    answer = await client.workflow_service.list_task_queue_partitions(request)
    return len(answer.workflow_task_queue_partitions)


async def _is_fair(client: Client) -> bool:
    """Whether the tasks that were queued last, of another key, are given back among the first half."""
    from temporalio.common import Priority

    queue = f"munadi-doctor-{uuid4().hex}"
    keys = ["loud"] * LOUD + ["quiet"] * QUIET
    names = [f"{queue}/{number}-{key}" for number, key in enumerate(keys)]
    try:
        for name, key in zip(names, keys, strict=True):
            await client.start_workflow("MunadiDoctor", id=name, task_queue=queue, priority=Priority(fairness_key=key))
        places = [place for place in range(len(names)) if (await _next(client, queue)).endswith("-quiet")]
    finally:
        await asyncio.gather(*(_delete(client, name) for name in names), return_exceptions=True)
    return sum(places) / max(len(places), 1) < len(names) / 2


async def _next(client: Client, queue: str) -> str:
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest

    request = PollWorkflowTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), identity="munadi doctor"
    )
    return (await client.workflow_service.poll_workflow_task_queue(request)).workflow_execution.workflow_id


async def _delete(client: Client, name: str) -> None:
    """End and delete it: it has no worker."""
    from temporalio.api.common.v1 import WorkflowExecution
    from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest

    execution = WorkflowExecution(workflow_id=name)
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    await client.workflow_service.delete_workflow_execution(request)
