"""The stories whose histories are kept: each is told once by `record`, and again by `test_fingerprint`.

A story drives a `World` and keeps the history of every run it opened. Nothing in it depends on how fast the
machine is: what must come later waits on the workflow's own words, or on a server that skips time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowHistory

from activities.messages import PublicationRef
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending
from munadi.domain.story import Outcome
from tests.workflows.network import not_sent, rejected
from tests.workflows.postbox import Postbox, deliveries_of, subscribe
from tests.workflows.world import World
from workflows.start import start_redelivery

B, IG = ChannelName.BLUESKY, ChannelName.INSTAGRAM
# The text of every recorded post: it must never be found in a history.
CANARY = "canary-text-of-a-post"


@dataclass
class Telling:
    """One telling of a story: the world it happens in, and the histories it left."""

    world: World
    histories: list[WorkflowHistory] = field(default_factory=list)

    async def submit(self, due: timedelta = timedelta(0), *, lead: float = 0.0, window: float = 24) -> str:
        """A content due that far ahead; `window` in hours."""
        at = datetime.now(UTC) + due
        return await self.world.submit(at, text=CANARY, lead=lead, window=timedelta(hours=window))

    async def keep(self, content_id: str) -> None:
        """Keep the history of the content's latest run."""
        await self.keep_run(self.world.handle(content_id))

    async def keep_run(self, handle: WorkflowHandle) -> None:
        """Keep the history of any run."""
        self.histories.append(await handle.fetch_history())

    async def finish(self, content_id: str, words: str, *, first: bool = True) -> None:
        """Wake it, see it end in these words, keep the run."""
        await self.world.wake(content_id, first=first)
        result = await self.world.result(content_id)
        assert words in result, result
        await self.keep(content_id)

    async def until_told(self, content_id: str, words: str) -> None:
        """Until the current details say so: then the workflow has nothing left to do but to wait."""
        for _ in range(200):
            if words in str(await self.world.handle(content_id).query("__temporal_workflow_metadata")):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} never showed")


@dataclass(frozen=True)
class RecordedStory:
    """`skips` tells it on the time-skipping server; `fingerprinted` are those with one channel that are quick."""

    name: str
    channels: tuple[ChannelName, ...]
    skips: bool
    fingerprinted: bool
    tell: Callable[[Telling], Awaitable[None]]


STORIES: dict[str, RecordedStory] = {}
Tell = Callable[[Telling], Awaitable[None]]


def story(*channels: ChannelName, skips: bool = False, slow: bool = False) -> Callable[[Tell], Tell]:
    """Put a story on the list, under its function's name."""

    def listed(tell: Tell) -> Tell:
        STORIES[tell.__name__] = RecordedStory(tell.__name__, channels, skips, len(channels) == 1 and not slow, tell)
        return tell

    return listed


@story(B)
async def immediate(told: Telling) -> None:
    async with told.world.worker():
        await told.finish(await told.submit(), "1/1 published")


@story(B, IG)
async def immediate_on_two_channels(told: Telling) -> None:
    async with told.world.worker():
        await told.finish(await told.submit(), "2/2 published")


@story(B, skips=True)
async def scheduled(told: Telling) -> None:
    content_id = await told.submit(timedelta(days=3))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def prepared_with_polling(told: Telling) -> None:
    told.world.channels[B].prepare_plan.extend([Pending(after=timedelta(seconds=30))] * 2)
    content_id = await told.submit(timedelta(hours=2), lead=600)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, IG, skips=True)
async def prepared_on_two_channels(told: Telling) -> None:
    told.world.channels[IG].prepare_plan.append(not_sent())
    content_id = await told.submit(timedelta(hours=2), lead=600)
    async with told.world.worker():
        await told.finish(content_id, "2/2 published")


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


@story(B, skips=True)
async def lost_answer_found_by_looking(told: Telling) -> None:
    told.world.channels[B].plan.append("lost")
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def proven_absent_and_sent_again(told: Telling) -> None:
    told.world.channels[B].plan.append("refused-silently")
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def held_then_published(told: Telling) -> None:
    told.world.channels[B].plan.append(not_sent(Reason.RATE_LIMITED, timedelta(minutes=20)))
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def not_sent_four_times_then_held(told: Telling) -> None:
    told.world.channels[B].plan.extend(not_sent() for _ in range(5))
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


@story(B, skips=True)
async def dead_token_until_publish_by(told: Telling) -> None:
    told.world.channels[B].plan.append(not_sent(Reason.TOKEN_REVOKED))
    content_id = await told.submit(timedelta(hours=1), window=3)
    async with told.world.worker():
        await told.finish(content_id, "0/1 published; failed: bluesky")


@story(B, skips=True)
async def unconfirmed_until_publish_by(told: Telling) -> None:
    told.world.channels[B].plan.append("lost")
    told.world.channels[B].blind = True
    content_id = await told.submit(timedelta(hours=1), window=3)
    async with told.world.worker():
        await told.finish(content_id, "0/1 published; unconfirmed: bluesky")


@story(B, skips=True)
async def pending_then_checked(told: Telling) -> None:
    told.world.channels[B].plan.append("pending")
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")


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
    async def lost(ref: PublicationRef) -> Outcome:
        """The first time as a worker that is gone: no heartbeat, no answer."""
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(3600)
        answer: Outcome = await publish(ref)
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


@story(B, skips=True)
async def redelivered(told: Telling) -> None:
    Postbox(failures=2).serve(told.world)
    await subscribe(told.world, types=[EventType.CONTENT_ACCEPTED])
    content_id = await told.submit(timedelta(hours=1))
    delivery_id = (await deliveries_of(told.world, content_id))[0].id
    async with told.world.worker(), told.world.skip():
        await start_redelivery(told.world.client, told.world.queue, delivery_id=delivery_id)
        handle = told.world.client.get_workflow_handle(f"delivery/{delivery_id}")
        assert "ended after" in str(await handle.result())
        await told.keep_run(handle)


@story(B)
async def no_such_content(told: Telling) -> None:
    async with told.world.worker():
        await told.finish("cnt_01jdq5k1rreb1vkz7vv9f0v6gw", "there is no such content")
