"""A live post is edited: once, and what is not certain is read until it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.edits import PostEdit
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Says, Shown
from munadi.domain.publication import PublicationStatus
from munadi.publishing import changes, live_editing, withdrawing
from munadi.publishing.content import LockedContent
from tests.support.counting import counted
from tests.workflows.network import not_sent, rejected
from tests.workflows.world import World

B = ChannelName.BLUESKY


async def ask(world: World, content_id: str, text: str) -> None:
    """Ask for an edit of a live publication, as the API does."""
    async with world.database.write() as session:
        post = await LockedContent.lock(session, content_id, datetime.now(UTC))
        assert post is not None
        row = post.publication(next(one.id for one in post.publications if one.channel == B))
        row.published_at = world.clock.now() - timedelta(hours=1)
        draft = live_editing.current_draft(post, row).model_copy(update={"text": text})
        await live_editing.begin(post, row, draft, ("text",))
        await changes.changed(post)
    await world.wake(content_id)


async def live(world: World) -> str:
    content_id = await world.submit(datetime.now(UTC) + timedelta(seconds=1))
    await world.wake(content_id, first=True)
    assert await world.result(content_id) == "2/2 published"
    return content_id


async def shown(world: World, content_id: str) -> list[PostEdit]:
    row = (await world.publications(content_id))[B]
    assert row.status == PublicationStatus.PUBLISHED
    assert row.edit_at is None
    return [one.shown for one in live_editing.edits_of(row)]


async def edited(world: World, *plan: Any, sight: Shown | None = None) -> PostEdit:
    """Publish a post, edit it at one network, and return what became of the edit."""
    before = counted("munadi_live_edits_total", channel="bluesky")
    async with world.worker():
        content_id = await live(world)
        world.channels[B].edit_plan.extend(plan)
        world.channels[B].said_to_be = sight
        await ask(world, content_id, "Corrected")
        await world.result(content_id)
    [found] = await shown(world, content_id)
    events = [one for one in await world.events(content_id) if one.type == "content.publish.edited"]
    assert [one.reason for one in events][-1] == (found.failure.reason if found.failure else None)
    assert counted("munadi_live_edits_total", channel="bluesky") - before == len(events)
    why = found.failure.reason if found.failure else "none"
    assert counted("munadi_live_edits_total", channel="bluesky", outcome=found.status, reason=why) > 0
    return found


async def test_a_live_post_is_edited_once(skipping: World) -> None:
    found = await edited(skipping)
    assert (found.version, found.status, found.text, found.confirmed_by) == (2, "edited", "Corrected", "look")
    network = skipping.channels[B]
    assert [*network.said.values()] == ["Corrected"]
    assert (network.count("edit"), network.count("read")) == (1, 2), "before the request, and after it"


async def test_a_lost_answer_is_settled_by_reading(skipping: World) -> None:
    assert (await edited(skipping, "lost")).status == "edited"
    assert skipping.channels[B].count("edit") == 1


async def test_what_stays_after_a_lost_answer_is_sent_again(skipping: World) -> None:
    assert (await edited(skipping, "kept", "kept")).status == "edited"
    assert skipping.channels[B].count("edit") == 3


async def test_five_requests_without_an_effect_are_the_most(skipping: World) -> None:
    found = await edited(skipping, *["kept"] * 9)
    assert (found.status, found.failure and found.failure.reason) == ("refused", "EDIT_REFUSED")
    assert skipping.channels[B].count("edit") == 5


async def test_a_refusal_ends_it_with_the_networks_words(skipping: World) -> None:
    found = await edited(skipping, rejected(Reason.TEXT_TOO_LONG))
    assert found.failure is not None
    assert (found.status, found.failure.reason, found.failure.provider_message) == (
        "refused",
        "TEXT_TOO_LONG",
        "they said no",
    )


async def test_what_was_not_sent_is_sent_later(skipping: World) -> None:
    assert (await edited(skipping, not_sent(wait=timedelta(seconds=40)), not_sent())).status == "edited"
    assert skipping.channels[B].count("edit") == 3


async def test_without_a_permission_a_person_is_asked_at_once(skipping: World) -> None:
    found = await edited(skipping, not_sent(Reason.MISSING_SCOPE))
    assert (found.status, found.failure and found.failure.reason) == ("refused", "MISSING_SCOPE")


async def test_what_somebody_else_wrote_stays_until_a_person_asks_again(skipping: World) -> None:
    async with skipping.worker():
        content_id = await live(skipping)
        network = skipping.channels[B]
        key = f"post-{(await skipping.publications(content_id))[B].id}"
        network.said[key] = "by somebody else"
        await ask(skipping, content_id, "Corrected")
        await skipping.result(content_id)
        assert network.said[key] == "by somebody else"
        await ask(skipping, content_id, "Corrected")
        await skipping.result(content_id)
    first, second = await shown(skipping, content_id)
    assert (first.status, first.failure and first.failure.reason) == ("refused", "EDIT_CONFLICT")
    assert (second.version, second.status, network.said[key]) == (3, "edited", "Corrected")


async def test_a_change_by_somebody_else_after_a_lost_answer_stays(skipping: World) -> None:
    found = await edited(skipping, "changed")
    assert (found.status, found.failure and found.failure.reason) == ("refused", "EDIT_CONFLICT")
    assert skipping.channels[B].count("edit") == 1


async def test_a_post_that_is_gone_is_not_edited(skipping: World) -> None:
    found = await edited(skipping, sight=Shown(says=Says.GONE))
    assert (found.status, found.failure and found.failure.reason) == ("refused", "EDIT_REFUSED")
    assert skipping.channels[B].count("edit") == 0


async def test_where_nothing_is_ever_shown_the_repetition_is_the_look(skipping: World) -> None:
    found = await edited(skipping, "lost", sight=Shown(says=Says.NOTHING, blind=True))
    assert (found.status, found.confirmed_by) == ("edited", "answer")
    assert skipping.channels[B].count("edit") == 2


async def test_a_lost_answer_that_cannot_be_settled_is_unconfirmed(skipping: World) -> None:
    async with skipping.worker():
        content_id = await live(skipping)
        network = skipping.channels[B]
        network.edit_plan.append("lost")
        network.said_to_be = Shown(says=Says.OLD)
        await ask(skipping, content_id, "Corrected")
        while network.count("edit") == 0:
            async with skipping.skip():
                await skipping.handle(content_id).describe()
        network.said_to_be = Shown(says=Says.NOTHING)
        await skipping.result(content_id)
    [found] = await shown(skipping, content_id)
    assert (found.status, found.failure and found.failure.reason) == ("unconfirmed", "EDIT_UNCONFIRMED")
    assert network.count("edit") == 1


async def test_a_withdrawal_ends_an_edit(skipping: World) -> None:
    network = skipping.channels[B]
    async with skipping.worker():
        content_id = await live(skipping)
        network.edit_plan.append(ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "slow"))
        network.said_to_be = Shown(says=Says.NOTHING)
        await ask(skipping, content_id, "Corrected")
        async with skipping.database.write() as session:
            post = await LockedContent.lock(session, content_id, datetime.now(UTC))
            assert post is not None
            row = post.publication(next(one.id for one in post.publications if one.channel == B))
            await withdrawing.request(post, row, network.spec.withdrawal)
            await changes.changed(post)
        await skipping.wake(content_id)
        await skipping.result(content_id)
    [found] = await shown(skipping, content_id)
    assert found.status == "refused"
    row = (await skipping.publications(content_id))[B]
    assert row.withdrawal is not None
    assert row.withdrawal["status"] == "withdrawn"
    assert not any(one.is_open for one in await skipping.attempts(row.id))


async def test_a_second_edit_follows_the_first(skipping: World) -> None:
    async with skipping.worker():
        content_id = await live(skipping)
        for text in ("Corrected", "Corrected twice"):
            await ask(skipping, content_id, text)
            await skipping.result(content_id)
    found = await shown(skipping, content_id)
    assert [(one.version, one.status, one.text) for one in found] == [
        (2, "edited", "Corrected"),
        (3, "edited", "Corrected twice"),
    ]
