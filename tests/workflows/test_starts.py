"""The API starts the workflows of accepted posts in batches, and leaves what it cannot start to the relay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from api.process.starts import BATCH, Starts
from munadi.clock import SystemClock
from munadi.db.sqlite import WriterConnection
from munadi.domain.publishing import View
from munadi.publishing.content import LockedContent
from munadi.publishing.plans import view_of
from munadi.publishing.schedule import ScheduleStore
from tests.support.ports import free_port
from tests.workflows.world import World


def starts_of(world: World, client: Client | None) -> Starts:
    return Starts(client, world.queue, ScheduleStore(world.database, world.keyring), SystemClock())


async def accepted(world: World, count: int) -> list[View]:
    views = []
    for _ in range(count):
        content_id = await world.submit(datetime.now(UTC) + timedelta(hours=1))
        async with world.database.read() as session:
            post = await LockedContent.read(session, content_id, datetime.now(UTC))
        assert post is not None
        views.append(view_of(post.content, post.publications, post.now))
    return views


async def statuses(world: World, views: list[View]) -> set[tuple[str, int]]:
    contents = [await world.content(view.content_id) for view in views]
    return {(content.status, content.wake_seq - content.wake_ack) for content in contents}


async def test_a_burst_starts_every_workflow_and_records_them_together(
    real: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, starts, commits = await accepted(real, 40), starts_of(real, real.client), 0

    async def count(writer: WriterConnection) -> None:
        nonlocal commits
        commits += 1
        await commit(writer)

    commit = WriterConnection.commit
    monkeypatch.setattr(WriterConnection, "commit", count)
    for view in views:
        starts.start(view)
    await starts.finish()
    assert await statuses(real, views) == {("queued", 0)}
    assert commits <= 4
    for view in views:
        handle = real.handle(view.content_id)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        await handle.terminate()


async def test_what_is_due_first_is_started_first(real: World) -> None:
    later = await accepted(real, BATCH + 4)
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=30))
    async with real.database.read() as session:
        post = await LockedContent.read(session, content_id, datetime.now(UTC))
    assert post is not None
    soon = view_of(post.content, post.publications, post.now)
    starts = starts_of(real, real.client)
    for view in [*later, soon]:
        starts.start(view)
    await starts.finish()
    assert await statuses(real, [*later, soon]) == {("queued", 0)}
    queued = {view.content_id: (await real.content(view.content_id)).updated_at for view in [*later, soon]}
    assert queued[content_id] == min(queued.values())
    for view in [*later, soon]:
        await real.handle(view.content_id).terminate()


@pytest.mark.parametrize("known", [True, False])
async def test_without_temporal_posts_stay_accepted_for_the_relay(real: World, known: bool) -> None:
    nowhere = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True) if known else None
    views, starts = await accepted(real, 3), starts_of(real, nowhere)
    for view in views:
        starts.start(view)
    await starts.finish()
    assert await statuses(real, views) == {("accepted", 1)}
    assert (starts.paused_until > 0) == known


async def test_a_workflow_that_runs_already_is_no_error(real: World) -> None:
    [view] = await accepted(real, 1)
    await real.wake(view.content_id)
    starts = starts_of(real, real.client)
    starts.start(view)
    await starts.finish()
    assert await statuses(real, [view]) == {("queued", 0)}
    await real.handle(view.content_id).terminate()
