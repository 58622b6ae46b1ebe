"""Operators on the dev server, with the real `temporal` CLI: signals that work, and bad signals that block no run."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity

from munadi import __version__
from munadi.db.ids import new_id
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix, workflow_id
from munadi.domain.publication import PublicationStatus
from munadi.publishing.states import ChangeRefused
from tests.support.temporal import TemporalDevServer, script
from tests.support.waiting import wait_until
from tests.workflows.world import World
from worker.compose import build_posts_worker, build_worker

B = ChannelName.BLUESKY
S = PublicationStatus


async def cli(server: TemporalDevServer, *arguments: str) -> str:
    """Run the real CLI, which must succeed. Returns its output."""
    process = await asyncio.create_subprocess_exec(
        script("temporal"),
        *arguments,
        "--address",
        server.address,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def signal(server: TemporalDevServer, content_id: str, name: str, *rest: str) -> None:
    await cli(server, "workflow", "signal", "--workflow-id", workflow_id(content_id), "--name", name, *rest)


async def details(world: World, content_id: str) -> str:
    """The current details that the Web UI shows."""
    described = await world.handle(content_id).describe()
    assert described is not None
    return str(await world.handle(content_id).query("__temporal_workflow_metadata"))


async def until_details(world: World, content_id: str, words: str) -> str:
    for _ in range(100):
        text = await details(world, content_id)
        if words in text:
            return text
        await asyncio.sleep(0.05)
    raise AssertionError(f"{words!r} never showed in: {text}")


async def test_cancel_by_signal(real: World, temporal: TemporalDevServer) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(hours=1))
    async with real.worker():
        await real.wake(content_id, first=True)
        await signal(temporal, content_id, "cancel")
        assert await real.result(content_id) == "0/1 published; canceled: bluesky"
    types = [event.type for event in await real.events(content_id)]
    assert types[-3:] == ["content.publish.canceled", "content.canceled", "content.completed"]


@pytest.mark.parametrize("form", ["text", "object"])
async def test_reschedule_by_signal(real: World, temporal: TemporalDevServer, form: str) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(hours=1))
    due = datetime.now(UTC) + timedelta(seconds=5)
    given = due.isoformat() if form == "text" else {"scheduledAt": due.isoformat()}
    async with real.worker():
        await real.wake(content_id, first=True)
        await signal(temporal, content_id, "reschedule", "--input", json.dumps(given))
        assert await real.result(content_id) == "1/1 published"
    row = (await real.publications(content_id))[B]
    assert row.published_at is not None
    assert row.due_at == due
    assert real.channels[B].count("publish") == 1


@pytest.mark.parametrize(
    ("name", "rest", "words"),
    [
        ("reschedule", (), "takes a time with offset"),
        ("reschedule", ("--input", "42"), "takes a time with offset"),
        ("reschedule", ("--input", '"yesterday"'), "not an ISO 8601"),
        ("reschedule", ("--input", '"2020-01-01T00:00:00Z"'), "passed"),
        ("cancel", ("--input", '"now"'), "takes no input"),
        ("cancel", ("--input", "1", "--input", "2"), "takes one input at most"),
        ("retry", (), "no publication named here has failed"),
        ("explode", ("--input", "{}"), "is unknown"),
        ("__proto__", (), "is unknown"),
        ("cancel", ("--input", "x", "--input-meta", "encoding=binary/encrypted"), "cannot be read"),
    ],
)
async def test_an_invalid_signal_does_not_stop_the_workflow(
    real: World, temporal: TemporalDevServer, name: str, rest: tuple[str, ...], words: str
) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(hours=1))
    async with real.worker():
        await real.wake(content_id, first=True)
        await signal(temporal, content_id, name, *rest)
        await until_details(real, content_id, words)
        await real.change(content_id, "publish_now")
        assert await real.result(content_id) == "1/1 published"


async def test_a_cancel_after_the_claim_is_refused_with_a_reason(real: World, temporal: TemporalDevServer) -> None:
    channel = real.channels[B]
    channel.plan.append("hang")
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=0.2))
    async with real.worker():
        await real.wake(content_id, first=True)
        await wait_until(lambda: channel.count("publish"))
        with pytest.raises(ChangeRefused, match="nothing can be canceled"):
            await real.change(content_id, "cancel")
        channel.hang.set()
        assert await real.result(content_id) == "1/1 published"


async def test_signal_with_start_reaches_a_finished_content(real: World, temporal: TemporalDevServer) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=0.2))
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
        await cli(
            temporal,
            *("workflow", "signal-with-start", "--type", "PublishContent", "--task-queue", real.queue),
            *("--workflow-id", workflow_id(content_id), "--signal-name", "retry"),
        )
        assert await real.result(content_id) == "1/1 published"
    assert real.channels[B].count("publish") == 1


async def test_the_list_shows_brand_channels_and_attention(real: World, temporal: TemporalDevServer) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(hours=1))
    async with real.worker():
        await real.wake(content_id, first=True)
        await until_details(real, content_id, "bluesky: queued")
        shown = json.loads(
            await cli(temporal, "workflow", "describe", "--workflow-id", workflow_id(content_id), "--output", "json")
        )
        fields = shown["workflowExecutionInfo"]["searchAttributes"]["indexedFields"]
        values = {name: json.loads(base64.b64decode(field["data"])) for name, field in fields.items()}
        assert (values["BrandRef"], values["Channels"]) == ("acme", ["bluesky"])
        assert "Attention" not in values
        await real.change(content_id, "cancel")
        await real.result(content_id)


async def test_a_terminated_workflow_continues_after_a_wake(real: World, temporal: TemporalDevServer) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=1.5))
    async with real.worker():
        await real.wake(content_id, first=True)
        await until_details(real, content_id, "bluesky: queued")
        await cli(temporal, "workflow", "terminate", "--workflow-id", workflow_id(content_id))
        await real.wake(content_id)
        assert await real.result(content_id) == "1/1 published"
    assert real.channels[B].count("publish") == 1


async def test_terminated_in_mid_publish_it_is_found_not_sent_again(real: World, temporal: TemporalDevServer) -> None:
    channel = real.channels[B]
    channel.plan.append("hang")
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=0.2))
    async with real.worker():
        await real.wake(content_id, first=True)
        await wait_until(lambda: channel.count("publish"))
        await cli(temporal, "workflow", "terminate", "--workflow-id", workflow_id(content_id))
        await real.wake(content_id)
        assert await real.result(content_id) == "1/1 published"
    assert len(channel.posts) == 1


async def test_a_scheduled_post_costs_as_many_events_as_the_architecture_page_says(real: World) -> None:
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=0.7))
    async with real.worker():
        await real.wake(content_id, first=True)
        await real.result(content_id)
    history = await real.handle(content_id).fetch_history()
    assert len(history.events) <= 16


@pytest.mark.parametrize("build", [build_worker, build_posts_worker])
async def test_the_version_of_each_worker_is_shown(temporal: TemporalDevServer, build: Any) -> None:
    async with build(await temporal.connect(), new_id(Prefix.CONTENT), [nothing]) as worker:
        queue = ["--task-queue", worker.task_queue, "--task-queue-type", "workflow", "--legacy-mode"]
        shown = ""
        async with asyncio.timeout(20):
            while "identity" not in shown:
                shown = await cli(temporal, "task-queue", "describe", *queue, "-o", "json")
    assert f'"munadi {__version__}"' in shown


@activity.defn
async def nothing() -> None:
    """Does nothing."""
