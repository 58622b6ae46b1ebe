"""After a restore from a backup, live posts are recorded as published and the rest is sent once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.publishing import ClaimResult
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.restored import mark_restored
from tests.workflows.world import World

B, IG = ChannelName.BLUESKY, ChannelName.INSTAGRAM


async def restored(world: World, parts: tuple[str, ...] = ()) -> str:
    """A post as the backup has it: waiting and due soon."""
    now = datetime.now(UTC)
    content_id = await world.submit(now + timedelta(seconds=1), parts=parts, window=timedelta(hours=6))
    await mark_restored(world.database, now - timedelta(hours=1))
    return content_id


async def make_live(world: World, content_id: str, channel: ChannelName) -> None:
    """Make the post live at the network, as if it was published after the backup."""
    row = (await world.publications(content_id))[channel]
    world.channels[channel].posts.append((row.id, "hello"))


async def test_what_is_live_is_found_and_what_is_not_is_sent_once(skipping: World) -> None:
    content_id = await restored(skipping)
    await make_live(skipping, content_id, B)
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
    assert (skipping.channels[B].count("publish"), skipping.channels[IG].count("publish")) == (0, 1)
    rows = await skipping.publications(content_id)
    assert rows[B].provider_post_id == f"post-{rows[B].id}"
    assert rows[IG].look_since is None


async def test_without_a_check_nothing_is_sent(skipping: World) -> None:
    content_id = await restored(skipping)
    await make_live(skipping, content_id, B)
    for channel in skipping.channels.values():
        channel.blind_looks = 3
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
    assert [event.type for event in await skipping.events(content_id)].count("content.publish.unconfirmed") == 2
    assert (skipping.channels[B].count("publish"), skipping.channels[IG].count("publish")) == (0, 1)


async def test_without_its_handle_an_absence_proves_nothing_where_only_the_handle_finds_a_post(skipping: World) -> None:
    channel = skipping.channels[B]
    channel.spec = channel.spec.model_copy(update={"finds_without_handle": False})
    content_id = await restored(skipping)
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert "unconfirmed: bluesky" in await skipping.result(content_id)
        assert channel.count("publish") == 0
    row = (await skipping.publications(content_id))[B]
    await skipping.change_resolve(content_id, row.id, published=False)
    row = (await skipping.publications(content_id))[B]
    assert (row.status, row.look_since) == ("failed", None)


async def test_a_step_that_was_taken_since_is_not_taken_again(skipping: World) -> None:
    content_id = await restored(skipping, parts=("part-2", "part-3"))
    await make_live(skipping, content_id, B)
    skipping.channels[B].later.append("part-2")
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
    assert skipping.channels[B].later == ["part-2", "part-3"]
    assert skipping.channels[B].count("part-2") == 0


async def test_a_claim_whose_answer_was_lost_checks_before_it_sends(
    skipping: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try claims the post to look first, and its answer never comes. The second finds it claimed."""
    content_id = await restored(skipping)
    await make_live(skipping, content_id, B)
    answered, lost = AttemptStore.claim, set[str]()

    async def lose_the_first(self: AttemptStore, content: str, publication: str, **more: Any) -> ClaimResult | None:
        taken = await answered(self, content, publication, **more)
        if publication not in lost:
            lost.add(publication)
            raise ConnectionError("the answer of the database is lost")
        return taken

    monkeypatch.setattr(AttemptStore, "claim", lose_the_first)
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
    assert len(lost) == 2
    assert (skipping.channels[B].count("publish"), skipping.channels[IG].count("publish")) == (0, 1)
