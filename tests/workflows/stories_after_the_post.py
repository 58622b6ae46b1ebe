"""What comes after a post is live: a first comment, the parts of a thread, an id that is told late."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.failure import Reason
from munadi.domain.publication import Pending, Published
from tests.workflows.network import not_sent, rejected
from tests.workflows.telling import IG, B, Telling, story

PARTS = ("part-2", "part-3")
COMMENT = ("comment",)


@story(B)
async def thread_of_three(told: Telling) -> None:
    content_id = await told.submit(parts=PARTS)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert told.world.channels[B].later == list(PARTS)


@story(B, IG)
async def first_comments_on_two_channels(told: Telling) -> None:
    told.world.channels[IG].later_plan.append(rejected())
    content_id = await told.submit(parts=COMMENT)
    async with told.world.worker():
        await told.finish(content_id, "2/2 published")
    assert told.world.channels[B].later == list(COMMENT)


@story(B, skips=True)
async def chain_broken_at_its_third_part(told: Telling) -> None:
    told.world.channels[B].later_plan.extend(["ok", rejected()])
    content_id = await told.submit(timedelta(hours=1), parts=PARTS)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert told.world.channels[B].later == ["part-2"]


@story(B, skips=True)
async def part_sent_again_after_a_wait(told: Telling) -> None:
    told.world.channels[B].later_plan.append(not_sent(Reason.PROVIDER_OUTAGE))
    content_id = await told.submit(timedelta(hours=1), parts=PARTS)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert told.world.channels[B].later == list(PARTS)


@story(B, skips=True)
async def lost_part_found_by_looking(told: Telling) -> None:
    told.world.channels[B].later_plan.append("lost")
    content_id = await told.submit(timedelta(hours=1), parts=PARTS)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert told.world.channels[B].later == list(PARTS)


@story(B)
async def terminated_before_its_comment_and_taken_over(told: Telling) -> None:
    told.world.channels[B].later_plan.append(not_sent(Reason.RATE_LIMITED, timedelta(hours=1)))
    content_id = await told.submit(parts=COMMENT)
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_commands(content_id, "activity finish", "timer")
        await told.world.handle(content_id).terminate("by a test")
        await told.keep(content_id)
        await told.finish(content_id, "1/1 published", first=False)
    assert told.world.channels[B].later == list(COMMENT)


@story(B, skips=True)
async def id_found_by_later_looks(told: Telling) -> None:
    channel = told.world.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend([Pending(after=timedelta(0)), rejected(), Published(post_id=None)])
    content_id = await told.submit(timedelta(hours=1))
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert (await told.world.publications(content_id))[B].provider_post_id is not None


@story(B, skips=True)
async def id_never_told_until_publish_by(told: Telling) -> None:
    channel = told.world.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend(Published(post_id=None) for _ in range(20))
    content_id = await told.submit(timedelta(hours=1), window=3)
    async with told.world.worker():
        await told.finish(content_id, "1/1 published")
    assert (await told.world.publications(content_id))[B].provider_post_id is None


@story(B, IG, skips=True)
async def late_id_beside_a_thread(told: Telling) -> None:
    """One channel's id comes late and its part follows; the other has both at once."""
    told.world.channels[IG].plan.append("without-id")
    content_id = await told.submit(timedelta(hours=1), parts=PARTS[:1])
    async with told.world.worker():
        await told.finish(content_id, "2/2 published")
    assert all(channel.later == ["part-2"] for channel in told.world.channels.values())


@story(B, skips=True)
async def terminated_before_its_id_and_taken_over(told: Telling) -> None:
    told.world.channels[B].plan.append("without-id")
    content_id = await told.submit()
    async with told.world.worker():
        await told.world.wake(content_id, first=True)
        await told.until_commands(content_id, "activity look", "timer")
        await told.world.handle(content_id).terminate("by a test")
        await told.keep(content_id)
        await told.finish(content_id, "1/1 published", first=False)
    assert (await told.world.publications(content_id))[B].provider_post_id is not None
