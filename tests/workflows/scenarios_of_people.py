"""A post in progress, and people, operators, subscribers and lost workers that interfere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.messages import PublicationRef
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending
from munadi.domain.publishing import StepResult
from tests.support.waiting import wait_until
from tests.workflows.network import rejected
from tests.workflows.receiver import Receiver, subscribe
from tests.workflows.scenario import IG, B, Recorder, scenario


@scenario(B, IG)
async def partial_failure_then_retry(recorder: Recorder) -> None:
    recorder.world.channels[IG].plan.append(rejected(Reason.MEDIA_VALIDATION_FAILED))
    content_id = await recorder.submit()
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/2 published; failed: instagram")
        await recorder.world.change(content_id, "retry", None)
        await recorder.finish(content_id, "2/2 published", first=False)


@scenario(B)
async def failure_then_retry(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append(rejected())
    content_id = await recorder.submit()
    async with recorder.world.worker():
        await recorder.finish(content_id, "0/1 published; failed: bluesky")
        await recorder.world.change(content_id, "retry", None)
        await recorder.world.result(content_id)
        await recorder.record(content_id)


@asynccontextmanager
async def queued(recorder: Recorder) -> AsyncIterator[str]:
    """The id of a queued post. After the block its run must end, and is recorded."""
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.world.wake(content_id, first=True)
        await recorder.until_details(content_id, "bluesky: queued")
        yield content_id
        await recorder.world.result(content_id)
        await recorder.record(content_id)


@scenario(B)
async def canceled(recorder: Recorder) -> None:
    async with queued(recorder) as content_id:
        await recorder.world.change(content_id, "cancel")


@scenario(B)
async def published_now_instead_of_later(recorder: Recorder) -> None:
    async with queued(recorder) as content_id:
        await recorder.world.change(content_id, "publish_now")


@scenario(B)
async def rescheduled_by_the_api(recorder: Recorder) -> None:
    async with queued(recorder) as content_id:
        due = datetime.now(UTC) + timedelta(seconds=3)
        await recorder.world.change(content_id, "reschedule", due, None, None, zone_given=False)


@scenario(B)
async def approved_after_its_time(recorder: Recorder) -> None:
    content_id = await recorder.submit(is_proposed=True)
    async with recorder.world.worker():
        await recorder.world.wake(content_id, first=True)
        await recorder.until_details(content_id, "held until")
        await recorder.world.change(content_id, "approve", None)
        await recorder.world.result(content_id)
        await recorder.record(content_id)


@scenario(B)
async def signals_of_operators(recorder: Recorder) -> None:
    async with queued(recorder) as content_id:
        handle = recorder.world.handle(content_id)
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
                await recorder.until_details(content_id, words)
        assert "0/1 published; canceled" in await recorder.world.result(content_id)


@scenario(B)
async def terminated_in_mid_publish_and_taken_over(recorder: Recorder) -> None:
    channel = recorder.world.channels[B]
    channel.plan.append("hang")
    content_id = await recorder.submit()
    async with recorder.world.worker():
        await recorder.world.wake(content_id, first=True)
        await wait_until(lambda: channel.posts)
        await recorder.world.handle(content_id).terminate("by a test")
        await recorder.record(content_id)
        await recorder.finish(content_id, "1/1 published", first=False)


@scenario(B, slow=True)
async def worker_lost_in_mid_publish(recorder: Recorder) -> None:
    activities = {each.__name__: each for each in recorder.world.activities()}
    publish, tries = activities.pop("publish"), 0

    @activity.defn(name="publish")
    async def lost(ref: PublicationRef) -> StepResult:
        """Behave like a lost worker at first: no heartbeat, no answer."""
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(3600)
        answer: StepResult = await publish(ref)
        return answer

    recorder.world.activities = lambda: [*activities.values(), lost]  # type: ignore[method-assign]
    content_id = await recorder.submit()
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def with_deliveries(recorder: Recorder) -> None:
    Receiver().serve(recorder.world)
    await subscribe(recorder.world, types=[EventType.CONTENT_QUEUED, EventType.CONTENT_COMPLETED])
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B)
async def no_such_content(recorder: Recorder) -> None:
    async with recorder.world.worker():
        await recorder.finish("cnt_01jdq5k1rreb1vkz7vv9f0v6gw", "there is no such content")


@scenario(B)
async def accepted_then_terminated_and_taken_over(recorder: Recorder) -> None:
    channel = recorder.world.channels[B]
    channel.plan.append("pending")
    channel.check_plan.append(Pending(after=timedelta(hours=1)))
    content_id = await recorder.submit()
    await recorder.take_over(content_id, "activity check", "timer")
    assert len(channel.posts) == 1
