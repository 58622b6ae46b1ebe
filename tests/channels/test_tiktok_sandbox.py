"""TikTok on the sandbox, over real sockets: bytes are really received and judged, and the oracle counts posts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, new
from tests.channels.making import Saved, video
from tests.channels.tiktok_connected import (
    PUBLIC,
    acme_connected,
    clip,
    failure,
    film,
    photos,
    post,
    posts,
    pull,
    send,
    settled,
)


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    async with acme_connected(oracle, site) as connected:
        yield connected


async def test_a_file_is_uploaded_in_chunks_and_public_with_the_last(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    assert saved.handle is not None
    upload = Prepared.model_validate(saved.handle.state).upload
    assert upload is not None
    assert upload.chunks == 5
    assert posts(oracle, acme) == []
    assert await acme.find(given, saved) == Absent()
    await send(acme, given, saved)
    done = await settled(acme, given, saved)
    (live,) = posts(oracle, acme)
    assert (live["id"], live["url"], live["text"], live["kind"]) == (done.post_id, done.url, "Waves", "video")
    assert [(media["mimeType"], media["width"]) for media in live["media"]] == [("video/mp4", 360)]
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(live["media"][0]["url"])).content == film()
        permalink = await browser.get(done.url or "")
    assert permalink.headers["location"].endswith(f"?post={done.post_id}")


async def test_a_small_file_is_one_chunk(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/limits", channel="tiktok", kind="minChunkBytes", value=5_000_000)
    acme.channel.publisher._settings.chunk_bytes = 10_000_000  # type: ignore[attr-defined]
    await post(acme, clip(acme))
    assert len(posts(oracle, acme)) == 1
    assert [call["operation"] for call in oracle.call("GET", "/calls") if "upload" in call["operation"]] == [
        "upload_last_chunk"
    ]


async def test_a_video_is_pulled(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    done = await post(acme, pull(site))
    (live,) = posts(oracle, acme)
    assert (live["id"], live["raw"]["source"]) == (done.post_id, "PULL_FROM_URL")


async def test_photos_keep_their_order_title_and_description(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    done = await post(acme, photos(site, title="Title", photoCoverIndex=1, autoAddMusic=True, aigc=True))
    (live,) = posts(oracle, acme)
    assert (live["id"], live["text"], live["kind"]) == (done.post_id, "Title\nTwo photos", "photo")
    assert [media["mimeType"] for media in live["media"]] == ["image/jpeg", "image/webp"]
    assert live["url"] == done.url
    assert f"/@acme/photo/{done.post_id}" in live["url"]


async def test_verify_brings_the_creators_options(oracle: Oracle, acme: Connected) -> None:
    info = acme.account.facts["creator_info"]
    assert info["privacy_level_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (acme.account.handle, info["max_video_post_duration_sec"]) == ("acme", 600)
    (missing,) = acme.channel.validate(new("x", media=(video(),)), acme.account)
    assert (missing.code, missing.pointer) == ("MISSING_FIELD", "/options/privacyLevel")


@pytest.mark.parametrize(
    ("body", "reason", "code"),
    [
        (b"no video at all" * 300, Reason.MEDIA_VALIDATION_FAILED, "file_format_check_failed"),
        (film(codec="mpeg4"), Reason.MEDIA_VALIDATION_FAILED, "file_format_check_failed"),
        (film(1), Reason.MEDIA_VALIDATION_FAILED, "duration_check_failed"),
        (film(3, rate=10), Reason.MEDIA_VALIDATION_FAILED, "frame_rate_check_failed"),
        (film(3, 358, 640), Reason.MEDIA_VALIDATION_FAILED, "picture_size_check_failed"),
    ],
    ids=["words", "codec", "short", "slow", "small"],
)
async def test_a_video_that_tiktok_does_not_take(
    oracle: Oracle, acme: Connected, site: MediaSite, body: bytes, reason: Reason, code: str
) -> None:
    for given in (clip(acme, body=body), pull(site, body=body)):
        error = await failure(acme, given)
        assert (error.reason, error.effect, error.provider_code) == (reason, Effect.REJECTED, code)
    assert posts(oracle, acme) == []


async def test_media_that_cannot_be_pulled(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    for given, code in ((pull(site), "video_pull_failed"), (photos(site), "photo_pull_failed")):
        site.files.clear()
        error = await failure(acme, given)
        assert (error.reason, error.provider_code) == (Reason.MEDIA_UNREACHABLE, code)


@pytest.mark.parametrize(
    ("status", "switch", "options", "reason"),
    [
        ("private", None, PUBLIC, Reason.INVALID_FIELD),
        ("banned", None, PUBLIC, Reason.ACCOUNT_RESTRICTED),
        ("active", "unaudited", PUBLIC, Reason.APP_NOT_APPROVED),
        ("private", "unaudited", {"privacyLevel": "MUTUAL_FOLLOW_FRIENDS"}, Reason.APP_NOT_APPROVED),
    ],
    ids=["private", "banned", "unaudited", "friends"],
)
async def test_what_a_creator_or_an_app_may_not(
    oracle: Oracle, acme: Connected, status: str, switch: str | None, options: dict[str, Any], reason: Reason
) -> None:
    oracle.call("PATCH", f"/profiles/tiktok/{acme.account.external_id}", status=status)
    if switch:
        oracle.call("PUT", "/switches", channel="tiktok", kind=switch, enabled=True)
    error = await failure(acme, clip(acme, **options))
    assert (error.reason, error.effect) == (reason, Effect.REJECTED)
    assert posts(oracle, acme) == []


async def test_an_unaudited_app_posts_privately_and_gets_no_id(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PATCH", f"/profiles/tiktok/{acme.account.external_id}", status="private")
    oracle.call("PUT", "/switches", channel="tiktok", kind="unaudited", enabled=True)
    done = await post(acme, clip(acme, privacyLevel="SELF_ONLY"))
    assert (done.post_id, [one.code for one in done.warnings]) == (None, ["POST_ID_PENDING"])
    assert len(posts(oracle, acme)) == 1


async def test_what_the_creator_disabled_is_sent_disabled(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    for name in ("comment", "duet", "stitch"):
        oracle.call("PUT", "/switches", channel="tiktok", kind=f"{name}Disabled", enabled=True)
    await post(acme, clip(acme))
    await post(acme, photos(site))
    infos = [one["raw"]["info"] for one in posts(oracle, acme)]
    assert [info["disable_comment"] for info in infos] == [True, True]
    assert (infos[0]["disable_duet"], infos[0]["disable_stitch"]) == (True, True)


async def test_a_creators_own_limit_is_obeyed_before_anything_is_uploaded(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/limits", channel="tiktok", kind="maxVideoSeconds", value=9)
    assert (await failure(acme, clip(acme))).reason is Reason.MEDIA_VALIDATION_FAILED
    assert "init_file" not in [call["operation"] for call in oracle.call("GET", "/calls")]


async def test_an_unverified_domain(oracle: Oracle, acme: Connected, site: MediaSite) -> None:
    oracle.call("PUT", "/switches", channel="tiktok", kind="urlsVerified", enabled=False)
    for given in (pull(site), photos(site)):
        error = await failure(acme, given)
        assert (error.reason, error.effect) == (Reason.MEDIA_DOMAIN_UNVERIFIED, Effect.REJECTED)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("postsPerDay", Reason.DAILY_CAP_REACHED),
        ("activeUsersPerDay", Reason.QUOTA_EXCEEDED),
        ("creatorInfoPerMinute", Reason.RATE_LIMITED),
        ("initPerMinute", Reason.RATE_LIMITED),
    ],
)
async def test_limits_are_waited_for(oracle: Oracle, acme: Connected, limit: str, reason: Reason) -> None:
    oracle.call("PUT", "/limits", channel="tiktok", kind=limit, value=0)
    error = await failure(acme, clip(acme))
    assert (error.reason, error.effect) == (reason, Effect.NOT_SENT)
    assert error.retry_after is not None
