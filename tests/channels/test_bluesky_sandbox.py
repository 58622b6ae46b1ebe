"""Bluesky on the sandbox: what becomes of a post when the network misbehaves. The oracle counts what went out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import AccountImport, LinkCard, PublicationDraft, Stage
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import GateThatCounts, Saved, image

PUT = "com.atproto.repo.putRecord"


@asynccontextmanager
async def connected_to(oracle: Oracle) -> AsyncIterator[Connected]:
    profile = oracle.call("POST", "/profiles", channel="bluesky", name="acme")
    oracle.call("PUT", "/delays", channel="bluesky", kind="video", seconds=0.5)
    settings = {"hosts": {host: f"{oracle.url}/bluesky/{host}" for host in ("entryway", "video", "appview", "plc")}}
    async with httpx.AsyncClient() as client:
        connected = Connected("bluesky", settings, client)
        password = SecretStr(profile["password"])
        await connected.connect(AccountImport(identifier=profile["identifier"], password=password))
        yield connected


@pytest.fixture
async def acme(oracle: Oracle) -> AsyncIterator[Connected]:
    async with connected_to(oracle) as connected:
        yield connected


def posts(oracle: Oracle, connected: Connected) -> list[str]:
    return [post["text"] for post in oracle.posts(connected.account.external_id)]


async def failure(connected: Connected, text: str = "Hello") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await connected.post(new(text))
    return caught.value


async def test_the_entryway_leads_to_the_accounts_own_server(oracle: Oracle, acme: Connected) -> None:
    assert acme.account.service_url == f"{oracle.url}/bluesky/pds"


async def test_everything_at_once(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": jpeg()}
    media = (image(0, alt="Teal", width=320, height=320),)
    found = await acme.post(new("Sale #now with @munadi.bsky.test\n\nhttps://acme.example", media=media))
    (post,) = oracle.posts(acme.account.external_id)
    assert post["id"] == found.post_id
    assert post["text"] == "Sale #now with @munadi.bsky.test\n\nhttps://acme.example"
    assert [one["alt"] for one in post["media"]] == ["Teal"]
    assert len(post["raw"]["value"]["facets"]) == 3


async def test_a_card(oracle: Oracle, acme: Connected) -> None:
    acme.cards.card_of_page = LinkCard("Sale", "All of it", jpeg(), "image/jpeg")
    await acme.post(new("Look", link="https://acme.example"))
    (post,) = oracle.posts(acme.account.external_id)
    assert post["link"] == "https://acme.example"


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"])
async def test_accepted_but_unanswered_is_found_and_never_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    oracle.plant("bluesky", PUT, mode)
    given, saved = new("Once"), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (await acme.publish(given, saved)).post_id == found.post_id
    assert posts(oracle, acme) == ["Once"]


async def test_a_500_after_the_effect_is_looked_up_at_once(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("bluesky", PUT, "live_but_error", error={"error": "InternalServerError"}, status=500)
    found = await acme.post(new("Once"))
    assert found.post_id is not None
    assert posts(oracle, acme) == ["Once"]


@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "reset"},
        {"mode": "error", "status": 502, "body": "<html>"},
        {"mode": "error", "status": 200, "body": "not json"},
        {"mode": "error", "status": 200, "body": {}},
    ],
    ids=["reset", "502", "a proxy", "no uri"],
)
async def test_lost_without_effect_is_absent_and_may_be_sent_again(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    oracle.plant("bluesky", PUT, **plan)
    given, saved = new("Once"), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert posts(oracle, acme) == ["Once"]


async def test_an_expired_token_is_refreshed_and_the_post_goes_out(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/expire", channel="bluesky", profile=acme.account.external_id)
    error = await failure(acme)
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    fresh = await acme.channel.refresh(acme.account)
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(new("Later"))
    assert posts(oracle, acme) == ["Later"]


async def test_a_revoked_app_password_ends_at_the_refresh(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/revoke", channel="bluesky", profile=acme.account.external_id)
    await acme.post(new("Still there until the token expires"))
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize("status", ["takendown", "deactivated", "suspended"])
async def test_a_restricted_account_is_told_as_such(oracle: Oracle, acme: Connected, status: str) -> None:
    oracle.call("PATCH", f"/profiles/bluesky/{acme.account.external_id}", status=status)
    error = await failure(acme)
    assert (error.reason, error.effect) == (Reason.ACCOUNT_RESTRICTED, Effect.REJECTED)


async def test_a_rate_limit_was_not_sent(oracle: Oracle, acme: Connected) -> None:
    oracle.plant(
        "bluesky", PUT, "error", error={"error": "RateLimitExceeded"}, status=429, headers={"retry-after": "9"}
    )
    error = await failure(acme)
    assert (error.reason, error.effect) == (Reason.RATE_LIMITED, Effect.NOT_SENT)
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == 9


async def test_ten_images_with_a_quote(oracle: Oracle, acme: Connected) -> None:
    quoted = await acme.post(new("First"))
    acme.media.files = {f"med_{n}": jpeg(40 + n) for n in range(10)}
    media = tuple(image(n, alt=f"{n}", width=40 + n, height=320) for n in range(10))
    assert quoted.url is not None
    await acme.post(new("Ten", media=media, options={"quote": quoted.url}))
    post = oracle.posts(acme.account.external_id)[1]
    embed = post["raw"]["value"]["embed"]
    assert embed["media"]["$type"] == "app.bsky.embed.gallery"
    assert embed["record"]["record"]["uri"] == quoted.post_id
    assert [one["alt"] for one in post["media"]] == [f"{n}" for n in range(10)]


async def take(acme: Connected, given: PublicationDraft, saved: Saved, stage: str) -> None:
    await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts(), stage))


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "reset"])
async def test_a_thread_whose_answers_are_lost_is_whole_and_never_doubled(
    oracle: Oracle, acme: Connected, mode: str
) -> None:
    given, saved = new("One", parts=("Two", "Three")), Saved()
    for stage in ("post", *acme.channel.stages(given)):
        oracle.plant("bluesky", PUT, mode)
        with pytest.raises(ChannelError) as caught:
            await take(acme, given, saved, stage)
        assert caught.value.effect is Effect.UNKNOWN
        found = await acme.channel.find(given, acme.account, saved.handle, given.due_at, stage)
        assert isinstance(found, Absent if mode == "reset" else Published)
        if isinstance(found, Absent):
            await take(acme, given, saved, stage)
    assert posts(oracle, acme) == ["One", "Two", "Three"]
    assert oracle.posts(acme.account.external_id)[0]["comments"] == ["Two", "Three"]


CLOSED = {"replyControl": ["nobody"], "quotesAllowed": False}


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "live_but_error", "reset"])
async def test_a_post_is_never_without_its_gates_nor_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    refusal = {"error": {"error": "InternalServerError"}, "status": 500} if mode == "live_but_error" else {}
    oracle.plant("bluesky", "com.atproto.repo.applyWrites", mode, **refusal)
    given, saved = new("Once", options=CLOSED), Saved()
    if mode == "live_but_error":
        await acme.publish(given, saved)
    else:
        with pytest.raises(ChannelError) as caught:
            await acme.publish(given, saved)
        assert caught.value.effect is Effect.UNKNOWN
        assert isinstance(await acme.find(given, saved), Absent if mode == "reset" else Published)
        await acme.publish(given, saved)
    (post,) = oracle.posts(acme.account.external_id)
    gates = post["raw"]["gates"]
    assert gates["app.bsky.feed.threadgate"]["allow"] == []
    assert gates["app.bsky.feed.postgate"]["post"] == post["id"]


async def test_each_post_of_a_thread_may_be_closed_to_quotes(oracle: Oracle, acme: Connected) -> None:
    given, saved = new("One", parts=("Two",), options=CLOSED), Saved()
    for stage in ("post", *acme.channel.stages(given)):
        await take(acme, given, saved, stage)
    one, two = oracle.posts(acme.account.external_id)
    assert set(one["raw"]["gates"]) == {"app.bsky.feed.threadgate", "app.bsky.feed.postgate"}
    assert set(two["raw"]["gates"]) == {"app.bsky.feed.postgate"}
