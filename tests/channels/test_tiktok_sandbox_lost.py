"""TikTok on the sandbox when answers are lost and things expire: one post, found again, never a second one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected
from tests.channels.making import Saved
from tests.channels.tiktok_connected import (
    ACCEPTED,
    acme_connected,
    clip,
    failure,
    found,
    photos,
    post,
    posts,
    pull,
    send,
    settled,
    tried,
)


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    async with acme_connected(oracle, site) as connected:
        yield connected


@pytest.mark.parametrize("mode", ACCEPTED)
async def test_a_last_chunk_accepted_but_unanswered_is_found_and_never_doubled(
    oracle: Oracle, acme: Connected, mode: str
) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("tiktok", "upload_last_chunk", mode)
    outcome = await tried(acme, given, saved)
    if mode == "accept_then_half_body":  # an upload's answer has no body, so half of it is all of it
        assert isinstance(outcome, Pending)
    else:
        assert isinstance(outcome, ChannelError)
        assert outcome.effect is Effect.UNKNOWN
    done = await found(acme, given, saved)
    (live,) = posts(oracle, acme)
    assert (live["id"], live["url"]) == (done.post_id, done.url)
    again = await send(acme, given, saved)
    assert isinstance(again, Published)
    assert again.post_id == done.post_id
    assert len(posts(oracle, acme)) == 1


async def test_a_last_chunk_that_hangs_ends_with_the_deadline_and_is_found(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("tiktok", "upload_last_chunk", "accept_then_hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await send(acme, given, saved)
    assert (await found(acme, given, saved)).post_id == posts(oracle, acme)[0]["id"]


@pytest.mark.parametrize(
    "plan",
    [{"mode": "reset"}, {"mode": "error"}, {"mode": "error", "status": 200, "body": "not json"}],
    ids=["reset", "error", "a proxy"],
)
async def test_a_last_chunk_lost_without_effect_goes_out_by_the_same_handle(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("tiktok", "upload_last_chunk", **plan)
    with pytest.raises(ChannelError) as caught:
        await send(acme, given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await send(acme, given, saved)
    await settled(acme, given, saved)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize("mode", ACCEPTED)
@pytest.mark.parametrize("kind", ["init_pull", "init_photo"])
async def test_a_pull_accepted_but_unanswered_stays_unknown(
    oracle: Oracle, acme: Connected, site: MediaSite, kind: str, mode: str
) -> None:
    given, saved = (pull(site) if kind == "init_pull" else photos(site)), Saved()
    await acme.prepare(given, saved)
    oracle.plant("tiktok", kind, mode)
    with pytest.raises(ChannelError) as caught:
        await send(acme, given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    assert isinstance(await acme.find(given, saved), Unknown)
    for _ in range(300):
        if posts(oracle, acme):
            break
        await asyncio.sleep(0.02)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_504", "reset"])
async def test_a_preparation_that_breaks_goes_on_where_it_was(
    oracle: Oracle, acme: Connected, mode: str, at: int
) -> None:
    given, saved = clip(acme), Saved()
    for _ in range(at):
        oracle.plant("tiktok", "upload_chunk", "delay", delaySeconds=0)
    oracle.plant("tiktok", "upload_chunk", mode)
    with pytest.raises(ChannelError):
        await acme.prepare(given, saved)
    await acme.prepare(given, saved)
    await send(acme, given, saved)
    await settled(acme, given, saved)
    assert len(posts(oracle, acme)) == 1
    assert [call["operation"] for call in oracle.call("GET", "/calls")].count("init_file") == 1


async def test_an_upload_that_expired_is_made_anew(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.call("POST", "/clock", advanceSeconds=3600)  # the network's clock alone
    fresh = await acme.channel.refresh(acme.account)
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    with pytest.raises(ChannelError) as caught:
        await send(acme, given, saved)
    assert (caught.value.effect, caught.value.provider_code) == (Effect.NOT_SENT, "HTTP 403")
    await post(acme, given, saved)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize(
    "fail_reason", ["spam_risk", "spam_risk_text", "auth_removed", "internal", "publish_cancelled"]
)
async def test_a_post_that_tiktok_gives_up_and_a_retry(oracle: Oracle, acme: Connected, fail_reason: str) -> None:
    given, saved = clip(acme, f"Waves [fail:{fail_reason}]"), Saved()
    with pytest.raises(ChannelError) as caught:
        await post(acme, given, saved)
    assert (caught.value.effect, caught.value.provider_code) == (Effect.REJECTED, fail_reason)
    retried = given.model_copy(update={"due_at": datetime.now(UTC), "text": "Waves"})
    with pytest.raises(ChannelError) as caught:
        await send(acme, retried, saved)
    assert caught.value.effect is Effect.NOT_SENT
    await post(acme, retried, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_post_is_live_before_its_id_is_known(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="tiktok", kind="moderation", seconds=600)
    given, saved = clip(acme), Saved()
    first = await post(acme, given, saved)
    assert (first.post_id, [one.code for one in first.warnings]) == (None, ["POST_ID_PENDING"])
    oracle.call("POST", "/clock", advanceSeconds=601)
    later = await acme.find(given, saved)
    assert isinstance(later, Published)
    assert later.post_id == posts(oracle, acme)[0]["id"]


@pytest.mark.parametrize("mode", ["prepare", "publish"])
async def test_an_expired_token_is_renewed_and_the_old_refresh_token_is_dead(
    oracle: Oracle, acme: Connected, site: MediaSite, mode: str
) -> None:
    given, saved = pull(site), Saved()
    if mode == "publish":
        await acme.prepare(given, saved)
    oracle.call("POST", "/tokens/expire", channel="tiktok", profile=acme.account.external_id)
    with pytest.raises(ChannelError) as caught:
        await (send(acme, given, saved) if mode == "publish" else acme.prepare(given, saved))
    assert (caught.value.reason, caught.value.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    stale = acme.account
    fresh = await acme.channel.refresh(stale)
    assert fresh.expires_at is not None
    acme.account = stale.model_copy(update={"credentials": fresh})
    await post(acme, given, saved)
    assert len(posts(oracle, acme)) == 1
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(stale)
    assert caught.value.reason is Reason.TOKEN_REVOKED


async def test_a_withdrawn_grant(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/revoke", channel="tiktok", profile=acme.account.external_id)
    oracle.call("PUT", "/switches", channel="tiktok", kind="oauthErrorsWith200", enabled=True)
    assert (await failure(acme, clip(acme))).reason is Reason.TOKEN_EXPIRED
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


async def test_a_discarded_upload_is_cancelled(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    assert saved.handle is not None
    await acme.channel.discard(acme.account, saved.handle)
    assert await acme.find(given, saved) == Absent()
    with pytest.raises(ChannelError) as caught:
        await send(acme, given, saved)
    assert caught.value.provider_code == "publish_cancelled"
    assert posts(oracle, acme) == []
