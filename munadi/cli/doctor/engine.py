"""Checks Temporal directly: does it answer, has the namespace what is needed, and does a worker take work?

Temporal lists a worker by its last poll, which may be a minute old: a poll that finds nothing waits that long. So a
worker that died a moment ago looks like one that waits. A query shows the difference, because only a worker answers it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from munadi.cli.doctor.check import MAX_SKEW_SECONDS, NTP, Check
from munadi.domain.ids import posts_queue
from munadi.process.exposure import is_loopback

if TYPE_CHECKING:
    from temporalio.client import Client

    from munadi.config import Settings
    from munadi.temporal_settings import TemporalSettings

PATIENCE = 5.0
# A poll ends after a minute, and then the worker polls again.
POLLED_WITHIN = 90.0
# A busy worker answers within two seconds. Temporal asks the worker that last had the workflow first, for up to ten: so
# in the seconds after one of several workers was killed, this may find none.
ANSWERED_WITHIN = 6.0
# Every worker of the SDK answers it, for any workflow, running or ended. It leaves nothing in a history.
QUESTION = "__temporal_workflow_metadata"
SET_CURRENT = "munadi temporal set-current gives the work to the version of this machine's settings."
ENDS_SOON = timedelta(days=14)
START = "Start one: munadi worker, with the same MUNADI_TEMPORAL__… settings. Until then posts wait."
LOOK = "Start one (munadi worker), or look at the log of the one that hangs. Until then posts wait."


@dataclass(frozen=True)
class Seen:
    """What Temporal knows of workers. `polled_at`: the last poll, by its clock; None: none within minutes.

    `answers`: whether one answered a query now; None when there is no workflow to ask about."""

    polled_at: datetime | None
    answers: bool | None = None


@dataclass(frozen=True)
class Found:
    """What was found at Temporal. `version`: the only one that gets work, as deployment and build; None: every worker
    gets work. `problem`: what the namespace lacks."""

    worker: Seen
    version: tuple[str, str] | None
    problem: str | None
    queues: Sequence[Check]


def temporal(settings: Settings, address: str) -> Iterator[Check]:
    """Encryption, the namespace with its search attributes, its queues, and whether a worker takes work."""
    from temporalio.service import RPCError, RPCStatusCode

    from munadi.process.temporal_trouble import trouble_of

    given = settings.temporal.model_copy(update={"address": address})
    yield encryption(settings, address)
    yield from certificate(settings, datetime.now(UTC))
    try:
        found = asyncio.run(_look(given))
    except (RPCError, RuntimeError, TimeoutError) as error:
        if isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND:
            advice = "munadi temporal setup makes it, or set MUNADI_TEMPORAL__NAMESPACE."
            yield Check("worker", False, f"Temporal at {address} has no namespace {given.namespace}", advice)
            return
        silent = TimeoutError(f"no answer within {PATIENCE:g} s")
        trouble = asyncio.run(trouble_of(given, error if str(error) else silent))
        yield Check("worker", False, trouble.message, trouble.advice)
        return
    yield judge(found.worker, datetime.now(UTC), given.task_queue, address)
    yield from version(given, found.version)
    if found.problem is None:
        yield Check("namespace", True, f"the namespace {given.namespace} has the search attributes")
    else:
        yield Check("namespace", False, *found.problem.split(": ", 1))
    yield from found.queues


def encryption(settings: Settings, address: str) -> Check:
    """Whether the connection to Temporal is encrypted. On this machine it need not be."""
    if settings.temporal.uses_tls:
        return Check("temporal tls", True, f"the connection to {address} is encrypted")
    plain = f"the connection to {address} is not encrypted"
    if is_loopback(address.rpartition(":")[0]):
        return Check("temporal tls", True, plain)
    return Check("temporal tls", True, plain, "Outside a network of your own set MUNADI_TEMPORAL__TLS…")


def certificate(settings: Settings, now: datetime) -> Iterator[Check]:
    """When the client's certificate for Temporal ends, if there is one."""
    from munadi.process.temporal_tls import certificate_ends

    ends = certificate_ends(settings.temporal)
    if ends is None:
        return
    message = f"the certificate {settings.temporal.tls_cert} ends on {ends:%Y-%m-%d}"
    advice = "Replace it and its key, and restart APIs and workers: they read it when they start."
    yield Check("temporal certificate", True, message, advice if ends - now < ENDS_SOON else None)


