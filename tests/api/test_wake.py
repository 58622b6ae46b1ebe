"""Waking: a shortcut after the answer, never a part of it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from munadi.domain.channel import ChannelName
from tests.api.desk import Desk, later, open_desk
from tests.api.hostile import film
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


@pytest.mark.parametrize("publish_by", [None, later(days=300), later(days=1, minutes=1)])
@pytest.mark.parametrize("scheduled", [{}, {"scheduledAt": later(days=1)}, {"scheduledAt": later(minutes=5)}])
async def test_a_new_post_has_the_wake_and_the_look_that_a_change_of_it_would_leave(
    small_desk: Desk, scheduled: dict[str, str], publish_by: str | None
) -> None:
    """The acceptance transaction writes these columns itself, without `LockedContent.close`."""
    options = {"channel": "youtube", "options": {"madeForKids": False}}
    await small_desk.account(ChannelName.YOUTUBE)
    media = [{"url": small_desk.site.url("/a.mp4"), "alt": "A film"}]
    small_desk.site.files["/a.mp4"] = bytes(film())
    body = small_desk.content(**{"scheduledAt": ...} | scheduled, channels=["bluesky", options], media=media)
    made = (
        await small_desk.client.post("/v1/contents", json=body | ({"publishBy": publish_by} if publish_by else {}))
    ).json()
    async with small_desk.story(made["id"]) as story:
        content = story.content
        stored = (content.wake_seq, content.wake_tries, content.sequence, content.status, content.completed_as)
        look, wake = content.next_look_at, content.next_wake_at
        await story.close()
        assert (content.next_look_at, stored) == (look, (1, 0, 1, "accepted", None))
        assert wake == story.now + timedelta(seconds=1)


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
