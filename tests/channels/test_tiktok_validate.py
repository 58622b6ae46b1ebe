"""Each limit just inside and just outside, with pointer, rule, limit and actual."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from tests.channels.making import bench, draft, image, video
from tests.channels.scene_tiktok import CREATOR_INFO, WHO

PUBLIC = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
KNOWN = WHO.model_copy(update={"facts": {"creator_info": CREATOR_INFO}})
CHANNEL = bench("tiktok").channel
Found = tuple[str, str, Any, Any]


def clip(text: str = "", *, options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    return draft(text, media=(video(**facts),), options={**PUBLIC, **(options or {})})


def photos(count: int = 1, text: str = "", *, options: dict[str, Any] | None = None, **facts: Any) -> Draft:
    media = tuple(image(index, **facts) for index in range(count))
    return draft(text, media=media, options={**PUBLIC, **(options or {})})


def found(given: Draft, account: ConnectedAccount | None = None) -> list[Problem]:
    return CHANNEL.validate(given, account)


def told(given: Draft, account: ConnectedAccount | None = None) -> list[Found]:
    return [(one.pointer, one.rule or "", one.limit, one.actual) for one in found(given, account)]


@pytest.mark.parametrize(
    "given",
    [
        clip("x" * 2200),
        clip("👍" * 1100),
        clip(bytes=4_000_000_000),
        clip(duration_ms=3_000),
        clip(duration_ms=600_000),
        clip(fps=None, video_codec=None),
        clip(width=360, height=360),
        clip(width=4096, height=4096),
        clip(fps=23.0),
        clip(fps=22.976),
        clip(fps=60.0),
        clip(fps=60.04),
        clip(mime_type="video/quicktime", video_codec="hevc"),
        clip(mime_type="video/webm", video_codec="vp8"),
        clip(mime_type="video/webm", video_codec="vp9"),
        clip(options={"mode": "file"}),
        clip(options={"mode": "pull"}),
        clip(options={"coverTimestampMs": 0, "disableComment": True, "disableDuet": True, "disableStitch": True}),
        clip(options={"coverTimestampMs": 10_000, "brandContent": True, "brandOrganic": True, "aigc": True}),
        clip(options={"privacyLevel": "SELF_ONLY", "brandOrganic": True}),
        clip(options={"privacyLevel": "FOLLOWER_OF_CREATOR"}),
        photos(35),
        photos(mime_type="image/webp"),
        photos(mime_type="image/png", has_alpha=False, animated=False),
        photos(bytes=20_000_000),
        photos(width=1080, height=1920),
        photos(width=1920, height=1080),
        photos(text="x" * 4000),
        photos(text="👍" * 2000),
        photos(options={"title": "x" * 90, "description": "x" * 4000}),
        photos(options={"title": "👍" * 45}),
        photos(text="x" * 4001, options={"description": "short"}),
        photos(3, options={"photoCoverIndex": 2, "autoAddMusic": True, "disableComment": True, "mode": "pull"}),
    ],
    ids=lambda given: str(given.options)[:60],
)
def test_just_inside(given: Draft) -> None:
    assert found(given) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (clip("x" * 2201), ("/text", "caption_utf16", 2200, 2201)),
        (clip("👍" * 1100 + "x"), ("/text", "caption_utf16", 2200, 2201)),
        (clip(bytes=4_000_000_001), ("/media/0", "media_bytes", 4_000_000_000, 4_000_000_001)),
        (clip(duration_ms=2_999), ("/media/0", "media_min_duration", 3, 2.999)),
        (clip(duration_ms=600_001), ("/media/0", "media_max_duration", 600, 600.001)),
        (clip(width=359), ("/media/0", "media_min_width", 360, 359)),
        (clip(width=4097), ("/media/0", "media_max_width", 4096, 4097)),
        (clip(height=359), ("/media/0", "media_height", 360, 359)),
        (clip(height=4097), ("/media/0", "media_height", 4096, 4097)),
        (clip(fps=22.9), ("/media/0", "fps", "23-60", 22.9)),
        (clip(fps=60.1), ("/media/0", "fps", "23-60", 60.1)),
        (clip(video_codec="av1"), ("/media/0", "video_codec", "h264, hevc, vp8, vp9", "av1")),
        (clip(mime_type="video/x-matroska"), ("/media/0", "media_type", "video/mp4, video/quicktime, video/webm",
         "video/x-matroska")),
        (clip(options={"coverTimestampMs": 10_001}), ("/options/coverTimestampMs", "cover_timestamp", 10_000, 10_001)),
        (clip(options={"privacyLevel": "SELF_ONLY", "brandContent": True}), ("/options/privacyLevel",
         "brand_content_privacy", None, None)),
        (photos(36), ("/media", "media_max", 35, 36)),
        (photos(0), ("/media", "media_min", 1, 0)),
        (photos(mime_type="image/gif"), ("/media/0", "media_type", "image/jpeg, image/webp, image/png", "image/gif")),
        (photos(mime_type="image/png", has_alpha=True, animated=False), ("/media/0", "media_transparency",
         "no transparency", "transparency")),
        (photos(bytes=20_000_001), ("/media/0", "media_bytes", 20_000_000, 20_000_001)),
        (photos(width=1081, height=1920), ("/media/0", "photo_resolution", "1080x1920", "1081x1920")),
        (photos(width=1080, height=1921), ("/media/0", "photo_resolution", "1080x1920", "1080x1921")),
        (photos(width=1921, height=1080), ("/media/0", "photo_resolution", "1080x1920", "1921x1080")),
        (photos(text="x" * 4001), ("/text", "photo_description_utf16", 4000, 4001)),
        (photos(text="👍" * 2000 + "x"), ("/text", "photo_description_utf16", 4000, 4001)),
        (photos(options={"description": "x" * 4001}), ("/options/description", "photo_description_utf16", 4000, 4001)),
        (photos(options={"title": "x" * 91}), ("/options/title", "photo_title_utf16", 90, 91)),
        (photos(options={"title": "👍" * 45 + "x"}), ("/options/title", "photo_title_utf16", 90, 91)),
        (photos(3, options={"photoCoverIndex": 3}), ("/options/photoCoverIndex", "photo_cover_index", 2, 3)),
        (photos(options={"mode": "file"}), ("/options/mode", "photo_mode", "pull", "file")),
        (draft("x", media=(video(0), video(1)), options=PUBLIC), ("/media", "video_count", 1, 2)),
        (draft("x", media=(image(0), video(1)), options=PUBLIC), ("/media", "media_mixed", 1, 2)),
        (clip().model_copy(update={"first_comment": "hi"}), ("/firstComment", "first_comment", None, None)),
        (clip().model_copy(update={"parts": ("more",)}), ("/parts", "max_parts", 1, 2)),
    ],
    ids=lambda value: str(value[:2]) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_just_outside(given: Draft, expected: Found) -> None:
    assert told(given) == [expected]


@pytest.mark.parametrize("name", ["disableDuet", "disableStitch", "coverTimestampMs"])
def test_photos_have_no_options_of_videos(name: str) -> None:
    given = photos(options={name: 0 if name == "coverTimestampMs" else True})
    assert [(one.pointer, one.code) for one in found(given)] == [(f"/options/{name}", "OPTION_NOT_FOR_KIND")]


@pytest.mark.parametrize(
    ("name", "value"), [("title", "x"), ("description", "x"), ("photoCoverIndex", 0), ("autoAddMusic", True)]
)
def test_a_video_has_no_options_of_photos(name: str, value: Any) -> None:
    given = clip(options={name: value})
    assert [(one.pointer, one.code) for one in found(given)] == [(f"/options/{name}", "OPTION_NOT_FOR_KIND")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("privacyLevel", "EVERYBODY"),
        ("mode", "stream"),
        ("disableComment", "perhaps"),
        ("coverTimestampMs", -1),
        ("photoCoverIndex", -1),
        ("privacy_levels", "x"),
        ("aigc", 2),
    ],
)
def test_a_wrong_option_is_reported_by_name(name: str, value: Any) -> None:
    problems = found(clip(options={name: value}))
    assert [(one.pointer, one.code) for one in problems] == [(f"/options/{name}", "INVALID_OPTION")]


@pytest.mark.parametrize(
    ("account", "choice"),
    [
        (None, "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR, SELF_ONLY"),
        (WHO, "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR, SELF_ONLY"),
        (KNOWN, "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"),
    ],
    ids=["no account", "unknown", "known"],
)
def test_privacy_has_no_default_and_names_the_accounts_options(account: ConnectedAccount | None, choice: str) -> None:
    for given in (draft("x", media=(video(),)), draft("x", media=(image(),))):
        (one,) = found(given, account)
        assert (one.pointer, one.code, one.rule) == ("/options/privacyLevel", "MISSING_FIELD", "privacy_level")
        assert choice in one.message
        assert one.limit == choice


def test_privacy_is_one_of_the_accounts_options() -> None:
    given = clip(options={"privacyLevel": "FOLLOWER_OF_CREATOR"})
    choice = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"
    assert told(given, KNOWN) == [("/options/privacyLevel", "privacy_level", choice, "FOLLOWER_OF_CREATOR")]


@pytest.mark.parametrize(("milliseconds", "expected"), [(300_000, []), (300_001, [(300, 300.001)])])
def test_a_video_is_no_longer_than_the_account_may_post(milliseconds: int, expected: list[tuple[Any, Any]]) -> None:
    problems = found(clip(duration_ms=milliseconds), KNOWN)
    assert [(one.limit, one.actual) for one in problems if one.rule == "creator_max_duration"] == expected
    assert len(problems) == len(expected)


def test_every_violation_is_reported_at_once() -> None:
    given = draft("x" * 2201, media=(video(height=1, fps=5.0),), options={"brandContent": True}, parts=("a",))
    rules = [one.rule for one in found(given)]
    assert rules == ["max_parts", "caption_utf16", "media_height", "fps", "privacy_level"]
