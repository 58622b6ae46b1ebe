"""Threads' lost answers on the sandbox: whatever is lost, one post is there, and it is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import Absent, Published
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, new
from tests.channels.making import Saved
from tests.channels.test_threads_sandbox import connected_to, finish, posts, refused


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    async with connected_to(oracle, site) as connected:
        yield connected


ACCEPTED = [
    {"mode": "accept_then_reset"},
    {"mode": "accept_then_502"},
    {"mode": "accept_then_504"},
    {"mode": "accept_then_half_body"},
    {"mode": "live_but_error", "error": {"code": 10}, "status": 500},
    {"mode": "live_but_error", "error": {"code": 4, "subcode": 2207051}},
]
accepted = pytest.mark.parametrize("plan", ACCEPTED, ids=lambda plan: str(plan.get("error", plan["mode"])))


@accepted
async def test_accepted_but_unanswered_is_found_and_never_doubled(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    oracle.plant("threads", "threads_publish", **plan)
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    assert (await refused(acme, given, saved)).effect is Effect.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    (post,) = posts(oracle, acme)
    assert (found.post_id, found.url) == (post["id"], post["url"])
    assert (await acme.publish(given, saved)).post_id == post["id"]
    assert len(posts(oracle, acme)) == 1


async def test_an_answer_that_never_comes_is_looked_for(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("threads", "threads_publish", "accept_then_hang")
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await acme.publish(given, saved)
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


@accepted
async def test_a_lost_reply_is_found_and_the_chain_goes_on(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    given, saved = new("one", parts=("two", "three")), Saved()
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    oracle.plant("threads", "threads_publish", **plan)
    with pytest.raises(ChannelError) as caught:
        await finish(acme, given, saved, "part-2")
    assert caught.value.effect is Effect.UNKNOWN
    found = await acme.channel.find(given, acme.account, saved.handle, given.due_at, "part-2")
    assert isinstance(found, Published)
    await finish(acme, given, saved, "part-3")
    _, second, third = posts(oracle, acme)
    assert (second["id"], third["raw"]["reply_to"]) == (found.post_id, found.post_id)


async def test_a_lost_post_is_found_again_by_its_first_reply(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("threads", "threads_publish", "accept_then_reset")
    given, saved = new("one", first_comment="by the way"), Saved()
    await acme.prepare(given, saved)
    await refused(acme, given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    await finish(acme, given, saved, "comment")
    root, reply = posts(oracle, acme)
    assert reply["raw"]["reply_to"] == root["id"]


@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "reset"},
        {"mode": "error", "error": {"code": 2}},
        {"mode": "error", "error": {"code": 10}, "status": 500},
        {"mode": "error", "status": 200, "body": "not json"},
        {"mode": "error", "status": 200, "body": {}},
    ],
    ids=["reset", "code 2", "code 10", "a proxy", "no id"],
)
async def test_lost_without_effect_the_same_container_goes_out(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    oracle.plant("threads", "threads_publish", **plan)
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    assert (await refused(acme, given, saved)).effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_the_race_after_finished_is_no_failure(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="threads", kind="race", seconds=60)
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    error = await refused(acme, given, saved)
    assert (error.provider_code, error.effect) == ("24/4279009", Effect.NOT_SENT)
    oracle.call("POST", "/clock", advanceSeconds=61)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_two_live_posts_alike_are_not_told_apart(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("threads", "threads_publish", "accept_then_reset")
    twin, given, saved = new("Hello"), new("Hello"), Saved()
    await acme.prepare(given, saved)
    await refused(acme, given, saved)
    await acme.post(twin)
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (found.post_id, [warning.code for warning in found.warnings]) == (None, ["POST_ID_PENDING"])
