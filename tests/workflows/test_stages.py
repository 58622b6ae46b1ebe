"""Later visible steps happen in order, each once, and their failure never fails a live post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.publication import Pending, PublicationStatus, Published
from tests.workflows.network import not_sent, rejected
from tests.workflows.world import World

B, IG = ChannelName.BLUESKY, ChannelName.INSTAGRAM
S = PublicationStatus
PARTS = ("part-2", "part-3")


async def publish(world: World, parts: tuple[str, ...]) -> str:
    content_id = await world.submit(datetime.now(UTC) + timedelta(seconds=1), parts=parts)
    async with world.worker():
        await world.wake(content_id, first=True)
        assert await world.result(content_id) == "2/2 published"
    return content_id


async def test_parts_follow_the_post_in_order(skipping: World) -> None:
    content_id = await publish(skipping, PARTS)
    for name, channel in skipping.channels.items():
        assert [call for call, _ in channel.calls if call != "find"] == ["publish", *PARTS]
        row = (await skipping.publications(content_id))[name]
        assert (row.steps_left, row.warnings, row.status) == ([], [], S.PUBLISHED)
        assert sorted(a.stage for a in await skipping.attempts(row.id)) == ["part-2", "part-3", "post"]


@pytest.mark.parametrize("ending", ["lost", "overtaken"])
async def test_a_part_with_an_unknown_outcome_is_reconciled(skipping: World, ending: str) -> None:
    skipping.channels[B].later_plan.append(ending)
    await publish(skipping, PARTS)
    assert skipping.channels[B].later == list(PARTS)


async def test_a_part_that_never_arrived_is_sent_again(skipping: World) -> None:
    skipping.channels[B].later_plan.append(not_sent(Reason.PROVIDER_OUTAGE))
    await publish(skipping, PARTS)
    assert skipping.channels[B].later == list(PARTS)
    assert skipping.channels[B].count("part-2") == 2


async def test_a_refused_comment_is_a_warning(skipping: World) -> None:
    skipping.channels[B].later_plan.append(rejected())
    content_id = await publish(skipping, ("comment",))
    row = (await skipping.publications(content_id))[B]
    assert row.status == S.PUBLISHED
    assert [warning["code"] for warning in row.warnings] == ["FIRST_COMMENT_FAILED"]
    assert row.incomplete_at is not None, "a person is asked for it"
    assert row.incomplete_because == Reason.CONTENT_POLICY
    assert (await skipping.content(content_id)).status == "published"


async def test_an_incomplete_thread_names_its_missing_part(skipping: World) -> None:
    skipping.channels[B].later_plan.extend(["ok", rejected()])
    content_id = await publish(skipping, PARTS)
    row = (await skipping.publications(content_id))[B]
    assert skipping.channels[B].later == ["part-2"]
    assert [warning["code"] for warning in row.warnings] == ["CHAIN_INCOMPLETE"]
    assert "before part-3" in row.warnings[0]["message"]


async def test_a_lost_part_that_cannot_be_checked_is_given_up_and_never_sent_twice(skipping: World) -> None:
    skipping.channels[B].later_plan.append("lost")
    skipping.channels[B].blind = True
    content_id = await publish(skipping, PARTS)
    row = (await skipping.publications(content_id))[B]
    assert skipping.channels[B].later == ["part-2"]
    assert [warning["code"] for warning in row.warnings] == ["CHAIN_INCOMPLETE"]


async def test_a_run_that_ended_before_the_comment_is_continued(skipping: World) -> None:
    """The worker died after the post was live. The next look sends the comment."""
    content_id = await skipping.submit(datetime.now(UTC) + timedelta(seconds=1), parts=("comment",))
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        await skipping.result(content_id)
    async with skipping.database.write() as session:
        for row in (await skipping.publications(content_id)).values():
            (await session.merge(row)).steps_left = ["comment"]
    async with skipping.worker():
        await skipping.wake(content_id)
        await skipping.result(content_id)
    assert all(channel.later == ["comment", "comment"] for channel in skipping.channels.values())


async def test_a_late_id_is_recorded_with_an_event(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend([Pending(after=timedelta(0)), rejected(), Published(post_id=None)])
    content_id = await publish(skipping, ())
    row = (await skipping.publications(content_id))[B]
    assert (row.provider_post_id, row.warnings, row.next_look_at) == (f"post-{row.id}", [], None)
    assert channel.count("check") == 4
    assert [event.type for event in await skipping.events(content_id)][-2:] == ["content.completed", "content.updated"]


async def test_a_missing_id_is_read_until_the_window_closes(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.plan.append("without-id")
    channel.check_plan.extend(Published(post_id=None) for _ in range(100))
    content_id = await publish(skipping, ())
    row = (await skipping.publications(content_id))[B]
    assert (row.status, row.provider_post_id, row.next_look_at) == (S.PUBLISHED, None, None)
    assert [warning["code"] for warning in row.warnings] == ["POST_ID_PENDING"]
    assert 20 < channel.count("check") < 40
