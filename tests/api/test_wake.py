"""Waking the workflow: a shortcut after the answer, never a part of it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from munadi.domain.channel import ChannelName
from munadi.publishing.acceptance import IMMINENT, WAKE_AFTER, WAKE_LATER
from tests.api.harness import ApiHarness, later, open_api
from tests.api.hostile import film
from tests.db.seeding import START
from tests.support.ports import LOOPBACK, free_port
from tests.support.temporal import TemporalDevServer


async def wakes(api: ApiHarness, content_id: str) -> tuple[int, int]:
    async with api.locked(content_id) as content:
        return content.content.wake_seq, content.content.wake_ack


async def test_posts_are_accepted_while_temporal_is_down(tmp_path: Path) -> None:
    async with open_api(tmp_path, temporal={"address": f"{LOOPBACK}:{free_port()}"}) as api:
        began = time.monotonic()
        made = [await api.submit() for _ in range(10)]
        # One wake may take its second. The others do not wait behind it.
        assert time.monotonic() - began < 5
        assert await wakes(api, made[0]["id"]) == (1, 0)
        assert (await api.change(made[0]["id"], "cancel")).status_code == 200
        assert await wakes(api, made[0]["id"]) == (2, 0)


@pytest.mark.parametrize("publish_by", [..., later(days=300), later(days=1, minutes=1)])
@pytest.mark.parametrize("scheduled_at", [..., later(days=1), later(minutes=5)])
async def test_acceptance_stores_the_next_look_that_a_change_would_store(
    api: ApiHarness, scheduled_at: object, publish_by: object
) -> None:
    """The acceptance transaction writes these columns itself, without `LockedContent.close`."""
    await api.add_account(ChannelName.YOUTUBE)
    api.site.files["/a.mp4"] = bytes(film())
    made = await api.submit(
        scheduledAt=scheduled_at,
        publishBy=publish_by,
        channels=["bluesky", {"channel": "youtube", "options": {"madeForKids": False}}],
        media=[{"url": api.site.url("/a.mp4"), "alt": "A film"}],
    )
    async with api.locked(made["id"]) as locked:
        content = locked.content
        stored = (content.wake_seq, content.wake_tries, content.sequence, content.status, content.completed_as)
        look, wake = content.next_look_at, content.next_wake_at
        await locked.close()
        assert stored == (1, 0, 1, "accepted", None)
        assert look is not None
        assert content.next_look_at is not None
        # The lock may have waited some milliseconds for another transaction, and then it is that much later.
        assert abs(content.next_look_at - look) < timedelta(seconds=1)
        expected = WAKE_AFTER if look <= START + IMMINENT else WAKE_LATER
        assert wake == START + expected


async def test_a_new_post_starts_its_workflow_and_a_change_signals_it(
    tmp_path: Path, temporal: TemporalDevServer
) -> None:
    async with open_api(tmp_path, temporal={"address": temporal.address, "task_queue": "nobody-listens"}) as api:
        before = asyncio.all_tasks()
        content = await api.submit()
        await api.services.starts.finish()
        client = await Client.connect(temporal.address)
        handle = client.get_workflow_handle(content["workflowId"])
        begun = await handle.describe()
        assert begun.workflow_type == "PublishContent"
        assert await begun.static_summary() == "acme: bluesky"
        await api.change(content["id"], "cancel")
        await api.services.starts.finish()
        signals = [
            event.workflow_execution_signaled_event_attributes.signal_name
            async for event in handle.fetch_history_events()
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        assert signals == ["wake"]
        await handle.terminate()
        assert asyncio.all_tasks() <= before, "no task waits for the wakes"
