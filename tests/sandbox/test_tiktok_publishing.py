"""Inits, chunks, processing and limits of the emulated TikTok."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import MediaSite, Sandbox
from tests.sandbox.test_tiktok_login import OPEN_ID, TOKEN

FILE = b"0123456789" * 5  # no video: what happens to bytes is told by the first four chunks of ten
INFO = {"title": "Waves", "privacy_level": "PUBLIC_TO_EVERYONE"}


class TikTok:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def post(self, path: str, body: Any = None, token: str = TOKEN) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return self.sandbox.http.post(f"/tiktok/api/v2/{path}", json=body or {}, headers=headers)

    def code(self, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, str]:
        answer = self.post(path, body, token)
        return answer.status_code, answer.json()["error"]["code"]

    def data(self, path: str, body: Any = None, token: str = TOKEN) -> dict[str, Any]:
        answer = self.post(path, body, token)
        assert answer.json()["error"]["code"] == "ok", answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def status(self, publish_id: str) -> dict[str, Any]:
        return self.data("post/publish/status/fetch/", {"publish_id": publish_id})

    def settled(self, publish_id: str) -> dict[str, Any]:
        for _ in range(200):
            status = self.status(publish_id)
            if not status["status"].startswith("PROCESSING"):
                break
            time.sleep(0.02)
        return status

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": "tiktok", "kind": kind, **value})

    def put(self, url: str, first: int, last: int, total: int = 50, **headers: str) -> httpx.Response:
        given = {"content-type": "video/mp4", "content-range": f"bytes {first}-{last}/{total}", **headers}
        return self.sandbox.http.put(url, content=FILE[first : last + 1], headers=given)


@pytest.fixture
def tiktok(sandbox: Sandbox) -> TikTok:
    network = TikTok(sandbox)
    network.set("limits", "minChunkBytes", value=10)
    network.set("limits", "initPerMinute", value=100)
    network.set("limits", "statusPerMinute", value=1000)
    for kind in ("processing", "moderation"):
        network.set("delays", kind, seconds=0)
    return network


def file(size: int = 50, chunk: int = 10, count: int = 5, **info: Any) -> dict[str, Any]:
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    return {"post_info": {**INFO, **info}, "source_info": source}


def photo(urls: list[str], **info: Any) -> dict[str, Any]:
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    post = {"title": "Title", "description": "Text", "privacy_level": "PUBLIC_TO_EVERYONE", **info}
    return {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": post, "source_info": source}


def begun(tiktok: TikTok) -> tuple[str, str]:
    data = tiktok.data("post/publish/video/init/", file())
    return data["publish_id"], data["upload_url"]


def test_chunks_come_in_sequence_and_tell_their_progress(sandbox: Sandbox, tiktok: TikTok) -> None:
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


def test_an_upload_address_lives_an_hour(sandbox: Sandbox, tiktok: TikTok) -> None:
    _, url = begun(tiktok)
    assert tiktok.put(url, 0, 9).status_code == 206
    sandbox.control("POST", "/clock", {"advanceSeconds": 3600})
    assert tiktok.put(url, 10, 19).status_code == 403


@pytest.mark.parametrize(
    ("size", "chunk", "count", "code"),
    [
        (50, 10, 5, "ok"),
        (59, 10, 5, "ok"),
        (9, 9, 1, "ok"),
        (19, 19, 1, "ok"),
        (59, 10, 6, "invalid_file_upload"),
        (50, 9, 5, "invalid_file_upload"),
        (9, 8, 1, "invalid_file_upload"),
        (0, 10, 0, "invalid_file_upload"),
        (70_000_000, 70_000_000, 1, "invalid_file_upload"),
        (4_000_000_001, 64_000_000, 62, "invalid_file_upload"),
        (10_010, 10, 1001, "invalid_file_upload"),
    ],
)
def test_the_arithmetic_of_chunks(tiktok: TikTok, size: int, chunk: int, count: int, code: str) -> None:
    assert tiktok.code("post/publish/video/init/", file(size, chunk, count))[1] == code


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"title": "👍" * 1100}, "ok"),
        ({"title": "👍" * 1100 + "x"}, "invalid_params"),
        ({"privacy_level": ""}, "invalid_params"),
        ({"privacy_level": "FOLLOWER_OF_CREATOR"}, "privacy_level_option_mismatch"),
        ({"privacy_level": "SELF_ONLY", "brand_content_toggle": True}, "invalid_params"),
    ],
)
def test_post_info_is_judged(tiktok: TikTok, info: dict[str, Any], code: str) -> None:
    assert tiktok.code("post/publish/video/init/", file(**info))[1] == code


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
def test_photos_are_judged(tiktok: TikTok, urls: int, info: dict[str, Any], code: str) -> None:
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
    videos = tiktok.data("video/list/?fields=id,title,share_url")["videos"]
    assert [(video["id"], video["share_url"]) for video in videos] == [(seen["id"], seen["url"])]


@pytest.mark.parametrize(
    ("size", "kind", "reason"),
    [
        ((1081, 1200), "JPEG", "picture_size_check_failed"),
        ((400, 1921), "JPEG", "picture_size_check_failed"),
        ((400, 400), "PNG", "file_format_check_failed"),
        (None, "", "photo_pull_failed"),
    ],
)
def test_a_photo_that_is_not_taken(
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


def test_an_inbox_share_never_completes_and_five_are_enough(sandbox: Sandbox, tiktok: TikTok) -> None:
    source = {"source": "PULL_FROM_URL", "video_url": "http://127.0.0.1:1/x.mp4"}
    body = {"source_info": source}
    first = tiktok.data("post/publish/inbox/video/init/", body)["publish_id"]
    assert first.startswith("v_inbox_url~")
    codes = [tiktok.code("post/publish/inbox/video/init/", body)[1] for _ in range(5)]
    assert codes == ["ok"] * 4 + ["spam_risk_too_many_pending_share"]
    assert sandbox.posts("tiktok") == []


@pytest.mark.parametrize(
    ("limit", "path", "allowed"),
    [
        ("initPerMinute", "post/publish/video/init/", 6),
        ("creatorInfoPerMinute", "post/publish/creator_info/query/", 20),
        ("statusPerMinute", "post/publish/status/fetch/", 30),
    ],
)
def test_a_sliding_minute(sandbox: Sandbox, limit: str, path: str, allowed: int) -> None:
    tiktok = TikTok(sandbox)
    tiktok.set("limits", "minChunkBytes", value=10)
    codes = [tiktok.code(path, file()) for _ in range(allowed + 1)]
    assert (429, "rate_limit_exceeded") not in codes[:-1]
    assert codes[-1] == (429, "rate_limit_exceeded")
    sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert tiktok.code(path, file()) == codes[0]


def test_fifteen_posts_a_day_and_creator_info_says_so_with_200(sandbox: Sandbox, tiktok: TikTok) -> None:
    body = photo(["http://127.0.0.1:1/a.jpg"])
    codes = [tiktok.code("post/publish/content/init/", body) for _ in range(16)]
    assert codes == [(200, "ok")] * 15 + [(403, "spam_risk_too_many_posts")]
    assert tiktok.code("post/publish/creator_info/query/") == (200, "spam_risk_too_many_posts")
    sandbox.control("POST", "/clock", {"advanceSeconds": 86_401})
    assert tiktok.code("post/publish/creator_info/query/") == (200, "ok")


def test_creator_info_has_variants(sandbox: Sandbox, tiktok: TikTok) -> None:
    tiktok.set("limits", "maxVideoSeconds", value=180)
    tiktok.set("switches", "duetDisabled", enabled=True)
    sandbox.control("PATCH", f"/profiles/tiktok/{OPEN_ID}", {"status": "private"})
    info = tiktok.data("post/publish/creator_info/query/")
    assert info["privacy_level_options"] == ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (info["max_video_post_duration_sec"], info["comment_disabled"], info["duet_disabled"]) == (180, False, True)
    sandbox.control("PATCH", f"/profiles/tiktok/{OPEN_ID}", {"status": "banned"})
    assert tiktok.code("post/publish/creator_info/query/") == (200, "spam_risk_user_banned_from_posting")


def test_a_publish_id_is_its_owners(sandbox: Sandbox, tiktok: TikTok) -> None:
    publish_id, url = begun(tiktok)
    other = sandbox.control("POST", "/profiles", {"channel": "tiktok"})["accessToken"]
    path, body = "post/publish/status/fetch/", {"publish_id": publish_id}
    assert tiktok.code(path, body, other) == (400, "token_not_authorized_for_specified_publish_id")
    assert tiktok.code(path, {"publish_id": "v_pub_file~0"}) == (400, "invalid_publish_id")
    assert tiktok.code("post/publish/cancel/", body) == (200, "ok")
    assert tiktok.status(publish_id)["fail_reason"] == "publish_cancelled"
    assert tiktok.put(url, 0, 9).status_code == 404


def test_a_path_without_its_slash_is_another_path(tiktok: TikTok) -> None:
    assert tiktok.code("post/publish/creator_info/query")[0] == 404
    assert tiktok.code("nosuch/")[0] == 404
    assert tiktok.code("post/publish/creator_info/query/", token="act.nobody") == (401, "access_token_invalid")


def test_faults_speak_tiktoks_words(sandbox: Sandbox, tiktok: TikTok) -> None:
    sandbox.plant("tiktok", "creator_info", "error", error={"code": "spam_risk"})
    sandbox.plant("tiktok", "creator_info", "error")
    assert tiktok.code("post/publish/creator_info/query/") == (403, "spam_risk")
    assert tiktok.code("post/publish/creator_info/query/") == (500, "internal_error")


def test_a_redirect_is_not_followed(tiktok: TikTok, sandbox: Sandbox, site: MediaSite) -> None:
    publish_id = tiktok.data("post/publish/content/init/", photo([site.image()]))["publish_id"]
    post_id = tiktok.settled(publish_id)["publicaly_available_post_id"][0]
    moved = f"{sandbox.url}/tiktok/www/@munadi.sandbox/photo/{post_id}"  # answers 302
    again = tiktok.data("post/publish/content/init/", photo([moved]))["publish_id"]
    assert tiktok.settled(again)["fail_reason"] == "photo_pull_failed"
