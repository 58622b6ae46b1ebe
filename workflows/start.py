"""Starts or wakes the workflow of a post or an account, for the API and the relay. Idempotent."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from munadi.domain.ids import account_workflow_id, posts_queue, workflow_id
from munadi.domain.publishing import Start, View
from workflows.attributes import BRAND_REF, CHANNELS

PUBLISH_CONTENT = "PublishContent"
KEEP_ACCOUNT_CONNECTED = "KeepAccountConnected"
WAKE = "wake"


async def wake_content(
    client: Client,
    task_queue: str,
    *,
    content_id: str,
    brand_ref: str,
    channels: Sequence[str],
    view: View | None = None,
    priority: int | None = None,
) -> None:
    """Start the workflow of a post, or wake the running one.

    `view` is the post as it was just accepted: a first start with it needs neither a signal nor a look. `priority` is
    that of a new run and of its activities, where the usual one is not meant (`munadi/publishing/crowds.py`).
    """
    await client.start_workflow(
        PUBLISH_CONTENT,
        Start(view=view),
        id=workflow_id(content_id),
        task_queue=posts_queue(task_queue),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=None if view is not None else WAKE,
        priority=Priority(priority_key=priority, fairness_key=brand_ref),
        static_summary=f"{brand_ref}: {', '.join(sorted(set(channels)))}",
        static_details=(
            f"Publishes content `{content_id}` of brand `{brand_ref}`.\n\n"
            "Signals for operators: `cancel`, `reschedule` (input: a time with offset), `retry`, `wake`."
        ),
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(BRAND_REF, brand_ref), SearchAttributePair(CHANNELS, sorted(set(channels)))]
        ),
    )


async def is_at_work(client: Client, content_id: str) -> bool:
    """Whether the workflow of a post has something in a queue or under way: then a wake would only add to the queue."""
    try:
        found = await client.get_workflow_handle(workflow_id(content_id)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    raw = found.raw_description
    has_work = bool(raw.pending_activities) or raw.HasField("pending_workflow_task")
    return found.status is WorkflowExecutionStatus.RUNNING and has_work


async def wake_account(client: Client, task_queue: str, *, account_id: str, brand_ref: str, channel: str) -> None:
    """Start the workflow of an account, or wake the running one."""
    await client.start_workflow(
        KEEP_ACCOUNT_CONNECTED,
        id=account_workflow_id(account_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=WAKE,
        # Account workflows share one fairness key, so that they never delay publishing.
        priority=Priority(fairness_key="munadi-accounts"),
        static_summary=f"{brand_ref}: keeps its {channel} account connected",
        static_details=(
            f"Keeps account `{account_id}` of brand `{brand_ref}` connected: renews its token in time, or warns of its "
            "end.\n\nSignal for operators: `wake` (look now)."
        ),
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(BRAND_REF, brand_ref), SearchAttributePair(CHANNELS, [channel])]
        ),
    )