def version(settings: TemporalSettings, current: tuple[str, str] | None) -> Iterator[Check]:
    """Whether the workers with this machine's settings are those that get work."""
    ours = settings.deployment and (settings.deployment, settings.build)
    if current is None:
        if ours:
            message = f"no version of the deployment {settings.deployment} is current: its workers get no work"
            yield Check("worker version", False, message, SET_CURRENT)
        return
    message = f"the work goes to {current[1]} of the deployment {current[0]}"
    if ours is None:
        advice = (
            f"Workers with these settings get no work. Set MUNADI_TEMPORAL__DEPLOYMENT to {current[0]}, or give the "
            "work to workers without it: temporal worker deployment set-current-version "
            f"--deployment-name {current[0]} --unversioned"
        )
        yield Check("worker version", False, message, advice)
    elif ours != current:
        message += f", those of this machine's settings are {settings.build} of {settings.deployment}"
        yield Check("worker version", True, message, SET_CURRENT)
    else:
        yield Check("worker version", True, message)


def judge(seen: Seen, now: datetime, queue: str, address: str) -> Check:
    """The check of a task queue, from what Temporal knows of its workers."""
    if seen.polled_at is None:
        return Check("worker", False, f"no worker takes work from the task queue {queue} at {address}", START)
    age = (now - seen.polled_at).total_seconds()
    if age < -MAX_SKEW_SECONDS:
        return Check("worker", False, f"Temporal's clock is {-age:.0f} s or more ahead of this machine's", NTP)
    ago = f"{max(age, 0):.0f} s ago"
    if seen.answers is False:
        message = f"no worker answered within {ANSWERED_WITHIN:g} s at {address}; one last asked for work {ago}"
        return Check("worker", False, message, LOOK)
    if seen.answers:
        return Check("worker", True, f"a worker takes work from {queue} at {address}")
    if age > POLLED_WITHIN:
        return Check("worker", False, f"the last worker asked {queue} at {address} for work {ago}", START)
    return Check("worker", True, f"a worker asked {queue} at {address} for work {ago}")


async def _look(settings: TemporalSettings) -> Found:
    from munadi.cli.doctor.queues import queue_checks
    from munadi.process.temporal import connect
    from munadi.process.temporal_namespace import namespace_problem
    from workflows.attributes import SEARCH_ATTRIBUTES

    queue = posts_queue(settings.task_queue)
    async with asyncio.timeout(PATIENCE):
        client = await connect(settings)
        polled_at, current = await _queue(client, queue)
        problem = await namespace_problem(client, SEARCH_ATTRIBUTES)
    seen = Seen(polled_at, None if polled_at is None else await _answers(client, queue))
    return Found(seen, current, problem, await queue_checks(client))


async def _queue(client: Client, queue: str) -> tuple[datetime | None, tuple[str, str] | None]:
    """The last poll, and the version that gets the work of the queue, as deployment and build."""
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request)
    times = [poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers]
    current = answer.versioning_info.current_deployment_version
    named = (current.deployment_name, current.build_id) if current.build_id else None
    return max(times, default=None), named


async def _answers(client: Client, queue: str) -> bool | None:
    """Whether a worker answers a query about the newest workflow of the queue; None if there is none."""
    from temporalio.client import WorkflowQueryFailedError
    from temporalio.service import RPCError, RPCStatusCode

    silent = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.CANCELLED)
    try:
        async with asyncio.timeout(PATIENCE):
            newest = [one async for one in client.list_workflows(f"TaskQueue = '{queue}'", limit=1)]
    except (RPCError, TimeoutError):
        return None  # the list may be slow, or closed to this key: then the last poll is all that is known
    if not newest:
        return None
    handle = client.get_workflow_handle(newest[0].id, run_id=newest[0].run_id)
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            await handle.query(QUESTION)
    except WorkflowQueryFailedError:
        return True  # a worker's failure is an answer too
    except TimeoutError:
        return False
    except RPCError as error:
        # Anything else, such as a workflow that Temporal deleted meanwhile, says nothing of the worker.
        return False if error.status in silent else None
    return True
