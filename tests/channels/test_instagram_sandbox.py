"""Instagram on the sandbox: media are really fetched and judged, and the oracle counts what went out."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, mp4, new
from tests.channels.making import Saved, image, video


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    profile = oracle.call("POST", "/profiles", channel="instagram", name="acme")
    settings = {"hosts": {"graph": f"{oracle.url}/instagram/graph"}, "version": "v26.0", "poll_quick": 0.02}
    async with httpx.AsyncClient() as client:
        connected = Connected("instagram", settings, client)
        connected.media.base = site.url
        site.files["/med_0"] = jpeg()
        given = AccountImport(external_id=profile["externalId"], access_token=SecretStr(profile["accessToken"]))
        await connected.connect(given)
        yield connected


def photo(text: str = "Hello", **fields: Any) -> PublicationDraft:
    return new(text, media=(image(alt="Teal"),), **fields)


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


async def failure(connected: Connected, given: PublicationDraft) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await connected.post(given)
    return caught.value


async def test_an_image_with_its_alt_text(oracle: Oracle, acme: Connected) -> None:
    assert acme.account.facts["account_type"] == "BUSINESS"
    found = await acme.post(photo())
    (post,) = posts(oracle, acme)
    assert (post["id"], post["url"], post["text"]) == (found.post_id, found.url, "Hello")
    assert [media["alt"] for media in post["media"]] == ["Teal"]
    assert found.published_at is not None


async def test_a_days_posts_are_used_up(oracle: Oracle, acme: Connected) -> None:
    assert acme.account.facts["quota"] == {"used": 0, "total": 100, "left": 100}
    oracle.call("PUT", "/limits", channel="instagram", kind="postsPerDay", value=1)
    await acme.post(photo())
    error = await failure(acme, photo("One more"))
    assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert (error.retry_after, "1 of 1 posts" in error.message) == (timedelta(hours=1), True)
    given = AccountImport(access_token=acme.account.credentials.access_token)
    assert (await acme.channel.verify(given)).profile.facts["quota"] == {"used": 1, "total": 1, "left": 0}
    assert len(posts(oracle, acme)) == 1


async def test_a_carousel_keeps_its_order(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {"/med_1": mp4(3), "/med_2": jpeg(400, 320, "red")}
    await acme.post(new("Three", media=(image(0), video(1), image(2, alt="Red"))))
    (post,) = posts(oracle, acme)
    assert [media["mimeType"] for media in post["media"]] == ["image/jpeg", "video/mp4", "image/jpeg"]
    assert [media["width"] for media in post["media"]] == [320, 90, 400]


async def test_a_reel_with_its_own_cover(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {"/med_0": jpeg(90, 160, "red"), "/med_1": mp4(3)}
    options = {"coverIndex": 0, "audioName": "Monsoon", "trialGraduation": "MANUAL"}
    await acme.post(new("A reel", media=(image(0), video(1)), options=options))
    (post,) = posts(oracle, acme)
    assert post["raw"]["cover"] == hashlib.sha256(site.files["/med_0"]).hexdigest()
    assert [media["mimeType"] for media in post["media"]] == ["video/mp4"]
    assert post["raw"]["shown"] == {"audio_name": "Monsoon", "trial_params": '{"graduation_strategy": "MANUAL"}'}


async def test_a_cover_that_cannot_be_fetched(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files.clear()
    site.files["/med_0"] = mp4(3)
    error = await failure(acme, new("A reel", media=(video(0), image(1)), options={"coverIndex": 1}))
    assert (error.reason, error.provider_code) == (Reason.MEDIA_UNREACHABLE, "9004/2207052")
    assert posts(oracle, acme) == []


async def test_people_in_a_carousel(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    site.files |= {"/med_1": mp4(3)}
    tags = [{"username": "a", "x": 0.5, "y": 0.5, "mediaIndex": 0}, {"username": "b", "mediaIndex": 1}]
    await acme.post(new("Two", media=(image(0), video(1)), options={"userTags": tags}))
    (post,) = posts(oracle, acme)
    assert post["raw"]["shown"] == {
        "user_tags of 0": '[{"username": "a", "x": 0.5, "y": 0.5}]',
        "user_tags of 1": '[{"username": "b"}]',
    }


@pytest.mark.parametrize(("options", "kind"), [({}, "REELS"), ({"kind": "story"}, "STORY")])
async def test_a_video_is_a_reel_or_a_story(
    oracle: Oracle, acme: Connected, site: MediaSite, options: dict[str, Any], kind: str
) -> None:
    site.files["/med_0"] = mp4(3)
    text = "" if options else "A reel"
    found = await acme.post(new(text, media=(video(),), options=options))
    (post,) = posts(oracle, acme)
    assert post["id"] == found.post_id
    assert post["raw"]["product_type"] == kind


@pytest.mark.parametrize(
    ("content", "asset", "reason", "code"),
    [
        (None, image(), Reason.MEDIA_UNREACHABLE, "9004/2207052"),
        (b"words", image(), Reason.MEDIA_UNREACHABLE, "9004/2207052"),
        (jpeg(400, 100), image(), Reason.MEDIA_VALIDATION_FAILED, "36003/2207009"),
        (jpeg(kind="WEBP"), image(), Reason.MEDIA_VALIDATION_FAILED, "36001/2207005"),
        (mp4(1), video(), Reason.MEDIA_VALIDATION_FAILED, "2207026"),
        (mp4(3, "mpeg4"), video(), Reason.MEDIA_VALIDATION_FAILED, "2207026"),
    ],
    ids=["missing", "words", "ratio", "webp", "short", "codec"],
)
async def test_media_that_the_network_does_not_take(
    oracle: Oracle, acme: Connected, site: MediaSite, content: bytes | None, asset: Any, reason: Reason, code: str
) -> None:
    site.files.clear()
    if content is not None:
        site.files["/med_0"] = content
    error = await failure(acme, new("x", media=(asset,)))
    assert (error.reason, error.provider_code) == (reason, code)
    assert posts(oracle, acme) == []


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"])
async def test_accepted_but_unanswered_is_found_and_never_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    oracle.plant("instagram", "media_publish", mode)
    given, saved = photo(), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    (post,) = posts(oracle, acme)
    assert (found.post_id, found.url) == (post["id"], post["url"])
    assert (await acme.publish(given, saved)).post_id == post["id"]
    assert len(posts(oracle, acme)) == 1


async def test_suspected_spam_may_be_live(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("instagram", "media_publish", "live_but_error", error={"code": 4, "subcode": 2207051})
    given, saved = photo(), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert (caught.value.reason, caught.value.effect) == (Reason.SPAM_BLOCKED, Effect.UNKNOWN)
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "reset"},
        {"mode": "error", "error": {"code": 2}},
        {"mode": "error", "status": 200, "body": "not json"},
        {"mode": "error", "status": 200, "body": {}},
    ],
    ids=["reset", "code 2", "a proxy", "no id"],
)
async def test_lost_without_effect_the_same_container_goes_out(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    oracle.plant("instagram", "media_publish", **plan)
    given, saved = photo(), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_two_live_posts_alike_are_not_told_apart(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("instagram", "media_publish", "accept_then_reset")
    twin, given, saved = photo(), photo(), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(ChannelError):
        await acme.publish(given, saved)
    await acme.post(twin)
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (found.post_id, [warning.code for warning in found.warnings]) == (None, ["POST_ID_PENDING"])


async def test_an_address_that_cannot_be_read_yet_is_filled_in_later(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("instagram", "get_media", "error", error={"code": 100, "subcode": 33})
    given, saved = photo(), Saved()
    await acme.prepare(given, saved)
    found = await acme.publish(given, saved)
    assert (found.url, [warning.code for warning in found.warnings]) == (None, ["PERMALINK_PENDING"])
    later = await acme.channel.check(given, acme.account, saved.handle)
    assert isinstance(later, Published)
    assert later.url == posts(oracle, acme)[0]["url"]


async def test_a_container_is_waited_for(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/delays", channel="instagram", kind="image", seconds=0.3)
    given, saved = photo(), Saved()
    await acme.channel.prepare(given, acme.account, None, saved)
    assert isinstance(await acme.find(given, saved), Unknown)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_an_expired_container_is_replaced(oracle: Oracle, acme: Connected) -> None:
    given, saved = photo(), Saved()
    await acme.channel.prepare(given, acme.account, None, saved)
    oracle.call("POST", "/clock", advanceSeconds=86_400)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_the_days_posts_are_used_up(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/limits", channel="instagram", kind="postsPerDay", value=0)
    error = await failure(acme, photo())
    assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert error.retry_after is not None


@pytest.mark.parametrize("subcode", [458, 460])
async def test_a_withdrawn_grant_was_not_sent(oracle: Oracle, acme: Connected, subcode: int) -> None:
    given, saved = photo(), Saved()
    await acme.prepare(given, saved)
    oracle.call("POST", "/tokens/revoke", channel="instagram", profile=acme.account.external_id, subcode=subcode)
    with pytest.raises(ChannelError) as caught:
        await acme.publish(given, saved)
    assert (caught.value.reason, caught.value.effect) == (Reason.TOKEN_REVOKED, Effect.NOT_SENT)


async def test_an_expired_token_cannot_be_renewed(oracle: Oracle, acme: Connected) -> None:
    oracle.call("POST", "/tokens/expire", channel="instagram", profile=acme.account.external_id)
    error = await failure(acme, photo())
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


async def test_a_refreshed_token_works_and_is_then_too_young(oracle: Oracle, acme: Connected) -> None:
    fresh = await acme.channel.refresh(acme.account)
    assert fresh.access_token != acme.account.credentials.access_token
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(photo())
    assert await acme.channel.refresh(acme.account) == fresh
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize(
    ("status", "reason"), [("restricted", Reason.ACCOUNT_RESTRICTED), ("checkpoint", Reason.LOGIN_CHECKPOINT)]
)
async def test_a_restricted_account_is_told_as_such(
    oracle: Oracle, acme: Connected, status: str, reason: Reason
) -> None:
    oracle.call("PATCH", f"/profiles/instagram/{acme.account.external_id}", status=status)
    assert (await failure(acme, photo())).reason is reason
