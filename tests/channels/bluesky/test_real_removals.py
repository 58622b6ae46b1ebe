"""A post is taken back at the reference PDS: with its gates, once, and never another one at the same key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import Published
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.ports import Attempt
from tests.channels.bluesky.real import Real
from tests.channels.bluesky.real import alice as alice  # fixtures
from tests.channels.bluesky.real import line as line
from tests.channels.bluesky.real import real as real
from tests.channels.calls import NOW, GateThatCounts, Saved
from tests.channels.connected import new as post

GATED = {"replyControl": ["mentioned"], "quotesAllowed": False}


def objects(found: Published) -> list[PostedObject]:
    return [PostedObject(id=one.id, version=one.version) for one in found.made]


async def remove(real: Real, who: ConnectedAccount, one: PostedObject) -> None:
    attempt = Attempt("att_1", 1, NOW, NOW + timedelta(seconds=30), deadline=GateThatCounts())
    await real.port.channel.withdraw(one, who, attempt)
    assert attempt.passed


async def seen(real: Real, who: ConnectedAccount, found: list[PostedObject]) -> list[Verdict]:
    return [one.verdict for one in await real.port.channel.look(found, who)]


@pytest.mark.parametrize("options", [{}, GATED], ids=["alone", "with gates"])
async def test_all_of_a_post_is_removed(real: Real, alice: ConnectedAccount, options: dict[str, object]) -> None:
    given = post("Taken back", options=options)
    found = objects(await real.publish_as(given, alice))
    assert len(found) == (3 if options else 1)
    assert await seen(real, alice, found) == [Verdict.LIVE] * len(found)
    for one in found:
        await remove(real, alice, one)
    assert await seen(real, alice, found) == [Verdict.GONE] * len(found)
    assert await real.records(given, alice) == {}


async def test_the_objects_are_known_after_a_lost_answer_too(real: Real, alice: ConnectedAccount) -> None:
    given = post("Found again", options=GATED)
    first = objects(await real.publish_as(given, alice))
    found = await real.port.find(given, alice, Saved(), NOW)
    assert isinstance(found, Published)
    again = objects(found)
    assert [one.id for one in again] == [one.id for one in first]
    for one in again:
        await remove(real, alice, one)
    assert await real.records(given, alice) == {}


async def test_a_repetition_has_no_effect_and_says_so(real: Real, alice: ConnectedAccount) -> None:
    (one,) = objects(await real.publish_as(post("Once"), alice))
    await remove(real, alice, one)
    with pytest.raises(ChannelError) as refused:
        await remove(real, alice, one)
    assert refused.value.effect is Effect.UNKNOWN, "only a look shows what that means"


async def test_another_post_at_the_same_key_is_never_removed(real: Real, alice: ConnectedAccount) -> None:
    given = post("The first")
    (first,) = objects(await real.publish_as(given, alice))
    await remove(real, alice, first)
    await real.publish_as(given.model_copy(update={"text": "The second"}), alice)
    with pytest.raises(ChannelError) as refused:
        await remove(real, alice, first)
    assert (refused.value.effect, refused.value.provider_code) == (Effect.REJECTED, "InvalidSwap")
    assert (await real.record(given, alice)).text == "The second"


async def by_itself(real: Real, nsid: str, body: dict[str, str] | None = None) -> None:
    """A call of alice's own, with her password, behind Munadi's back."""
    alice, url = real.pds.accounts[0], f"{real.pds.url}/xrpc"
    login = {"identifier": alice.handle, "password": alice.password}
    session = (await real.client.post(f"{url}/com.atproto.server.createSession", json=login)).json()
    headers = {"authorization": f"Bearer {session['accessJwt']}"}
    answer = await real.client.post(f"{url}/{nsid}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def watch(real: Real, who: ConnectedAccount, found: list[PostedObject]) -> list[Verdict]:
    return [one.verdict for one in await real.port.channel.watch(found, who)]


async def test_a_record_that_was_deleted_behind_our_back_is_gone(real: Real, alice: ConnectedAccount) -> None:
    found = [objects(await real.publish_as(post(f"Watched {number}"), alice))[0] for number in range(4)]
    assert await watch(real, alice, found) == [Verdict.LIVE] * 4
    repo, collection, key = found[1].id.removeprefix("at://").split("/")
    await by_itself(real, "com.atproto.repo.deleteRecord", {"repo": repo, "collection": collection, "rkey": key})
    assert await watch(real, alice, found) == [Verdict.LIVE, Verdict.GONE, Verdict.LIVE, Verdict.LIVE]
    assert await watch(real, alice, found[1:2]) == [Verdict.GONE]


async def test_posts_of_a_deactivated_account_are_never_gone(real: Real, alice: ConnectedAccount) -> None:
    found = [objects(await real.publish_as(post(f"Away {number}"), alice))[0] for number in range(3)]
    await by_itself(real, "com.atproto.server.deactivateAccount", {})
    try:
        with pytest.raises(ChannelError) as refused:
            await watch(real, alice, found)
        assert refused.value.provider_code == "InvalidRequest"
    finally:
        await by_itself(real, "com.atproto.server.activateAccount")
    assert await watch(real, alice, found) == [Verdict.LIVE] * 3
