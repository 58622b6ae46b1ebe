"""Videos on the sandbox: at once, in parts, with captions, as a GIF, and what becomes of them when answers are lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import PublicationDraft
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, moving, mp4, new
from tests.channels.making import Saved, image, video
from tests.channels.test_bluesky_sandbox import connected_to, posts

FILM = mp4(1)


@pytest.fixture
async def acme(oracle: Oracle) -> AsyncIterator[Connected]:
    async with connected_to(oracle) as connected:
        yield connected


def film(text: str = "Look") -> PublicationDraft:
    return new(text, media=(video(bytes=len(FILM), alt="Rain"),))


async def test_a_video(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": FILM}
    found = await acme.post(film())
    (post,) = oracle.posts(acme.account.external_id)
    assert (post["id"], post["kind"], post["media"][0]["alt"]) == (found.post_id, "video", "Rain")
    uploads = [call for call in oracle.call("GET", "/calls") if call["operation"] == "app.bsky.video.uploadVideo"]
    assert [call["status"] for call in uploads] == [200]
    await acme.post(film("The same again"))
    assert posts(oracle, acme) == ["Look", "The same again"]


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502"])
async def test_an_upload_whose_answer_was_lost_is_found_again(oracle: Oracle, acme: Connected, mode: str) -> None:
    acme.media.files = {"med_0": FILM}
    oracle.plant("bluesky", "app.bsky.video.uploadVideo", mode)
    given, saved = film(), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.prepare(given, saved)
    assert caught.value.effect is Effect.UNKNOWN
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert posts(oracle, acme) == ["Look"]


@pytest.mark.parametrize(
    ("code", "reason", "effect"),
    [
        ("encoding_failure", Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED),
        ("pds_upload_failure", Reason.PROVIDER_OUTAGE, Effect.NOT_SENT),
    ],
)
async def test_a_job_that_fails(oracle: Oracle, acme: Connected, code: str, reason: Reason, effect: Effect) -> None:
    acme.media.files = {"med_0": FILM}
    status = {"jobId": "x", "did": acme.account.external_id, "state": "JOB_STATE_FAILED", "failureCode": code}
    oracle.plant("bluesky", "app.bsky.video.getJobStatus", "error", status=200, body={"jobStatus": status})
    given, saved = film(), Saved()
    with pytest.raises(ChannelError) as caught:
        await acme.prepare(given, saved)
    assert (caught.value.reason, caught.value.effect) == (reason, effect)


async def test_an_account_that_may_not_upload_videos(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": FILM}
    oracle.call("PUT", "/switches", channel="bluesky", kind="emailConfirmed", enabled=False)
    with pytest.raises(ChannelError) as caught:
        await acme.prepare(film(), Saved())
    assert (caught.value.reason, caught.value.provider_code) == (Reason.FEATURE_NOT_ELIGIBLE, "unconfirmed_email")


async def test_a_video_with_captions(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": FILM}
    captions = [{"lang": lang, "text": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{lang}\n"} for lang in ("en", "hi")]
    given = film().model_copy(update={"options": {"captions": captions, "presentation": "gif"}})
    await acme.post(given)
    (post,) = oracle.posts(acme.account.external_id)
    embed = post["raw"]["value"]["embed"]
    assert [track["lang"] for track in embed["captions"]] == ["en", "hi"]
    assert {track["file"]["mimeType"] for track in embed["captions"]} == {"text/vtt"}
    assert embed["presentation"] == "gif"


async def test_a_gif_that_moves(oracle: Oracle, acme: Connected) -> None:
    acme.media.files = {"med_0": moving()}
    media = (image(mime_type="image/gif", animated=True, bytes=len(moving()), width=90, height=160),)
    await acme.post(new("Look", media=media))
    (post,) = oracle.posts(acme.account.external_id)
    assert (post["kind"], post["raw"]["value"]["embed"]["presentation"]) == ("video", "gif")


@pytest.mark.parametrize("mode", [None, "accept_then_reset", "accept_then_502", "reset"])
@pytest.mark.parametrize("step", ["startUpload", "uploadPart", "finishUpload"])
async def test_a_video_in_parts_survives_lost_answers(
    oracle: Oracle, acme: Connected, monkeypatch: pytest.MonkeyPatch, mode: str | None, step: str
) -> None:
    monkeypatch.setattr("munadi.channels.bluesky.video.PARTS_FROM", len(FILM))
    oracle.call("PUT", "/limits", channel="bluesky", kind="videoPartBytes", value=len(FILM) // 3 + 1)
    acme.media.files = {"med_0": FILM}
    given, saved = film(), Saved()
    if mode:
        oracle.plant("bluesky", f"app.bsky.video.{step}", mode)
        with pytest.raises(ChannelError):
            await acme.prepare(given, saved)
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    (post,) = oracle.posts(acme.account.external_id)
    assert post["kind"] == "video"
    async with httpx.AsyncClient() as client:
        assert (await client.get(post["media"][0]["url"])).content == FILM
