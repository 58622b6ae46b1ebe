"""Waking: a shortcut after the answer, never a part of it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from temporalio.client import Client

from tests.api.desk import Desk, open_desk
from tests.support.ports import LOOPBACK, free_port
from tests.support.temporal import TemporalDevServer


async def wakes(desk: Desk, content_id: str) -> tuple[int, int]:
    async with desk.story(content_id) as story:
        return story.content.wake_seq, story.content.wake_ack


async def test_work_is_accepted_while_temporal_is_down(tmp_path: Path) -> None:
    nowhere = {"address": f"{LOOPBACK}:{free_port()}"}
    async with open_desk(tmp_path, temporal=nowhere) as desk:
        began = time.monotonic()
        made = [await desk.accept() for _ in range(10)]
        # One wake may take its second; those behind it do not queue up for theirs.
        assert time.monotonic() - began < 5
        assert await wakes(desk, made[0]["id"]) == (1, 0)
        canceled = await desk.client.post(f"/v1/contents/{made[0]['id']}/cancel")
        assert canceled.status_code == 200
        assert await wakes(desk, made[0]["id"]) == (2, 0)


async def test_a_create_starts_the_workflow_and_a_change_signals_it(
    tmp_path: Path, temporal: TemporalDevServer
) -> None:
    async with open_desk(tmp_path, temporal={"address": temporal.address, "task_queue": "nobody-listens"}) as desk:
        content = await desk.accept()
        client = await Client.connect(temporal.address)
        handle = client.get_workflow_handle(content["workflowId"])
        begun = await handle.describe()
        assert begun.workflow_type == "PublishContent"
        assert await begun.static_summary() == "acme: bluesky"
        await desk.client.post(f"/v1/contents/{content['id']}/cancel")
        signals = [
            event.workflow_execution_signaled_event_attributes.signal_name
            async for event in handle.fetch_history_events()
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        assert signals == ["wake"]
        await handle.terminate()
        # Nothing is waiting behind the wakes.
        assert len(asyncio.all_tasks()) < 5
