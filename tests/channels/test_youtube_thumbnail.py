"""The thumbnail is set before the video is visible. Without one the video is published with a warning."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Published
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.connected import jpeg, new
from tests.channels.making import error_of, image, video
from tests.channels.sandbox import Acme, acme_at
from tests.channels.servers import MediaSite, Oracle
from tests.channels.test_youtube_sandbox import CLIP, stored

CHANNEL = "youtube"

PICTURE = jpeg(1280, 720)


def illustrated(acme: Acme, picture: bytes = PICTURE, **options: Any) -> PublicationDraft:
    acme.media.files |= {"med_0": CLIP, "med_1": picture}
    media = (video(bytes=len(CLIP)), image(1, bytes=len(picture), width=1280, height=720))
    return new("Monsoon sale", media=media, options={"madeForKids": False, "thumbnailIndex": 1, **options})


def refusal_of(found: Published) -> str:
    (warning,) = found.warnings
    assert (warning.code, warning.channel) == ("THUMBNAIL_FAILED", "youtube")
    assert warning.message.startswith("the video is published without its thumbnail: ")
    return warning.message.removeprefix("the video is published without its thumbnail: ")


async def test_the_thumbnail_is_set_before_the_video_is_visible(acme: Acme) -> None:
    given, saved = illustrated(acme), Saved()
    await acme.prepare(given, saved)
    assert [call["effect"] for call in acme.calls("set_thumbnail")] == [True]
    assert acme.posts == []
    found = await acme.publish(given, saved)
    assert found.warnings == ()
    (post,) = acme.posts
    assert [await stored(post, index) for index in (0, 1)] == [CLIP, PICTURE]
    assert len(acme.calls("set_thumbnail")) == 1


async def test_the_media_may_stand_in_either_order(acme: Acme) -> None:
    given = illustrated(acme, thumbnailIndex=0)
    await acme.post(given.model_copy(update={"media": given.media[::-1]}))
    (post,) = acme.posts
    assert [each["mimeType"] for each in post["media"]] == ["video/mp4", "image/jpeg"]


async def test_a_png_is_sent_unchanged_and_a_webp_as_a_rendition(acme: Acme) -> None:
    png = jpeg(1280, 720, kind="PNG")
    given = illustrated(acme, png)
    film, picture = given.media
    await acme.post(given.model_copy(update={"media": (film, picture.model_copy(update={"mime_type": "image/png"}))}))
    assert acme.media.renditions == []
    acme.media.files["med_1-jpeg"] = PICTURE
    webp = picture.model_copy(update={"mime_type": "image/webp", "bytes": len(PICTURE)})
    await acme.post(given.model_copy(update={"media": (film, webp)}))
    assert [(name, kind) for name, kind, *_ in acme.media.renditions] == [("med_1", "image/jpeg")]
    assert {await stored(post, 1) for post in acme.posts} == {png, PICTURE}


PROXY: dict[str, Any] = {"status": 200, "body": "not json", "times": 9}
REFUSALS: list[tuple[dict[str, Any], str, int]] = [
    ({"error": {"reason": "forbidden"}}, "forbidden: The request might not be properly authorized.", 1),
    ({"error": {"reason": "invalidImage"}}, "invalidImage: The provided image content is invalid.", 1),
    (
        {"error": {"reason": "uploadRateLimitExceeded"}},
        "uploadRateLimitExceeded: The channel has uploaded too many thumbnails recently.",
        1,
    ),
    ({"error": {"reason": "neverSeenBefore", "message": "in its own words"}}, "neverSeenBefore: in its own words", 1),
    ({"error": {"reason": "quotaExceeded"}}, "quotaExceeded: ", 1),  # no slot is missed for a limit that lasts
    (PROXY, "NO_PROOF: ", 3),  # the success of a proxy is no success
]


@pytest.mark.parametrize("privacy", ["public", "private"])
@pytest.mark.parametrize(("plan", "words", "calls"), REFUSALS, ids=[row[1].partition(":")[0] for row in REFUSALS])
async def test_a_refused_thumbnail_is_a_warning_in_the_networks_words(
    acme: Acme, plan: dict[str, Any], words: str, calls: int, privacy: str
) -> None:
    acme.plant("set_thumbnail", "error", **plan)
    warned = refusal_of(await acme.post(illustrated(acme, privacyStatus=privacy)))
    assert warned == words or (words.endswith(": ") and warned.startswith(words))
    assert len(acme.posts) == (1 if privacy == "public" else 0)
    assert len(acme.calls("set_thumbnail")) == calls


async def test_a_channel_that_may_not_have_any_is_reported(acme: Acme) -> None:
    acme.oracle.call("PATCH", f"/profiles/youtube/{acme.account.external_id}", status="unverified")
    assert refusal_of(await acme.post(illustrated(acme))).startswith(
        "forbidden: The channel may not set custom thumbnails"
    )
    (post,) = acme.posts
    assert [each["mimeType"] for each in post["media"]] == ["video/mp4"]


@pytest.mark.parametrize("plan", [{"mode": "reset"}, {"mode": "error", "error": {"reason": "backendError"}}], ids=str)
async def test_a_temporary_error_is_retried_and_then_reported(acme: Acme, plan: dict[str, Any]) -> None:
    acme.plant("set_thumbnail", **plan, times=1)
    assert (await acme.post(illustrated(acme))).warnings == ()
    assert len(acme.calls("set_thumbnail")) == 2
    acme.plant("set_thumbnail", **plan, times=9)
    assert refusal_of(await acme.post(illustrated(acme)))
    assert len(acme.calls("set_thumbnail")) == 5
    assert len(acme.posts) == 2


async def test_a_lost_answer_sets_it_again(acme: Acme) -> None:
    acme.plant("set_thumbnail", "accept_then_reset")
    assert (await acme.post(illustrated(acme))).warnings == ()
    assert [call["effect"] for call in acme.calls("set_thumbnail")] == [True, True]


async def test_a_lost_file_is_reported_too(acme: Acme) -> None:
    given = illustrated(acme)
    acme.media.files["med_1"] = PICTURE[:-1]
    assert "the stored file of media med_1 is gone" in refusal_of(await acme.post(given))
    assert acme.calls("set_thumbnail") == []


async def test_an_expired_token_is_renewed_and_the_thumbnail_is_set(acme: Acme) -> None:
    acme.plant("set_thumbnail", "error", error={"reason": "authError"})
    given, saved = illustrated(acme), Saved()
    await error_of(acme.prepare(given, saved), Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    await acme.prepare(given, saved)
    assert (await acme.publish(given, saved)).warnings == ()
    assert len(acme.calls("start_upload")) == 1


async def test_an_unprocessed_short_is_published_without_a_thumbnail(oracle: Oracle, site: MediaSite) -> None:
    async with acme_at("youtube", oracle, site, processing_patience=0) as acme:
        acme.set("delays", 60, "processing")
        found = await acme.post(illustrated(acme))
    assert [warning.code for warning in found.warnings] == ["STILL_PROCESSING", "THUMBNAIL_FAILED"]


async def test_a_search_reports_the_missing_thumbnail_too(acme: Acme) -> None:
    acme.plant("set_thumbnail", "error", error={"reason": "forbidden"})
    acme.plant("update_video", "accept_then_reset")
    given, saved = illustrated(acme), Saved()
    await acme.prepare(given, saved)
    await error_of(acme.publish(given, saved))
    assert refusal_of(await acme.find(given, saved)).startswith("forbidden")
    seen = await acme.port.check(given, acme.account, saved)
    assert isinstance(seen, Published)
    assert refusal_of(seen).startswith("forbidden")


async def test_a_replaced_video_gets_its_thumbnail_again(acme: Acme) -> None:
    given, saved = illustrated(acme), Saved()
    await acme.prepare(given, saved)
    await acme.channel.discard(acme.account, saved.kept)
    await error_of(acme.publish(given, saved))
    await acme.prepare(given, saved)
    assert (await acme.publish(given, saved)).warnings == ()
    (post,) = acme.posts
    assert len(post["media"]) == 2
