"""A post that the network accepted and then gave up is sent again; other errors of a check never send anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import PublicationStatus
from tests.workflows.network import dropped, not_sent
from tests.workflows.test_publish_content import ahead, finish
from tests.workflows.world import World

B = ChannelName.BLUESKY
S = PublicationStatus


@pytest.mark.parametrize("leads", [True, False], ids=["prepared", "nothing to prepare"])
async def test_a_post_that_the_network_dropped_is_prepared_and_sent_again_after_a_wait(
    skipping: World, leads: bool
) -> None:
    channel = skipping.channels[B]
    channel.leads = leads
    channel.plan.extend(["dropped", "dropped", "pending"])
    content_id = await skipping.submit(ahead(seconds=1), lead=600 if leads else 0)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert len(channel.posts) == 1
    names = [name for name, _ in channel.calls if name != "prepare"]
    assert names == ["publish", "check"] * 3
    assert channel.count("prepare") == (3 if leads else 0)
    row = (await skipping.publications(content_id))[B]
    assert (row.hold_reason, row.failure) == (None, None)
    first, second, last = await skipping.attempts(row.id)
    assert [(each.outcome, each.is_open, each.provider_code) for each in (first, second)] == [
        ("not_sent", False, "pull_failed")
    ] * 2
    assert (last.outcome, last.is_open) == ("sent", False)
    assert first.ended_at is not None
    assert second.intent_at - first.ended_at >= timedelta(minutes=1)
    held = [event for event in await skipping.events(content_id) if event.type == "content.publish.held"]
    assert [event.reason for event in held] == ["OUTAGE"] * 2


async def test_a_post_that_is_dropped_until_publish_by_fails_with_the_reason(skipping: World) -> None:
    skipping.channels[B].plan.extend(["dropped"] * 100)
    content_id = await skipping.submit(ahead(seconds=1), window=timedelta(minutes=10))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert (row.status, (row.failure or {})["reason"]) == (S.FAILED, "MEDIA_UNREACHABLE")
    assert skipping.channels[B].posts == []


async def test_a_post_that_is_dropped_for_good_fails(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.plan.append("pending")
    final = dropped()
    final.effect = Effect.REJECTED
    channel.check_plan.append(final)
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        await finish(skipping, content_id)
    row = (await skipping.publications(content_id))[B]
    assert (row.status, (row.failure or {})["reason"]) == (S.FAILED, "MEDIA_UNREACHABLE")
    assert channel.count("publish") == 1


async def test_a_read_that_says_not_sent_never_sends_a_post_again(skipping: World) -> None:
    """The effect of a read's error is about the read. Only PostDropped is about the post."""
    channel = skipping.channels[B]
    channel.plan.append("pending")
    channel.check_plan.extend([not_sent(), not_sent(Reason.MEDIA_UNREACHABLE)])
    content_id = await skipping.submit(ahead(seconds=1))
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert (channel.count("publish"), channel.count("check")) == (1, 3)


async def test_a_preparation_that_has_to_wait_long_is_held_where_everybody_sees_it(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.leads = True
    channel.prepare_plan.extend([not_sent(Reason.MEDIA_UNREACHABLE, timedelta(seconds=wait)) for wait in (10, 30, 60)])
    content_id = await skipping.submit(ahead(seconds=1), lead=600)
    async with skipping.worker():
        assert await finish(skipping, content_id) == "2/2 published"
    assert channel.count("prepare") == 4
    held = [event for event in await skipping.events(content_id) if event.type == "content.publish.held"]
    assert len(held) == 1
