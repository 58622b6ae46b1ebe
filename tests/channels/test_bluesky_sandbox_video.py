"""Videos on the sandbox: at once, in parts, with captions, as a GIF, and what becomes of them when answers are lost."""

from __future__ import annotations

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.ports import PublicationDraft
from tests.channels.connected import moving, mp4, new
from tests.channels.making import Saved, error_of, image, video
from tests.channels.sandbox import Acme

CHANNEL = "bluesky"

FILM = mp4(1)


def film(text: str = "Look") -> PublicationDraft:
    return new(text, media=(video(bytes=len(FILM), alt="Rain"),))


async def test_a_video(acme: Acme) -> None:
    acme.put(med_0=FILM)
    found = await acme.post(film())
    (post,) = acme.posts
    assert (post["id"], post["kind"], post["media"][0]["alt"]) == (found.post_id, "video", "Rain")
    uploads = acme.calls("app.bsky.video.uploadVideo")
    assert [call["status"] for call in uploads] == [200]
    await acme.post(film("The same again"))
    assert [post["text"] for post in acme.posts] == ["Look", "The same again"]


@pytest.mark.parametrize("mode", ["accept_then_reset", "accept_then_502"])
async def test_an_upload_whose_answer_was_lost_is_found_again(acme: Acme, mode: str) -> None:
    acme.put(med_0=FILM)
    acme.plant("app.bsky.video.uploadVideo", mode)
    given, saved = film(), Saved()
    error = await error_of(acme.prepare(given, saved))
    assert error.effect is Effect.UNKNOWN
    await acme.prepare(given, saved)
    await acme.send(given, saved)
    assert [post["text"] for post in acme.posts] == ["Look"]


@pytest.mark.parametrize(
    ("code", "reason", "effect"),
    [
        ("encoding_failure", Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED),
        ("pds_upload_failure", Reason.PROVIDER_OUTAGE, Effect.NOT_SENT),
    ],
)
async def test_a_job_that_fails(acme: Acme, code: str, reason: Reason, effect: Effect) -> None:
    acme.put(med_0=FILM)
    status = {"jobId": "x", "did": acme.account.external_id, "state": "JOB_STATE_FAILED", "failureCode": code}
    acme.set("delays", 0.5, "video")
    acme.plant("app.bsky.video.getJobStatus", "error", status=200, body={"jobStatus": status})
    given, saved = film(), Saved()
    error = await error_of(acme.prepare(given, saved))
    assert (error.reason, error.effect) == (reason, effect)


async def test_an_account_that_may_not_upload_videos(acme: Acme) -> None:
    acme.put(med_0=FILM)
    acme.set("switches", False, "emailConfirmed")
    error = await error_of(acme.prepare(film(), Saved()))
    assert (error.reason, error.provider_code) == (Reason.FEATURE_NOT_ELIGIBLE, "unconfirmed_email")


async def test_a_video_with_captions(acme: Acme) -> None:
    acme.put(med_0=FILM)
    captions = [{"lang": lang, "text": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{lang}\n"} for lang in ("en", "hi")]
    given = film().model_copy(update={"options": {"captions": captions, "presentation": "gif"}})
    await acme.post(given)
    (post,) = acme.posts
    embed = post["raw"]["value"]["embed"]
    assert [track["lang"] for track in embed["captions"]] == ["en", "hi"]
    assert {track["file"]["mimeType"] for track in embed["captions"]} == {"text/vtt"}
    assert embed["presentation"] == "gif"


async def test_a_gif_that_moves(acme: Acme) -> None:
    acme.put(med_0=moving())
    media = (image(mime_type="image/gif", animated=True, bytes=len(moving()), width=90, height=160),)
    await acme.post(new("Look", media=media))
    (post,) = acme.posts
    assert (post["kind"], post["raw"]["value"]["embed"]["presentation"]) == ("video", "gif")


@pytest.mark.parametrize("mode", [None, "accept_then_reset", "accept_then_502", "reset"])
@pytest.mark.parametrize("step", ["startUpload", "uploadPart", "finishUpload"])
async def test_a_video_in_parts_survives_lost_answers(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, mode: str | None, step: str
) -> None:
    monkeypatch.setattr("munadi.channels.bluesky.video.PARTS_FROM", len(FILM))
    acme.set("limits", len(FILM) // 3 + 1, "videoPartBytes")
    acme.put(med_0=FILM)
    given, saved = film(), Saved()
    if mode:
        acme.plant(f"app.bsky.video.{step}", mode)
        await error_of(acme.prepare(given, saved))
    await acme.prepare(given, saved)
    await acme.send(given, saved)
    (post,) = acme.posts
    assert post["kind"] == "video"
    async with httpx.AsyncClient() as client:
        assert (await client.get(post["media"][0]["url"])).content == FILM
