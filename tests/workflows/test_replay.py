"""Upgrades: running workflows must continue. Every recorded history replays on today's workflows, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner

from munadi.domain.publishing import Start
from tests.workflows.histories import load, newest, paths, payload_bytes
from tests.workflows.scenarios import CANARY, SCENARIOS
from workflows.publish_content import PublishContent
from workflows.registry import WORKFLOWS

ADVICE = """\
{name} no longer replays: a workflow that is open at the upgrade would stop.
Guard the change with workflow.patched("<what changed>"), keep this file as it is,
and record new histories beside it: .venv/bin/python -m tests.workflows.record"""


def replayer(*interceptors: Interceptor) -> Replayer:
    return Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, interceptors=interceptors)


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
@pytest.mark.parametrize("interceptors", [(), (TracingInterceptor(),)], ids=["plain", "traced"])
async def test_every_recorded_history_replays(path: Path, interceptors: tuple[Interceptor, ...]) -> None:
    result = await replayer(*interceptors).replay_workflow(load(path), raise_on_replay_failure=False)
    if result.replay_failure is not None:
        raise AssertionError(ADVICE.format(name=path.name)) from result.replay_failure


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_a_history(name: str) -> None:
    assert paths(name), f"record it: .venv/bin/python -m tests.workflows.record {name}"


@pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
def test_no_history_contains_the_text_of_a_post(path: Path) -> None:
    payloads = list(payload_bytes(path))
    assert payloads
    assert not [payload for payload in payloads if CANARY.encode() in payload]


@pytest.mark.parametrize(
    ("name", "events", "actions"), [("immediate", 11, 2), ("scheduled", 16, 3), ("immediate_on_two_channels", 17, 3)]
)
def test_a_post_costs_as_many_events_and_actions_as_the_architecture_page_says(
    name: str, events: int, actions: int
) -> None:
    """Temporal counts a start, a timer and an activity as an action. Channels that end together save events."""
    [history] = [load(path) for path in newest(name)]
    assert len(history.events) <= events
    billed = ("WorkflowExecutionStarted", "TimerStarted", "ActivityTaskScheduled")
    types = [event.WhichOneof("attributes") or "" for event in history.events]
    assert sum(any(kind.lower() in t.replace("_", "") for kind in billed) for t in types) == actions


@workflow.defn(name="PublishContent")
class SleepsFirst(PublishContent):
    """An upgrade that forgot `workflow.patched`."""

    @workflow.init
    def __init__(self, start: Start | None = None) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start | None = None) -> str:
        await workflow.sleep(1)
        return await super().run(start)


async def test_a_change_without_a_guard_is_detected() -> None:
    """The test itself works: a replay that detects nothing would always pass."""
    changed = Replayer(
        workflows=[SleepsFirst],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    with pytest.raises(workflow.NondeterminismError):
        await changed.replay_workflow(load(paths("immediate")[-1]))
