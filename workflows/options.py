"""Retry policies and timeouts, declared once. Used as `**LOOK`, `**PUBLISH`, …

| activity | kind | retried by Temporal | on timeout |
|---|---|---|---|
| look, operate | our own database, idempotent | without end, capped at 5 s | retry |
| deliver | wakes the event dispatcher, within the workflow's task | yes | retry |
| prepare | invisible, idempotent | yes, the network's Retry-After first | retry |
| check, reconcile | read only | yes, short backoff | retry |
| finish | a later visible step | yes: it reconciles its own open attempt first | retry |
| withdraw | the removal of a live post | yes: it looks first | retry |
| edit | the edit of a live post | yes: it reads first | retry |
| keep | renews an account's token, under its lease | without end; the activity names each wait, up to 6 h | retry |
| publish | the visible call | only what proves that nothing was sent | never: reconcile |
"""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from activities.messages import PREPARE_TRIES, PUBLISH_TRIES

HEARTBEAT = timedelta(seconds=5)

# What fails here is our own database: it is retried often enough to continue within seconds of its return.
_OURS = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2, maximum_interval=timedelta(seconds=5)
)
_READ_ONLY = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=15)
)

# One short transaction each: what takes longer was on a worker that died, and waits for nothing.
LOOK = ActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=_OURS)
OPERATE = ActivityConfig(start_to_close_timeout=timedelta(seconds=10), retry_policy=_OURS)

# A local activity: part of a workflow task, so it costs one event and no call of its own. It waits for nothing.
DELIVER = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(minutes=5),
    retry_policy=_OURS,
    summary="deliver events",
)

PREPARE = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=10),
    # In the waiting room a heartbeat is a call to the server, every three seconds.
    heartbeat_timeout=2 * HEARTBEAT,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=15),
        maximum_attempts=PREPARE_TRIES,
    ),
)

CHECK = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=60), heartbeat_timeout=HEARTBEAT, retry_policy=_READ_ONLY
)
RECONCILE = CHECK

# A later step: visible, but safe to run again after a timeout, because it first reconciles its open attempt.
STEP = ActivityConfig(start_to_close_timeout=timedelta(minutes=2), heartbeat_timeout=HEARTBEAT, retry_policy=_READ_ONLY)

# The removal of a live post: safe to run again after a timeout, because it looks first, and ids are never used twice.
WITHDRAW = STEP
# The edit of a live post: it reads what the network shows first.
EDIT = STEP

# The visible call. Its own deadline ends it long before start-to-close; a timeout means that its worker died,
# and then it is unknown what was sent: no retry, reconcile. Errors it raises prove that nothing was sent.
PUBLISH = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=5),
    heartbeat_timeout=HEARTBEAT,
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=2),
        backoff_coefficient=3,
        maximum_interval=timedelta(seconds=30),
        maximum_attempts=PUBLISH_TRIES,
        non_retryable_error_types=["TemporalTimeout:StartToClose", "TemporalTimeout:Heartbeat"],
    ),
)

# A renewal takes a minute at most, or waits ten seconds for another's. Its errors bring their own delay.
KEEP = ActivityConfig(
    start_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=10), backoff_coefficient=2, maximum_interval=timedelta(minutes=10)
    ),
)


def with_summary(options: ActivityConfig, summary: str) -> ActivityConfig:
    """The options, with the text that the Web UI shows beside the activity."""
    return {**options, "summary": summary}
