"""thumbnails.set of the emulated YouTube: its checks, its quota, and the page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import picture
from tests.sandbox.youtube_tube import CHANNEL, UPLOAD, Tube, reason
from tests.sandbox.youtube_tube import tube as tube  # a fixture

JPEG = picture(format="JPEG")
MOST = 52_428_800


def show(tube: Tube, video_id: str, content: bytes = JPEG, kind: str = "image/jpeg", **query: Any) -> httpx.Response:
    params = {"uploadType": "media", "videoId": video_id, **query}
    headers = {"content-type": kind}
    return tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=content, headers=headers)


def test_a_short_accepts_a_thumbnail_after_processing(tube: Tube) -> None:
    tube.set("delays", "processing", seconds=30)
    made = tube.upload()  # vertical, so it is a Short
    assert reason(show(tube, made["id"])) == (400, "failedPrecondition")
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 31})
    shown = show(tube, made["id"])
    assert shown.status_code == 200
    (sizes,) = shown.json()["items"]
    assert tube.sandbox.http.get(sizes["default"]["url"]).content == JPEG


@pytest.mark.parametrize(
    ("content", "kind", "query", "expected"),
    [
        (b"words", "image/jpeg", {}, (400, "invalidImage")),
        (picture(format="WEBP"), "image/jpeg", {}, (400, "invalidImage")),
        (picture(format="WEBP"), "image/webp", {}, (400, "badRequest")),
        (b"", "image/png", {}, (400, "mediaBodyRequired")),
        (JPEG, "image/jpeg", {"uploadType": "resumable"}, (400, "badRequest")),
        (JPEG, "image/jpeg", {"videoId": "none"}, (404, "videoNotFound")),
    ],
    ids=["words", "WebP called JPEG", "WebP", "nothing", "resumable", "no such video"],
)
def test_an_invalid_thumbnail_is_refused(
    tube: Tube, content: bytes, kind: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert reason(show(tube, tube.upload()["id"], content, kind, **query)) == expected


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "application/octet-stream"])
def test_a_picture_of_fifty_megabytes_is_the_largest(tube: Tube, kind: str) -> None:
    made = tube.upload()
    largest = picture(format="PNG" if kind == "image/png" else "JPEG").ljust(MOST, b"\0")
    assert show(tube, made["id"], largest, kind).status_code == 200
    assert reason(show(tube, made["id"], largest + b"\0", kind)) == (400, "invalidImage")


def test_thumbnails_need_a_verified_channel_and_have_a_quota(tube: Tube) -> None:
    made = tube.upload()
    tube.set("limits", "thumbnailsPerChannel", value=1)
    assert show(tube, made["id"]).status_code == 200
    assert reason(show(tube, made["id"])) == (429, "uploadRateLimitExceeded")
    tube.sandbox.control("PATCH", f"/profiles/youtube/{CHANNEL}", {"status": "unverified"})
    assert reason(show(tube, made["id"])) == (403, "forbidden")


def test_the_page_shows_the_thumbnail_beside_the_video(tube: Tube) -> None:
    made = tube.upload(snippet={"title": "Monsoon"}, status={"privacyStatus": "public"})
    assert "thumbnail" not in tube.sandbox.http.get("/?channel=youtube").text
    show(tube, made["id"])
    page = tube.sandbox.http.get("/?channel=youtube").text
    assert "<video" in page
    assert 'alt="thumbnail: Monsoon"' in page
