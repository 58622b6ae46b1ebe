"""What people, operators, subscribers and dying workers do to a content that is under way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from temporalio import activity

from activities.messages import PublicationRef
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending
from munadi.publishing.model import StepResult
from tests.workflows.network import rejected
from tests.workflows.postbox import Postbox, subscribe
from tests.workflows.telling import IG, B, Telling, story


@story(B, IG)
async def partial_failure_then_retry(told: Telling) -> None:
    told.world.channels[IG].plan.append(rejected(Reason.MEDIA_VALIDATION_FAILED))
    content_id = await told.submit()
    async with told.world.worker():
        await told.finish(content_id, "1/2 published; failed: instagram")
        await told.world.change(content_id, "retry", None)
        await told.finish(content_id, "2/2 published", first=False)


@story(B)
async def failure_then_retry(told: Telling) -> None:
    told.world.channels[B].plan.append(rejected())
    content_id = await told.submit()
    async with told.world.worker():
        await told.finish(content_id, "0/1 published; failed: bluesky")
        await told.world.change(content_id, "retry", None)
        await told.world.result(content_id)
        await told.keep(content_id)


@story(B)
async def canceled(told: Telling) -> None:
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_told(content_id, "bluesky: queued")
        await told.world.change(content_id, "cancel")
        await told.world.result(content_id)
        await told.keep(content_id)


@story(B)
async def published_now_instead_of_later(told: Telling) -> None:
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_told(content_id, "bluesky: queued")
        await told.world.change(content_id, "publish_now")
        await told.world.result(content_id)
        await told.keep(content_id)


@story(B)
async def rescheduled_by_the_api(told: Telling) -> None:
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_told(content_id, "bluesky: queued")
        due = datetime.now(UTC) + timedelta(seconds=3)
        await told.world.change(content_id, "reschedule", due, None, None, zone_given=False)
        await told.world.result(content_id)
        await told.keep(content_id)


@story(B)
async def signals_of_operators(told: Telling) -> None:
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_told(content_id, "bluesky: queued")
        handle = told.world.handle(content_id)
        due = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
        for name, args, words in (
            ("explode", [{}], "is unknown"),
            ("reschedule", [], "takes a time with offset"),
            ("cancel", [1, 2], "takes one input at most"),
            ("cancel", ["now"], "takes no input"),
            ("retry", [], "no publication named here has failed"),
            ("reschedule", [due], "rescheduled to"),
            ("cancel", [], "0/1 published; canceled"),
        ):
            await handle.signal(name, args=args)
            if name != "cancel" or args:
                await told.until_told(content_id, words)
        assert "0/1 published; canceled" in await told.world.result(content_id)
        await told.keep(content_id)


@story(B)
async def terminated_in_mid_publish_and_taken_over(told: Telling) -> None:
    channel = told.world.channels[B]
    channel.plan.append("hang")
    content_id = await told.submit()
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        async with asyncio.timeout(20):
            while not channel.posts:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await told.world.handle(content_id).terminate("by a test")
        await told.keep(content_id)
        await told.finish(content_id, "1/1 published", first=False)


@story(B, slow=True)
async def worker_lost_in_mid_publish(told: Telling) -> None:
    activities = {each.__name__: each for each in told.world.activities()}
    publish, tries = activities.pop("publish"), 0

    @activity.defn(name="publish")
    async def lost(ref: PublicationRef) -> StepResult:
        """The first time as a worker that is gone: no heartbeat, no answer."""
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(3600)
        answer: StepResult = await publish(ref)
        return answer

    told.world.activities = lambda: [*activities.values(), lost]  # type: ignore[method-assign]
    content_id = await told.submit()
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def with_deliveries(told: Telling) -> None:
    Postbox().serve(told.world)
    await subscribe(told.world, types=[EventType.CONTENT_QUEUED, EventType.CONTENT_COMPLETED])
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B)
async def redelivered(told: Telling) -> None:
    """A run that an earlier version started: it ends, because the dispatcher retries deliveries now."""
    async with told.world.worker():
        handle = await told.world.client.start_workflow(
            "RedeliverWebhook",
            "dlv_01jdq5k1rreb1vkz7vv9f0v6gw",
            id=f"delivery/{uuid4().hex}",
            task_queue=told.world.queue,
        )
        assert "ended after" in str(await handle.result())
        await told.keep_run(handle)


@story(B)
async def no_such_content(told: Telling) -> None:
    async with told.world.worker():
        await told.finish("cnt_01jdq5k1rreb1vkz7vv9f0v6gw", "there is no such content")


@story(B)
async def accepted_then_terminated_and_taken_over(told: Telling) -> None:
    channel = told.world.channels[B]
    channel.plan.append("pending")
    channel.check_plan.append(Pending(after=timedelta(hours=1)))
    content_id = await told.submit()
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_commands(content_id, "activity check", "timer")
        await told.world.handle(content_id).terminate("by a test")
        await told.keep(content_id)
        await told.finish(content_id, "1/1 published", first=False)
    assert len(channel.posts) == 1
