"""What only the emulated TikTok has: chunks, pulls, post_info, its limits, its token endpoint."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import DAY, Client, MediaSite, Sandbox, refusal
from tests.sandbox.consenting import Consenting

OPEN_ID, REFRESH = "-000MunadiSandboxOpenId", "rft.sandboxMunadiRefreshToken"
APP = {"client_key": "key", "client_secret": "secret"}
FILE = b"0123456789" * 5  # no video: five chunks of ten bytes
NOWHERE = "http://127.0.0.1:1/a.jpg"
CREATOR, INIT = "post/publish/creator_info/query/", "post/publish/video/init/"
PHOTOS, STATUS = "post/publish/content/init/", "post/publish/status/fetch/"
INFO = {"title": "Title", "description": "Text", "privacy_level": "PUBLIC_TO_EVERYONE"}


class TikTok(Client):
    channel, base, token = "tiktok", "/tiktok/api/v2", "act.sandboxMunadiAccessToken"

    def code(self, path: str, body: Any = None, token: str | None = None) -> tuple[int, str]:
        answer = self.call("POST", path, token, json=body or {})
        return answer.status_code, answer.json()["error"]["code"]

    def data(self, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.call("POST", path, json=body or {}).json()
        assert answer["error"]["code"] == "ok", answer
        data: dict[str, Any] = answer["data"]
        return data

    def begun(self) -> tuple[str, str]:
        data = self.data(INIT, file())
        return data["publish_id"], data["upload_url"]

    def put(self, url: str, first: int, last: int, **headers: str) -> httpx.Response:
        given = {"content-type": "video/mp4", "content-range": f"bytes {first}-{last}/50", **headers}
        return self.sandbox.http.put(url, content=FILE[first : last + 1], headers=given)

    def status(self, publish_id: str) -> dict[str, Any]:
        return self.data(STATUS, {"publish_id": publish_id})

    def settled(self, publish_id: str) -> dict[str, Any]:
        for _ in range(200):
            status = self.status(publish_id)
            if not status["status"].startswith("PROCESSING"):
                break
            time.sleep(0.02)
        return status

    def me(self, token: str | None = None, fields: str = "open_id") -> tuple[int, str]:
        answer = self.get("user/info/", token, fields=fields)
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def tiktok(sandbox: Sandbox) -> TikTok:
    """Small chunks, no waiting, and calls enough."""
    sandbox.set("tiktok", minChunkBytes=10, initPerMinute=100, statusPerMinute=1000)
    return TikTok(sandbox)


def file(size: int = 50, chunk: int = 10, count: int = 5, **info: Any) -> dict[str, Any]:
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    return {"post_info": {**INFO, **info}, "source_info": source}


def photo(*urls: str, **info: Any) -> dict[str, Any]:
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0}
    return {"media_type": "PHOTO", "post_mode": "DIRECT_POST", "post_info": {**INFO, **info}, "source_info": source}


def test_chunks_are_sequential_and_report_their_progress(sandbox: Sandbox, tiktok: TikTok) -> None:
    publish_id, url = tiktok.begun()
    assert publish_id.startswith("v_pub_file~")
    first = tiktok.put(url, 0, 9)
    assert (first.status_code, first.headers["content-range"]) == (206, "bytes 0-10/50")
    assert [tiktok.put(url, start, start + 9).status_code for start in (0, 20)] == [416, 416]
    assert tiktok.status(publish_id)["uploaded_bytes"] == 10
    assert [tiktok.put(url, start, start + 9).status_code for start in (10, 20, 30)] == [206] * 3
    assert sandbox.calls("upload_last_chunk") == []
    last = tiktok.put(url, 40, 49)
    assert (last.status_code, last.headers["content-range"]) == (201, "bytes 0-50/50")
    assert tiktok.put(url, 40, 49).status_code == 416
    failed = {"status": "FAILED", "fail_reason": "file_format_check_failed", "uploaded_bytes": 50}
    assert tiktok.settled(publish_id) == failed | {"downloaded_bytes": 0}
    calls = [(call["visible"], call["effect"], call["profile"]) for call in sandbox.calls("upload_last_chunk")]
    assert calls == [(True, True, OPEN_ID), (True, False, OPEN_ID)]


@pytest.mark.parametrize(
    "change",
    [
        {"content-type": "text/plain"},
        {"content-range": "bytes 0-9/51"},
        {"content-range": "bytes 0-8/50"},
        {"content-range": "nonsense"},
    ],
    ids=str,
)
def test_a_chunk_with_wrong_headers(tiktok: TikTok, change: dict[str, Any]) -> None:
    _, url = tiktok.begun()
    assert tiktok.put(url, 0, 9, **change).status_code == 400
    assert tiktok.put(url, 0, 19).status_code == 400  # not a chunk as planned
    assert tiktok.put(url.replace("upload_token=", "upload_token=x"), 0, 9).status_code == 404


def test_an_upload_address_expires_after_an_hour(tiktok: TikTok) -> None:
    _, url = tiktok.begun()
    assert tiktok.put(url, 0, 9).status_code == 206
    tiktok.sandbox.advance(3600)
    assert tiktok.put(url, 10, 19).status_code == 403


BAD_FILE, BAD_FIELD = "invalid_file_upload", "invalid_params"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (INIT, file(50, 10, 5), "ok"),
        (INIT, file(59, 10, 5), "ok"),
        (INIT, file(9, 9, 1), "ok"),
        (INIT, file(19, 19, 1), "ok"),
        (INIT, file(59, 10, 6), BAD_FILE),
        (INIT, file(50, 9, 5), BAD_FILE),
        (INIT, file(9, 8, 1), BAD_FILE),
        (INIT, file(0, 10, 0), BAD_FILE),
        (INIT, file(70_000_000, 70_000_000, 1), BAD_FILE),
        (INIT, file(4_000_000_001, 64_000_000, 62), BAD_FILE),
        (INIT, file(10_010, 10, 1001), BAD_FILE),
        (INIT, file(title="👍" * 1100), "ok"),
        (INIT, file(title="👍" * 1100 + "x"), BAD_FIELD),
        (INIT, file(privacy_level=""), BAD_FIELD),
        (INIT, file(privacy_level="FOLLOWER_OF_CREATOR"), "privacy_level_option_mismatch"),
        (INIT, file(privacy_level="SELF_ONLY", brand_content_toggle=True), BAD_FIELD),
        (PHOTOS, photo(NOWHERE, title="x" * 90, description="x" * 4000), "ok"),
        (PHOTOS, photo(*[NOWHERE] * 35), "ok"),
        (PHOTOS, photo(*[NOWHERE] * 36), BAD_FIELD),
        (PHOTOS, photo(), BAD_FIELD),
        (PHOTOS, photo(NOWHERE, title="x" * 91), BAD_FIELD),
        (PHOTOS, photo(NOWHERE, description="x" * 4001), BAD_FIELD),
    ],
)
def test_an_init_is_checked(tiktok: TikTok, path: str, body: dict[str, Any], code: str) -> None:
    assert tiktok.code(path, body)[1] == code


@pytest.mark.parametrize(
    ("size", "kind", "reason"),
    [
        ((1081, 1200), "JPEG", "picture_size_check_failed"),
        ((400, 1921), "JPEG", "picture_size_check_failed"),
        ((400, 400), "PNG", "file_format_check_failed"),
        (None, "", "photo_pull_failed"),
    ],
)
def test_an_invalid_photo_post_fails(
    tiktok: TikTok, site: MediaSite, size: tuple[int, int] | None, kind: str, reason: str
) -> None:
    url = site.image("bad.img", size, kind) if size else NOWHERE
    assert tiktok.settled(tiktok.data(PHOTOS, photo(url))["publish_id"])["fail_reason"] == reason
    assert tiktok.posts() == []


@pytest.mark.parametrize(("path", "allowed"), [(INIT, 6), (CREATOR, 20), (STATUS, 30)])
def test_calls_are_limited_per_sliding_minute(sandbox: Sandbox, path: str, allowed: int) -> None:
    sandbox.set("tiktok", minChunkBytes=10)
    tiktok, limited = TikTok(sandbox), (429, "rate_limit_exceeded")
    codes = [tiktok.code(path, file()) for _ in range(allowed + 1)]
    assert (limited in codes[:-1], codes[-1]) == (False, limited)
    sandbox.advance(61)
    assert tiktok.code(path, file()) == codes[0]


def test_a_publish_id_belongs_to_its_owner(sandbox: Sandbox, tiktok: TikTok) -> None:
    publish_id, url = tiktok.begun()
    other, body = sandbox.control("POST", "/profiles", {"channel": "tiktok"})["accessToken"], {"publish_id": publish_id}
    assert tiktok.code(STATUS, body, other) == (400, "token_not_authorized_for_specified_publish_id")
    assert tiktok.code(STATUS, {"publish_id": "v_pub_file~0"}) == (400, "invalid_publish_id")
    assert tiktok.code("post/publish/cancel/", body) == (200, "ok")
    assert tiktok.status(publish_id)["fail_reason"] == "publish_cancelled"
    assert tiktok.put(url, 0, 9).status_code == 404


def test_unknown_paths_and_tokens_and_faults_have_tiktoks_form(sandbox: Sandbox, tiktok: TikTok) -> None:
    assert [tiktok.code(path)[0] for path in (CREATOR.rstrip("/"), "nosuch/")] == [404, 404]
    assert tiktok.code(CREATOR, token="act.nobody") == (401, "access_token_invalid")
    sandbox.plant("tiktok", "creator_info", "error", error={"code": "spam_risk"})
    sandbox.plant("tiktok", "creator_info", "error")
    assert [tiktok.code(CREATOR) for _ in range(2)] == [(403, "spam_risk"), (500, "internal_error")]


# Login Kit


def test_a_scope_that_was_not_granted_is_refused(sandbox: Sandbox, tiktok: TikTok) -> None:
    one = Consenting(sandbox, "tiktok")
    given = one.approved(grant="user.info.basic")
    assert given["scopes"] == "user.info.basic"
    tokens = one.exchange(given["code"]).json()
    assert (tokens["open_id"], tokens["expires_in"], tokens["refresh_expires_in"]) == (OPEN_ID, 7200, 180 * DAY)
    access, refused = tokens["access_token"], (401, "scope_not_authorized")
    assert [tiktok.me(access), tiktok.me(access, "username")] == [(200, "ok"), refused]
    assert tiktok.code(CREATOR, token=access) == refused


def test_a_redirect_is_not_followed(tiktok: TikTok, site: MediaSite) -> None:
    assert tiktok.settled(tiktok.data(PHOTOS, photo(site.image()))["publish_id"])["status"] == "PUBLISH_COMPLETE"
    moved = tiktok.posts()[0]["url"]
    assert tiktok.sandbox.http.get(moved).status_code == 302
    again = tiktok.data(PHOTOS, photo(moved))["publish_id"]
    assert tiktok.settled(again)["fail_reason"] == "photo_pull_failed"


def test_the_token_endpoint_needs_a_form_and_the_life_of_a_token_is_a_setting(tiktok: TikTok) -> None:
    answer = tiktok.call("POST", "oauth/token/", "", json=APP)
    assert refusal(answer) == (400, "invalid_request")
    tiktok.set(accessTokenSeconds=DAY)
    form = {**APP, "grant_type": "refresh_token", "refresh_token": REFRESH}
    assert tiktok.call("POST", "oauth/token/", "", data=form).json()["expires_in"] == DAY


@pytest.mark.parametrize(
    ("count", "path", "code"),
    [(1, "?fields=id", "ok"), (20, "?fields=id", "ok")]
    + [(count, path, BAD_FIELD) for count, path in ((0, "?fields=id"), (21, "?fields=id"), (1, ""))],
)
def test_a_query_of_videos_is_bounded(tiktok: TikTok, count: int, path: str, code: str) -> None:
    asked = {"filters": {"video_ids": [str(number) for number in range(count)]}}
    assert tiktok.code(f"video/query/{path}", asked)[1] == code
