"""Posts at the emulated TikTok: chunks, pulls, photos, a pull whose answer was lost, and what its consent asks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import Effect
from munadi.domain.publication import Absent, Unknown
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.connected import film, jpeg, new
from tests.channels.consent import Login
from tests.channels.consent import at as logins
from tests.channels.making import error_of, image
from tests.channels.sandbox import Acme, draft
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


async def test_a_video_is_pulled_and_photos_keep_their_order_title_and_description(acme: Acme) -> None:
    pulled = await acme.post(clip(acme, mode="pull"))
    assert (acme.posts[0]["id"], acme.posts[0]["raw"]["source"]) == (pulled.post_id, "PULL_FROM_URL")
    done = await acme.post(photos(acme, title="Title", photoCoverIndex=1, autoAddMusic=True, aigc=True))
    live = acme.posts[1]
    assert (live["id"], live["text"], live["kind"]) == (done.post_id, "Title\nTwo photos", "photo")
    assert [media["mimeType"] for media in live["media"]] == ["image/jpeg", "image/webp"]
    assert live["url"] == done.url
    assert f"/@acme/photo/{done.post_id}" in live["url"]


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


@logins("tiktok")
async def test_tiktok_is_asked_for_the_list_of_videos_by_a_setting(login: Login) -> None:
    asked = {}
    for wants in (False, True):
        login.channel, login.server = login.build(video_list=wants)
        granted = await login.granted()
        asked[wants] = "video.list" in granted.scopes
    assert asked == {False: False, True: True}
