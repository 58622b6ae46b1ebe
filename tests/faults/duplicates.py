"""Disturbances that restart or duplicate the workflow of a post while the post is being published."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from munadi.domain.ids import workflow_id
from tests.harness.brand import ENDED, Brand
from tests.harness.world import World
from workflows.start import wake_content

QUEUE = "munadi"
COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
Content = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """The stack, its APIs (two processes), and its Temporal as an operator has it."""

    world: World
    apis: Sequence[httpx.AsyncClient]
    temporal: Client

    async def wake(self, content: Content, times: int = 1) -> None:
        """Start or signal the workflow `times` times at once, as APIs and relays do."""
        channels = [one["channel"] for one in content["publications"]]
        who = {"content_id": content["id"], "brand_ref": content["brandRef"], "channels": channels}
        await asyncio.gather(*(wake_content(self.temporal, QUEUE, **who) for _ in range(times)))

    async def reset(self, content: Content, *, to_publish: bool = False) -> None:
        """As `temporal workflow reset`: to the first decision, or to the one that scheduled the visible call."""
        handle = self.temporal.get_workflow_handle(workflow_id(content["id"]))
        run = (await handle.describe()).run_id
        deadline = time.monotonic() + 30
        # The API records `queued` when the workflow has started, which may be before its first decision.
        while not (events := await self._decisions(handle.id, run, to_publish)):
            assert time.monotonic() < deadline, f"{handle.id} has no decision to be reset to"
            await asyncio.sleep(0.05)
        await self.temporal.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self.temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run),
                reason="a fault test",
                workflow_task_finish_event_id=events[0],
                request_id=str(uuid.uuid4()),
            )
        )

    async def _decisions(self, workflow: str, run: str, to_publish: bool) -> list[int]:
        """The events of a run that end a decision: each one, or those that scheduled the visible call."""
        decisions, publishing = [], []
        async for event in self.temporal.get_workflow_handle(workflow, run_id=run).fetch_history_events():
            scheduled = event.activity_task_scheduled_event_attributes
            if event.event_type == COMPLETED:
                decisions.append(event.event_id)
            elif event.event_type == SCHEDULED and scheduled.activity_type.name == "publish":
                publishing.append(scheduled.workflow_task_completed_event_id)
        return publishing if to_publish else decisions

    async def terminate(self, content: Content) -> None:
        """As in the Web UI. A workflow that has just ended by itself is in the same state."""
        try:
            await self.temporal.get_workflow_handle(workflow_id(content["id"])).terminate("a fault test")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def started(self, content: Content) -> None:
        """Wait until its workflow has begun."""
        await self._until(content, lambda now: now["status"] != "accepted")

    async def in_mid_publish(self, content: Content) -> None:
        """Wait until the intent of its visible call is recorded; the network takes its time to answer."""
        await self._until(
            content, lambda now: bool(now["publications"][0]["attempts"]) and now["status"] == "publishing"
        )

    async def over(self, content: Content) -> None:
        """Wait until it has ended."""
        await self._until(content, lambda now: now["status"] in ENDED)

    async def _until(self, content: Content, holds: Callable[[Content], bool]) -> None:
        deadline = time.monotonic() + 90
        while not holds(now := await self.world.brand.content(content["id"])):
            assert now["status"] not in ENDED, f"it ended before it was disturbed: {now}"
            assert time.monotonic() < deadline, f"it did not come to that: {now}"
            await asyncio.sleep(0.05)


async def _woken_from_everywhere(scene: Scene, content: Content) -> None:
    """Both APIs receive publish-now while further starts and signals of the workflow arrive."""
    path = f"/v1/contents/{content['id']}/publish-now"
    requests = asyncio.gather(*(api.post(path) for api in scene.apis for _ in range(2)))
    answers, _ = await asyncio.gather(requests, scene.wake(content, 6))
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]
    await scene.in_mid_publish(content)
    await scene.wake(content, 6)


async def _reset_while_waiting(scene: Scene, content: Content) -> None:
    await scene.started(content)
    await scene.reset(content)


async def _reset_to_the_beginning(scene: Scene, content: Content) -> None:
    await scene.in_mid_publish(content)
    await scene.reset(content)


async def _reset_to_the_call(scene: Scene, content: Content) -> None:
    """The visible call is scheduled a second time, under the claim of the first."""
    await scene.in_mid_publish(content)
    await scene.reset(content, to_publish=True)


async def _reset_afterwards(scene: Scene, content: Content) -> None:
    await scene.over(content)
    await scene.reset(content, to_publish=True)
    await scene.wake(content)


async def _terminated_while_waiting(scene: Scene, content: Content) -> None:
    """Only the relays start it again."""
    await scene.started(content)
    await scene.terminate(content)


async def _terminated_and_started_again(scene: Scene, content: Content) -> None:
    await _terminated_while_waiting(scene, content)
    await scene.wake(content, 4)


async def _terminated_in_mid_publish(scene: Scene, content: Content) -> None:
    await scene.in_mid_publish(content)
    await scene.terminate(content)
    await scene.wake(content, 4)


Disturbance = Callable[[Scene, Content], Awaitable[None]]
DISTURBANCES: dict[str, Disturbance] = {
    "woken from everywhere": _woken_from_everywhere,
    "reset while waiting": _reset_while_waiting,
    "reset to the beginning in mid-publish": _reset_to_the_beginning,
    "reset to the call in mid-publish": _reset_to_the_call,
    "reset to the call afterwards": _reset_afterwards,
    "terminated while waiting": _terminated_while_waiting,
    "terminated while waiting, started again": _terminated_and_started_again,
    "terminated in mid-publish, started again": _terminated_in_mid_publish,
}


async def created_by_both(scene: Scene, brand: Brand, body: Content) -> Content:
    """Send the same post with the same key to both APIs at once: one post, and two starts of its workflow."""
    sent = {"json": body, "headers": {"Idempotency-Key": f'"both {body["text"]}"'}}
    for _ in range(100):
        answers = await asyncio.gather(*(api.post("/v1/contents", **sent) for api in scene.apis))
        if all(answer.status_code == 202 for answer in answers):
            break
        assert {answer.status_code for answer in answers} <= {202, 409}, [answer.text for answer in answers]
        await asyncio.sleep(0.1)
    assert len({answer.content for answer in answers}) == 1, "one key, two contents"
    accepted: Content = answers[0].json()
    return accepted
