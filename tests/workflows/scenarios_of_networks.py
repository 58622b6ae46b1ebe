"""Networks that publish in time, slowly, not at all, or without an answer."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import Pending
from tests.workflows.network import not_sent
from tests.workflows.scenario import IG, B, Recorder, scenario


@scenario(B)
async def immediate(recorder: Recorder) -> None:
    async with recorder.world.worker():
        await recorder.finish(await recorder.submit(), "1/1 published")


@scenario(B, IG)
async def immediate_on_two_channels(recorder: Recorder) -> None:
    async with recorder.world.worker():
        await recorder.finish(await recorder.submit(), "2/2 published")


@scenario(B, skips=True)
async def scheduled(recorder: Recorder) -> None:
    content_id = await recorder.submit(timedelta(days=3))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def prepared_with_polling(recorder: Recorder) -> None:
    recorder.world.channels[B].prepare_plan.extend([Pending(after=timedelta(seconds=30))] * 2)
    content_id = await recorder.submit(timedelta(hours=2), lead=600)
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, IG, skips=True)
async def prepared_on_two_channels(recorder: Recorder) -> None:
    recorder.world.channels[IG].prepare_plan.append(not_sent())
    content_id = await recorder.submit(timedelta(hours=2), lead=600)
    async with recorder.world.worker():
        await recorder.finish(content_id, "2/2 published")


async def finish_in_an_hour(
    recorder: Recorder, *plan: ChannelError | str, window: float = 24, result: str = "1/1 published"
) -> None:
    """Submit a post that is due in an hour. `plan` are the effects of its visible calls."""
    recorder.world.channels[B].plan.extend(plan)
    content_id = await recorder.submit(timedelta(hours=1), window=window)
    async with recorder.world.worker():
        await recorder.finish(content_id, result)


@scenario(B, skips=True)
async def lost_answer_found_by_looking(recorder: Recorder) -> None:
    await finish_in_an_hour(recorder, "lost")


@scenario(B, skips=True)
async def proven_absent_and_sent_again(recorder: Recorder) -> None:
    await finish_in_an_hour(recorder, "refused-silently")


@scenario(B, skips=True)
async def held_then_published(recorder: Recorder) -> None:
    await finish_in_an_hour(recorder, not_sent(Reason.RATE_LIMITED, timedelta(minutes=20)))


@scenario(B, skips=True)
async def not_sent_four_times_then_held(recorder: Recorder) -> None:
    await finish_in_an_hour(recorder, *(not_sent() for _ in range(5)))


@scenario(B, skips=True)
async def dead_token_until_publish_by(recorder: Recorder) -> None:
    dead = not_sent(Reason.TOKEN_REVOKED)
    await finish_in_an_hour(recorder, dead, window=3, result="0/1 published; failed: bluesky")


@scenario(B, skips=True)
async def unconfirmed_until_publish_by(recorder: Recorder) -> None:
    recorder.world.channels[B].blind = True
    await finish_in_an_hour(recorder, "lost", window=3, result="0/1 published; unconfirmed: bluesky")


@scenario(B, skips=True)
async def pending_then_checked(recorder: Recorder) -> None:
    await finish_in_an_hour(recorder, "pending")
