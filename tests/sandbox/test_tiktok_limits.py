"""What the emulated TikTok refuses: fields, chunk plans, too many calls and posts, other users' posts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Sandbox
from tests.sandbox.test_tiktok_login import OPEN_ID
from tests.sandbox.tiktok_client import TikTok, begun, calm, file, photo


@pytest.fixture
def tiktok(sandbox: Sandbox) -> TikTok:
    return calm(sandbox)


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
def test_post_info_is_checked(tiktok: TikTok, info: dict[str, Any], code: str) -> None:
    assert tiktok.code("post/publish/video/init/", file(**info))[1] == code


def test_an_inbox_share_never_completes_and_five_are_the_limit(sandbox: Sandbox, tiktok: TikTok) -> None:
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
def test_calls_are_limited_per_sliding_minute(sandbox: Sandbox, limit: str, path: str, allowed: int) -> None:
    tiktok = TikTok(sandbox)
    tiktok.set("limits", "minChunkBytes", value=10)
    codes = [tiktok.code(path, file()) for _ in range(allowed + 1)]
    assert (429, "rate_limit_exceeded") not in codes[:-1]
    assert codes[-1] == (429, "rate_limit_exceeded")
    sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert tiktok.code(path, file()) == codes[0]


def test_creator_info_reports_the_daily_cap_with_200(sandbox: Sandbox, tiktok: TikTok) -> None:
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


def test_a_publish_id_belongs_to_its_owner(sandbox: Sandbox, tiktok: TikTok) -> None:
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


def test_faults_have_tiktoks_error_form(sandbox: Sandbox, tiktok: TikTok) -> None:
    sandbox.plant("tiktok", "creator_info", "error", error={"code": "spam_risk"})
    sandbox.plant("tiktok", "creator_info", "error")
    assert tiktok.code("post/publish/creator_info/query/") == (403, "spam_risk")
    assert tiktok.code("post/publish/creator_info/query/") == (500, "internal_error")
