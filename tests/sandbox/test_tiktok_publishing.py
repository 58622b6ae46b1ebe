"""Inits, chunks, processing and limits of the emulated TikTok."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import MediaSite, Sandbox
from tests.sandbox.test_tiktok_login import OPEN_ID
from tests.sandbox.tiktok_client import TikTok, begun, calm, photo


@pytest.fixture
def tiktok(sandbox: Sandbox) -> TikTok:
    return calm(sandbox)


def test_chunks_are_sequential_and_report_their_progress(sandbox: Sandbox, tiktok: TikTok) -> None:
    publish_id, url = begun(tiktok)
    assert publish_id.startswith("v_pub_file~")
    first = tiktok.put(url, 0, 9)
    assert (first.status_code, first.headers["content-range"]) == (206, "bytes 0-10/50")
    assert tiktok.put(url, 0, 9).status_code == 416
    assert tiktok.put(url, 20, 29).status_code == 416
    assert tiktok.status(publish_id)["uploaded_bytes"] == 10
    for start in (10, 20, 30):
        assert tiktok.put(url, start, start + 9).status_code == 206
    assert sandbox.calls("upload_last_chunk") == []
    last = tiktok.put(url, 40, 49)
    assert (last.status_code, last.headers["content-range"]) == (201, "bytes 0-50/50")
    assert tiktok.put(url, 40, 49).status_code == 416
    assert tiktok.settled(publish_id) == {
        "status": "FAILED",
        "fail_reason": "file_format_check_failed",
        "uploaded_bytes": 50,
        "downloaded_bytes": 0,
    }
    assert [(call["visible"], call["effect"], call["profile"]) for call in sandbox.calls("upload_last_chunk")] == [
        (True, True, OPEN_ID),
        (True, False, OPEN_ID),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"content-type": "text/plain"}, 400),
        ({"content-range": "bytes 0-9/51"}, 400),
        ({"content-range": "bytes 0-8/50"}, 400),
        ({"content-range": "nonsense"}, 400),
    ],
)
def test_a_chunk_with_wrong_headers(tiktok: TikTok, change: dict[str, Any], status: int) -> None:
    _, url = begun(tiktok)
    assert tiktok.put(url, 0, 9, **change).status_code == status
    assert tiktok.put(url, 0, 19).status_code == 400  # not a chunk as planned
    assert tiktok.put(url.replace("upload_token=", "upload_token=x"), 0, 9).status_code == 404


def test_an_upload_address_expires_after_an_hour(sandbox: Sandbox, tiktok: TikTok) -> None:
    _, url = begun(tiktok)
    assert tiktok.put(url, 0, 9).status_code == 206
    sandbox.control("POST", "/clock", {"advanceSeconds": 3600})
    assert tiktok.put(url, 10, 19).status_code == 403


@pytest.mark.parametrize(
    ("urls", "info", "code"),
    [
        (1, {"title": "x" * 90, "description": "x" * 4000}, "ok"),
        (35, {}, "ok"),
        (36, {}, "invalid_params"),
        (0, {}, "invalid_params"),
        (1, {"title": "x" * 91}, "invalid_params"),
        (1, {"description": "x" * 4001}, "invalid_params"),
    ],
)
def test_photos_are_checked(tiktok: TikTok, urls: int, info: dict[str, Any], code: str) -> None:
    body = photo(["http://127.0.0.1:1/a.jpg"] * urls, **info)
    assert tiktok.code("post/publish/content/init/", body)[1] == code


def test_photos_are_pulled_and_shown(sandbox: Sandbox, tiktok: TikTok, site: MediaSite) -> None:
    publish_id = tiktok.data("post/publish/content/init/", photo([site.image()]))["publish_id"]
    assert publish_id.startswith("p_pub_url~")
    done = tiktok.settled(publish_id)
    (seen,) = sandbox.posts("tiktok")
    assert (seen["text"], seen["kind"], seen["media"][0]["width"]) == ("Title\nText", "photo", 400)
    assert [str(one) for one in done["publicaly_available_post_id"]] == [seen["id"]]
    assert len(seen["id"]) == 19
    page = sandbox.http.get("/").text
    assert seen["id"] in page
    assert 'class="chip tiktok"' in page


@pytest.mark.parametrize(
    ("size", "kind", "reason"),
    [
        ((1081, 1200), "JPEG", "picture_size_check_failed"),
        ((400, 1921), "JPEG", "picture_size_check_failed"),
        ((400, 400), "PNG", "file_format_check_failed"),
        (None, "", "photo_pull_failed"),
    ],
)
def test_an_invalid_photo_post_is_refused(
    sandbox: Sandbox, tiktok: TikTok, site: MediaSite, size: tuple[int, int] | None, kind: str, reason: str
) -> None:
    url = site.image("bad.img", size, kind) if size else site.image().replace("a.jpg", "none.jpg")
    publish_id = tiktok.data("post/publish/content/init/", photo([url]))["publish_id"]
    assert tiktok.settled(publish_id)["fail_reason"] == reason
    assert sandbox.posts("tiktok") == []


def test_a_post_is_processed_and_moderated_by_the_clock(sandbox: Sandbox, tiktok: TikTok, site: MediaSite) -> None:
    tiktok.set("delays", "processing", seconds=60)
    tiktok.set("delays", "moderation", seconds=60)
    publish_id = tiktok.data("post/publish/content/init/", photo([site.image()]))["publish_id"]
    time.sleep(0.1)
    assert tiktok.status(publish_id)["status"] == "PROCESSING_DOWNLOAD"
    assert sandbox.posts("tiktok") == []
    sandbox.control("POST", "/clock", {"advanceSeconds": 60})
    status = tiktok.status(publish_id)
    assert (status["status"], "publicaly_available_post_id" in status) == ("PUBLISH_COMPLETE", False)
    sandbox.control("POST", "/clock", {"advanceSeconds": 60})
    assert tiktok.status(publish_id)["publicaly_available_post_id"]


def test_a_redirect_is_not_followed(tiktok: TikTok, sandbox: Sandbox, site: MediaSite) -> None:
    publish_id = tiktok.data("post/publish/content/init/", photo([site.image()]))["publish_id"]
    post_id = tiktok.settled(publish_id)["publicaly_available_post_id"][0]
    moved = f"{sandbox.url}/tiktok/www/@munadi.sandbox/photo/{post_id}"  # answers 302
    again = tiktok.data("post/publish/content/init/", photo([moved]))["publish_id"]
    assert tiktok.settled(again)["fail_reason"] == "photo_pull_failed"
