"""Temporal never retries a visible call that timed out: it is reconciled.

On the dev server only: the time-skipping server ignores `TemporalTimeout:…` in a retry policy.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, RetryState
from temporalio.client import WorkflowHistory

from activities import heartbeat
from munadi.domain.channel import ChannelName
from tests.support.processes import Process
from tests.support.temporal import TemporalDevServer
from tests.support.waiting import wait_until
from tests.workflows.doomed_worker import unguard
from tests.workflows.world import World
from workflows.options import PUBLISH

B = ChannelName.BLUESKY
PAST_HEARTBEATS = 3600.0


def dispatches(history: WorkflowHistory) -> int:
    """The number of times that a worker was given `publish`."""
    scheduled = {
        event.event_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        and event.activity_task_scheduled_event_attributes.activity_type.name == "publish"
    }
    started = [event.activity_task_started_event_attributes for event in history.events]
    return sum(each.attempt for each in started if each.scheduled_event_id in scheduled)


def timeouts(history: WorkflowHistory) -> list[int]:
    """Why Temporal did not retry the activities that timed out."""
    return [
        event.activity_task_timed_out_event_attributes.retry_state
        for event in history.events
        if event.HasField("activity_task_timed_out_event_attributes")
    ]


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "unguarded"])
@pytest.mark.parametrize("timeout", ["heartbeat_timeout", "start_to_close_timeout"])
async def test_a_silent_publish_is_dispatched_once_and_found(
    real: World, monkeypatch: pytest.MonkeyPatch, timeout: str, guarded: bool
) -> None:
    """Without the guard the same test counts a second dispatch, so it detects a missing guard."""
    monkeypatch.setattr(heartbeat, "FIRST", PAST_HEARTBEATS)
    monkeypatch.setitem(PUBLISH, timeout, timedelta(seconds=1))
    monkeypatch.setitem(PUBLISH, "retry_policy", PUBLISH["retry_policy"])  # restored at the end
    if not guarded:
        unguard()
    real.channels[B].plan.append("hang")
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
    history = await real.handle(content_id).fetch_history()
    # Without the guard it is sent again, on a slow machine more than once.
    assert dispatches(history) == 1 if guarded else dispatches(history) >= 2
    assert timeouts(history) == ([RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE] if guarded else [])
    # Even if Temporal retries, the attempts allow one call only.
    assert real.channels[B].count("publish") == len(real.channels[B].posts) == 1
    [attempt] = await real.attempts((await real.publications(content_id))[B].id)
    assert (attempt.outcome, attempt.is_open) == ("sent", False)


@pytest.mark.parametrize(("step", "outcomes", "looks"), [("unreached", ["not_sent", "sent"], 0), ("hang", ["sent"], 1)])
async def test_after_the_deadline_only_a_call_that_had_begun_is_reconciled(
    real: World, step: str, outcomes: list[str], looks: int
) -> None:
    """`unreached`: the name resolves slowly or the connection is not made, so no byte of the call is sent."""
    network = real.channels[B]
    network.spec = network.spec.model_copy(
        update={"publish_deadline": timedelta(seconds=1), "margin": timedelta(seconds=1)}
    )
    network.plan.append(step)
    content_id = await real.submit(datetime.now(UTC))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
    assert len(network.posts) == 1
    assert bool(network.count("find")) is bool(looks)
    attempts = await real.attempts((await real.publications(content_id))[B].id)
    assert [attempt.outcome for attempt in attempts] == outcomes


@pytest.mark.parametrize("mode", ["hangs", "unguarded"])
async def test_a_worker_killed_after_the_post_went_live_is_taken_over(
    real: World, temporal: TemporalDevServer, tmp_path: Path, mode: str
) -> None:
    posts = tmp_path / "posts"
    content_id = await real.submit(datetime.now(UTC))
    first, second = (worker_process(real, temporal, posts, each) for each in (mode, "answers"))
    with first:
        first.wait_for_line("working")
        await real.wake(content_id, first=True)
        await wait_until(posts.exists)
        first.kill()
    with second:
        # The retry policy is that of the process that scheduled the call. This process only continues it.
        async with asyncio.timeout(40):
            assert await real.result(content_id) == "1/1 published"
    assert len(posts.read_text().splitlines()) == 1
    history = await real.handle(content_id).fetch_history()
    assert dispatches(history) == (2 if mode == "unguarded" else 1)


def worker_process(world: World, server: TemporalDevServer, posts: Path, mode: str) -> Process:
    arguments = [server.address, world.queue, str(world.database.url), str(posts), mode]
    argv = [sys.executable, "-m", "tests.workflows.doomed_worker", *arguments]
    return Process(argv, log=posts.with_name(f"{mode}.log"), cwd=Path(__file__).parents[2])
