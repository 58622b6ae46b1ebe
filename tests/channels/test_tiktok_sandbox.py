"""Posts at the emulated TikTok: chunks, pulls, photos, the creator's settings, and failures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.connected import film, jpeg, new
from tests.channels.making import error_of, image, video
from tests.channels.sandbox import Acme, acme_at, draft
from tests.channels.servers import MediaSite, Oracle
from tests.support.waiting import wait_until

CHANNEL = "tiktok"
FILM = film(360, 640, 3)
PUBLIC = {"privacyLevel": "PUBLIC_TO_EVERYONE"}


def clip(acme: Acme, text: str = "Waves", **options: Any) -> PublicationDraft:
    return draft(acme, "file", text, options=options)


def photos(acme: Acme, **options: Any) -> PublicationDraft:
    acme.put(med_0=jpeg(), med_1=jpeg(400, 320, "red", "WEBP"))
    return new("Two photos", media=(image(0), image(1, mime_type="image/webp")), options={**PUBLIC, **options})


async def test_a_file_is_uploaded_in_chunks_and_public_with_the_last(acme: Acme) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    upload = Prepared.model_validate(saved.kept.state).upload
    assert upload is not None
    assert (upload.chunks, acme.posts, await acme.find(given, saved)) == (5, [], Absent(by_key=True))
    done = await acme.finish(given, saved)
    (live,) = acme.posts
    assert [(media["mimeType"], media["width"]) for media in live["media"]] == [("video/mp4", 360)]
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(live["media"][0]["url"])).content == FILM
        permalink = await browser.get(done.url or "")
    assert permalink.headers["location"].endswith(f"?post={done.post_id}")


async def test_a_small_file_is_one_chunk(oracle: Oracle, site: MediaSite) -> None:
    async with acme_at("tiktok", oracle, site, chunk_bytes=10_000_000) as acme:
        acme.set("limits", 5_000_000, "minChunkBytes")
        await acme.post(clip(acme))
        assert len(acme.posts) == 1
        assert [call["operation"] for call in acme.calls("upload_chunk", "upload_last_chunk")] == ["upload_last_chunk"]


async def test_a_video_is_pulled_and_photos_keep_their_order_title_and_description(acme: Acme) -> None:
    pulled = await acme.post(clip(acme, mode="pull"))
    assert (acme.posts[0]["id"], acme.posts[0]["raw"]["source"]) == (pulled.post_id, "PULL_FROM_URL")
    done = await acme.post(photos(acme, title="Title", photoCoverIndex=1, autoAddMusic=True, aigc=True))
    live = acme.posts[1]
    assert (live["id"], live["text"], live["kind"]) == (done.post_id, "Title\nTwo photos", "photo")
    assert [media["mimeType"] for media in live["media"]] == ["image/jpeg", "image/webp"]
    assert live["url"] == done.url
    assert f"/@acme/photo/{done.post_id}" in live["url"]


async def test_an_import_reads_the_creators_options(acme: Acme) -> None:
    info = acme.account.facts["creator_info"]
    assert info["privacy_level_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (acme.account.handle, info["max_video_post_duration_sec"]) == ("acme", 600)
    (missing,) = acme.channel.validate(new("x", media=(video(),)), acme.account)
    assert (missing.code, missing.pointer) == ("MISSING_FIELD", "/options/privacyLevel")


@pytest.mark.parametrize(("status", "level"), [("active", "PUBLIC_TO_EVERYONE"), ("private", "MUTUAL_FOLLOW_FRIENDS")])
async def test_an_unaudited_app_posts_privately_only(acme: Acme, status: str, level: str) -> None:
    profile = f"/profiles/tiktok/{acme.account.external_id}"
    acme.oracle.call("PATCH", profile, status=status)
    acme.set("switches", True, "unaudited")
    error = await acme.failure(clip(acme, privacyLevel=level))
    assert (error.reason, error.effect, acme.posts) == (Reason.APP_NOT_APPROVED, Effect.REJECTED, [])
    acme.oracle.call("PATCH", profile, status="private")
    done = await acme.post(clip(acme, privacyLevel="SELF_ONLY"))
    assert (done.post_id, [one.code for one in done.warnings]) == (None, ["POST_ID_PENDING"])
    assert len(acme.posts) == 1


async def test_media_at_an_unverified_domain_are_refused(acme: Acme) -> None:
    acme.set("switches", False, "urlsVerified")
    for given in (clip(acme, mode="pull"), photos(acme)):
        await acme.failure(given, reason=Reason.MEDIA_DOMAIN_UNVERIFIED, effect=Effect.REJECTED)


ACCEPTED = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body", "live_but_error"]


@pytest.mark.parametrize("mode", ACCEPTED)
@pytest.mark.parametrize("kind", ["init_pull", "init_photo"])
async def test_a_pull_accepted_but_unanswered_stays_unknown(acme: Acme, kind: str, mode: str) -> None:
    given, saved = (clip(acme, mode="pull") if kind == "init_pull" else photos(acme)), Saved()
    await acme.prepare(given, saved)
    acme.plant(kind, mode)
    assert (await error_of(acme.send(given, saved))).effect is Effect.UNKNOWN
    assert isinstance(await acme.find(given, saved), Unknown)
    await wait_until(lambda: acme.posts, within=10)
    assert len(acme.posts) == 1


@pytest.mark.parametrize(
    "fail_reason", ["spam_risk", "spam_risk_text", "auth_removed", "internal", "publish_cancelled"]
)
async def test_a_post_that_tiktok_fails_can_be_retried(acme: Acme, fail_reason: str) -> None:
    given, saved = clip(acme, f"Waves [fail:{fail_reason}]"), Saved()
    error = await acme.failure(given, saved)
    assert (error.effect, error.provider_code) == (Effect.REJECTED, fail_reason)
    retried = given.model_copy(update={"due_at": datetime.now(UTC), "text": "Waves"})
    assert (await error_of(acme.send(retried, saved))).effect is Effect.NOT_SENT
    await acme.post(retried, saved)
    assert len(acme.posts) == 1


async def test_a_post_is_live_before_its_id_is_known(acme: Acme) -> None:
    acme.set("delays", 600, "moderation")
    given, saved = clip(acme), Saved()
    first = await acme.post(given, saved)
    assert (first.post_id, [one.code for one in first.warnings]) == (None, ["POST_ID_PENDING"])
    acme.oracle.call("POST", "/clock", advanceSeconds=601)
    later = await acme.find(given, saved)
    assert isinstance(later, Published)
    assert later.post_id == acme.posts[0]["id"]
