"""A live post is taken back: each object once, and what is not certain is looked at until it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import Seen, Verdict
from munadi.ports import Channels
from munadi.publishing import changes, ending, withdrawing
from munadi.publishing.content import LockedContent
from tests.support.counting import counted
from tests.workflows.network import not_sent, rejected
from tests.workflows.world import World

B = ChannelName.BLUESKY
EVENTS = {
    "withdrawn": "content.publish.withdrawn",
    "refused": "content.publish.withdrawal_refused",
    "unconfirmed": "content.publish.withdrawal_unconfirmed",
}


async def ask(world: World, content_id: str, name: ChannelName) -> None:
    """Ask for the withdrawal of a live publication, as the API does."""
    async with world.database.write() as session:
        post = await LockedContent.lock(session, content_id, datetime.now(UTC))
        assert post is not None
        row = post.publication(next(one.id for one in post.publications if one.channel == name))
        await withdrawing.request(post, row, world.channels[name].spec.withdrawal)
        await changes.changed(post)
    await world.wake(content_id)


async def grow_old(world: World, content_id: str, age: timedelta) -> None:
    async with world.database.write() as session:
        post = await LockedContent.lock(session, content_id, datetime.now(UTC))
        assert post is not None
        for row in post.publications:
            row.published_at = world.clock.now() - age


async def withdrawn(
    world: World,
    *plan: Any,
    parts: tuple[str, ...] = (),
    sight: Seen | None = None,
    age: timedelta = timedelta(hours=1),
) -> dict[str, Any]:
    """Publish a post, withdraw it at one network, and return what became of the withdrawal."""
    before = counted("munadi_withdrawals_total", channel="bluesky")
    content_id = await world.submit(datetime.now(UTC) + timedelta(seconds=1), parts=parts)
    async with world.worker():
        await world.wake(content_id, first=True)
        assert await world.result(content_id) == "2/2 published"
        await grow_old(world, content_id, age)
        world.channels[B].removal_plan.extend(plan)
        world.channels[B].sight = sight
        await ask(world, content_id, B)
        await world.result(content_id)
    row = (await world.publications(content_id))[B]
    assert row.status == PublicationStatus.PUBLISHED, "that it was live is history"
    assert row.withdrawal is not None
    types = [event.type for event in await world.events(content_id)]
    assert types.count(EVENTS[row.withdrawal["status"]]) == 1
    assert types.count("content.completed") == 1
    assert counted("munadi_withdrawals_total", channel="bluesky") - before == sum(map(types.count, EVENTS.values()))
    assert counted("munadi_withdrawals_total", channel="bluesky", outcome=row.withdrawal["status"]) > 0
    return row.withdrawal


async def test_a_live_post_is_withdrawn_with_all_its_parts(skipping: World) -> None:
    found = await withdrawn(skipping, parts=("part-2", "comment"))
    assert (found["status"], found["confirmedBy"], found["left"]) == ("withdrawn", "look", [])
    network = skipping.channels[B]
    assert [one.partition("-pub")[0] for one in network.removed] == ["post", "part-2", "comment"]
    assert network.count("withdraw") == 3
    assert network.count("look") == 2, "before the requests, and after them"


async def test_a_lost_answer_is_settled_by_looking(skipping: World) -> None:
    found = await withdrawn(skipping, "lost")
    assert (found["status"], found["confirmedBy"]) == ("withdrawn", "look")
    assert skipping.channels[B].count("withdraw") == 1


async def test_what_stays_after_a_lost_answer_is_asked_for_again(skipping: World) -> None:
    found = await withdrawn(skipping, "kept", "kept")
    assert found["status"] == "withdrawn"
    assert skipping.channels[B].count("withdraw") == 3


async def test_five_requests_without_an_effect_are_the_most(skipping: World) -> None:
    found = await withdrawn(skipping, *["kept"] * 9)
    assert (found["status"], found["failure"]["reason"]) == ("refused", "WITHDRAWAL_REFUSED")
    assert len(found["left"]) == 1
    assert skipping.channels[B].count("withdraw") == 5


async def test_a_refusal_ends_it_with_the_networks_words(skipping: World) -> None:
    found = await withdrawn(skipping, rejected(Reason.ROLE_OR_2FA_REQUIRED))
    assert (found["status"], found["failure"]["reason"]) == ("refused", "ROLE_OR_2FA_REQUIRED")
    assert found["failure"]["providerMessage"] == "they said no"
    assert found["left"][0]["url"].startswith("https://n.example/")


async def test_what_was_not_sent_is_sent_later(skipping: World) -> None:
    found = await withdrawn(skipping, not_sent(wait=timedelta(seconds=40)), not_sent())
    assert found["status"] == "withdrawn"
    assert skipping.channels[B].count("withdraw") == 3


async def test_without_a_permission_a_person_is_asked_at_once(skipping: World) -> None:
    found = await withdrawn(skipping, not_sent(Reason.MISSING_SCOPE))
    assert (found["status"], found["failure"]["reason"]) == ("refused", "MISSING_SCOPE")
    assert skipping.channels[B].removed == []


async def test_a_post_that_was_gone_before_is_withdrawn_without_a_request(skipping: World) -> None:
    found = await withdrawn(skipping, sight=Seen(verdict=Verdict.GONE))
    assert found["status"] == "withdrawn"
    assert skipping.channels[B].count("withdraw") == 0
    assert skipping.channels[B].count("look") == 2, "two looks, apart"


async def test_a_post_that_its_network_does_not_show_yet_is_asked_for(real_two: World) -> None:
    # In real time: a clock that skips may make the post old before it is looked at.
    found = await withdrawn(real_two, sight=Seen(verdict=Verdict.GONE), age=timedelta(0))
    assert found["status"] == "withdrawn"
    assert real_two.channels[B].count("withdraw") == 1


async def test_a_network_that_shows_nothing_is_believed(skipping: World) -> None:
    found = await withdrawn(skipping, sight=Seen(verdict=Verdict.UNREADABLE, blind=True))
    assert (found["status"], found["confirmedBy"]) == ("withdrawn", "answer")


async def test_where_nothing_is_ever_shown_the_repetition_is_the_look(skipping: World) -> None:
    found = await withdrawn(skipping, "lost", sight=Seen(verdict=Verdict.UNREADABLE, blind=True))
    assert (found["status"], found["confirmedBy"]) == ("withdrawn", "answer")
    assert skipping.channels[B].count("withdraw") == 2


@pytest.mark.parametrize("answer", ["ok", "lost"])
async def test_what_cannot_be_read_is_unconfirmed_for_a_week(skipping: World, answer: str) -> None:
    found = await withdrawn(skipping, answer, sight=Seen(verdict=Verdict.UNREADABLE, word="503"))
    assert (found["status"], len(found["left"])) == ("unconfirmed", 1)
    assert found["failure"]["retryable"] in ("reconcile", "after_wait")
    assert skipping.channels[B].count("withdraw") == 1
    assert 150 < skipping.channels[B].count("look") < 200


async def test_a_worker_that_died_in_the_request_is_settled_by_looking(skipping: World) -> None:
    skipping.channels[B].hang.clear()
    found = await withdrawn(skipping, ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "dead"), "ok")
    assert found["status"] == "withdrawn"


async def test_a_refused_withdrawal_may_be_asked_for_again(skipping: World) -> None:
    content_id = await skipping.submit(datetime.now(UTC) + timedelta(seconds=1))
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        await skipping.result(content_id)
        skipping.channels[B].removal_plan.append(rejected())
        for status in ("refused", "withdrawn", "withdrawn"):
            await ask(skipping, content_id, B)
            await skipping.result(content_id)
            row = (await skipping.publications(content_id))[B]
            assert row.withdrawal is not None
            assert row.withdrawal["status"] == status
    assert skipping.channels[B].count("withdraw") == 2


async def set_end(world: World, content_id: str, at: datetime | None) -> None:
    """Set the time to end of a live post, as the API does."""
    async with world.database.write() as session:
        post = await LockedContent.lock(session, content_id, world.clock.now())
        assert post is not None
        await ending.set_end(post, at.isoformat() if at is not None else None, Channels(dict(world.channels)))
        await changes.changed(post)
    await world.wake(content_id)


async def test_an_end_is_set_moved_and_removed_while_the_post_is_live(skipping: World) -> None:
    content_id = await skipping.submit(datetime.now(UTC) + timedelta(seconds=1))
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
        await set_end(skipping, content_id, skipping.clock.now() + timedelta(days=3))
        await set_end(skipping, content_id, None)
        assert await skipping.result(content_id) == "2/2 published"
        assert skipping.channels[B].count("withdraw") == 0
        ends_at = skipping.clock.now() + timedelta(days=5)
        await set_end(skipping, content_id, ends_at)
        await skipping.result(content_id)
    for row in (await skipping.publications(content_id)).values():
        assert row.withdrawal is not None
        assert row.withdrawal["status"] == "withdrawn"
        assert datetime.fromisoformat(row.withdrawal["requestedAt"]) >= ends_at


async def test_a_post_ends_by_itself_at_its_time(skipping: World) -> None:
    content_id = await skipping.submit(datetime.now(UTC) + timedelta(seconds=1))
    async with skipping.database.write() as session:
        post = await LockedContent.lock(session, content_id, datetime.now(UTC))
        assert post is not None
        ends_at = post.content.withdraw_at = skipping.clock.now() + timedelta(days=2)
    async with skipping.worker():
        await skipping.wake(content_id, first=True)
        assert await skipping.result(content_id) == "2/2 published"
    for row in (await skipping.publications(content_id)).values():
        assert row.withdrawal is not None
        assert row.withdrawal["status"] == "withdrawn"
        assert datetime.fromisoformat(row.withdrawal["requestedAt"]) >= ends_at
