"""What follows a live post: a first comment, the parts of a thread, an id that the network returns late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import Pending, Published
from tests.workflows.network import not_sent, rejected
from tests.workflows.scenario import IG, B, Recorder, scenario

PARTS = ("part-2", "part-3")
COMMENT = ("comment",)


@scenario(B)
async def thread_of_three(recorder: Recorder) -> None:
    content_id = await recorder.submit(parts=PARTS)
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")
    assert recorder.world.channels[B].later == list(PARTS)


@scenario(B, IG)
async def first_comments_on_two_channels(recorder: Recorder) -> None:
    recorder.world.channels[IG].later_plan.append(rejected())
    content_id = await recorder.submit(parts=COMMENT)
    async with recorder.world.worker():
        await recorder.finish(content_id, "2/2 published")
    assert recorder.world.channels[B].later == list(COMMENT)


async def thread_in_an_hour(recorder: Recorder, *later_plan: ChannelError | str, sent: Sequence[str] = PARTS) -> None:
    """A thread that is due in an hour. `later_plan` are the effects of its parts, `sent` the parts that are live."""
    recorder.world.channels[B].later_plan.extend(later_plan)
    content_id = await recorder.submit(timedelta(hours=1), parts=PARTS)
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")
    assert recorder.world.channels[B].later == list(sent)


@scenario(B, skips=True)
async def chain_broken_at_its_third_part(recorder: Recorder) -> None:
    await thread_in_an_hour(recorder, "ok", rejected(), sent=PARTS[:1])


@scenario(B, skips=True)
async def part_sent_again_after_a_wait(recorder: Recorder) -> None:
    await thread_in_an_hour(recorder, not_sent(Reason.PROVIDER_OUTAGE))


@scenario(B, skips=True)
async def lost_part_found_by_looking(recorder: Recorder) -> None:
    await thread_in_an_hour(recorder, "lost")


@scenario(B)
async def terminated_before_its_comment_and_taken_over(recorder: Recorder) -> None:
    recorder.world.channels[B].later_plan.append(not_sent(Reason.RATE_LIMITED, timedelta(hours=1)))
    content_id = await recorder.submit(parts=COMMENT)
    await recorder.take_over(content_id, "activity finish", "timer")
    assert recorder.world.channels[B].later == list(COMMENT)


@scenario(B, skips=True)
async def id_found_by_later_looks(recorder: Recorder) -> None:
    channel = recorder.world.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend([Pending(after=timedelta(0)), rejected(), Published(post_id=None)])
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")
    assert (await recorder.world.publications(content_id))[B].provider_post_id is not None


@scenario(B, skips=True)
async def id_never_told_until_publish_by(recorder: Recorder) -> None:
    channel = recorder.world.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend(Published(post_id=None) for _ in range(20))
    content_id = await recorder.submit(timedelta(hours=1), window=3)
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")
    assert (await recorder.world.publications(content_id))[B].provider_post_id is None


@scenario(B, IG, skips=True)
async def late_id_beside_a_thread(recorder: Recorder) -> None:
    """One channel returns its id late, and its part follows. The other has both at once."""
    recorder.world.channels[IG].plan.append("without-id")
    content_id = await recorder.submit(timedelta(hours=1), parts=PARTS[:1])
    async with recorder.world.worker():
        await recorder.finish(content_id, "2/2 published")
    assert all(channel.later == ["part-2"] for channel in recorder.world.channels.values())


@scenario(B, skips=True)
async def terminated_before_its_id_and_taken_over(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append("without-id")
    content_id = await recorder.submit()
    await recorder.take_over(content_id, "activity look", "timer")
    assert (await recorder.world.publications(content_id))[B].provider_post_id is not None
