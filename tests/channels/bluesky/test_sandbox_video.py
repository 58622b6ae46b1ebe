"""Videos at the emulated Bluesky: whole, in parts, with lost answers, and as a GIF."""

from __future__ import annotations

import httpx
import pytest

from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.connected import moving, mp4, new
from tests.channels.making import error_of, image, video
from tests.channels.sandbox import Acme

CHANNEL = "bluesky"
FILM = mp4(1)


def film(text: str = "Look") -> PublicationDraft:
    return new(text, media=(video(bytes=len(FILM), alt="Rain"),))


@pytest.mark.parametrize("mode", [None, "accept_then_reset", "accept_then_502", "reset"])
@pytest.mark.parametrize("step", ["uploadVideo", "startUpload", "uploadPart", "finishUpload"])
async def test_a_video_is_uploaded_even_if_an_answer_is_lost(
    acme: Acme, monkeypatch: pytest.MonkeyPatch, mode: str | None, step: str
) -> None:
    if step != "uploadVideo":
        monkeypatch.setattr("munadi.channels.bluesky.video.PARTS_FROM", len(FILM))
        acme.set("limits", len(FILM) // 3 + 1, "videoPartBytes")
    acme.put(med_0=FILM)
    given, saved = film(), Saved()
    if mode:
        acme.plant(f"app.bsky.video.{step}", mode)
        await error_of(acme.prepare(given, saved))
    await acme.prepare(given, saved)
    found = await acme.finish(given, saved)
    (post,) = acme.posts
    assert (post["id"], post["kind"], post["media"][0]["alt"]) == (found.post_id, "video", "Rain")
    async with httpx.AsyncClient() as client:
        assert (await client.get(post["media"][0]["url"])).content == FILM


async def test_the_same_video_again_is_another_post(acme: Acme) -> None:
    acme.put(med_0=FILM)
    for text in ("Look", "The same again"):
        await acme.post(film(text))
    assert [post["text"] for post in acme.posts] == ["Look", "The same again"]


async def test_a_gif_that_moves(acme: Acme) -> None:
    acme.put(med_0=moving())
    media = (image(mime_type="image/gif", animated=True, bytes=len(moving()), width=90, height=160),)
    await acme.post(new("Look", media=media))
    (post,) = acme.posts
    assert (post["kind"], post["raw"]["value"]["embed"]["presentation"]) == ("video", "gif")
