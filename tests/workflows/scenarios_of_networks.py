"""Networks that publish in time, slowly, not at all, or without an answer."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.failure import Reason
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


@scenario(B, skips=True)
async def lost_answer_found_by_looking(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append("lost")
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def proven_absent_and_sent_again(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append("refused-silently")
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def held_then_published(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append(not_sent(Reason.RATE_LIMITED, timedelta(minutes=20)))
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def not_sent_four_times_then_held(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.extend(not_sent() for _ in range(5))
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")


@scenario(B, skips=True)
async def dead_token_until_publish_by(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append(not_sent(Reason.TOKEN_REVOKED))
    content_id = await recorder.submit(timedelta(hours=1), window=3)
    async with recorder.world.worker():
        await recorder.finish(content_id, "0/1 published; failed: bluesky")


@scenario(B, skips=True)
async def unconfirmed_until_publish_by(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append("lost")
    recorder.world.channels[B].blind = True
    content_id = await recorder.submit(timedelta(hours=1), window=3)
    async with recorder.world.worker():
        await recorder.finish(content_id, "0/1 published; unconfirmed: bluesky")


@scenario(B, skips=True)
async def pending_then_checked(recorder: Recorder) -> None:
    recorder.world.channels[B].plan.append("pending")
    content_id = await recorder.submit(timedelta(hours=1))
    async with recorder.world.worker():
        await recorder.finish(content_id, "1/1 published")
