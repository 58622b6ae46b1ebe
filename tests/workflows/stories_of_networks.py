"""What networks do: in time, slowly, not at all, without an answer."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.failure import Reason
from munadi.domain.publication import Pending
from tests.workflows.network import not_sent
from tests.workflows.telling import IG, B, Telling, story


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
