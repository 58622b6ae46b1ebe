"""Checks Temporal directly: does it answer, does the namespace exist, and does a worker poll the task queue?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from munadi.cli.doctor.check import MAX_SKEW_SECONDS, NTP, Check
from munadi.domain.ids import posts_queue

if TYPE_CHECKING:
    from munadi.config import Settings

PATIENCE = 5.0
# A worker asks for work at least once a minute.
POLLED_WITHIN = 120.0
START = "Start one: munadi worker, with the same MUNADI_TEMPORAL__… settings. Until then posts wait."


def worker(settings: Settings, address: str) -> Check:
    """Whether a worker takes work, and whether Temporal's clock agrees with ours."""
    from temporalio.service import RPCError, RPCStatusCode

    queue, namespace = settings.temporal.task_queue, settings.temporal.namespace
    try:
        asked_at = asyncio.run(_last_poll(settings, address))
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            advice = f"Make it (temporal operator namespace create {namespace}), or set MUNADI_TEMPORAL__NAMESPACE."
            return Check("worker", False, f"Temporal at {address} has no namespace {namespace}", advice)
        advice = "Check MUNADI_TEMPORAL__API_KEY and MUNADI_TEMPORAL__TLS…"
        return Check("worker", False, f"Temporal at {address} refuses: {error.message}", advice)
    except (RuntimeError, TimeoutError) as error:
        words = str(error).splitlines()[0] if str(error) else f"no answer within {PATIENCE:g} s"
        advice = "Is it up, does MUNADI_TEMPORAL__ADDRESS name it, and does MUNADI_TEMPORAL__TLS fit it?"
        return Check("worker", False, f"Temporal at {address} does not answer: {words}", advice)
    if asked_at is None:
        return Check("worker", False, f"no worker takes work from the task queue {queue} at {address}", START)
    age = (datetime.now(UTC) - asked_at).total_seconds()
    if age > POLLED_WITHIN:
        return Check("worker", False, f"no worker asked for work at {address} for {age:.0f} s", START)
    if age < -MAX_SKEW_SECONDS:
        return Check("worker", False, f"Temporal's clock is {-age:.0f} s or more ahead of this machine's", NTP)
    return Check("worker", True, f"a worker takes work from {queue} at {address}")


async def _last_poll(settings: Settings, address: str) -> datetime | None:
    """When a worker last polled the task queue, by Temporal's clock; None if none did within minutes."""
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

    from munadi.temporal import connect

    async with asyncio.timeout(PATIENCE):
        client = await connect(settings.temporal.model_copy(update={"address": address}))
        request = DescribeTaskQueueRequest(
            namespace=settings.temporal.namespace,
            task_queue=TaskQueue(name=posts_queue(settings.temporal.task_queue)),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        answer = await client.workflow_service.describe_task_queue(request)
    times = [poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers]
    return max(times, default=None)
