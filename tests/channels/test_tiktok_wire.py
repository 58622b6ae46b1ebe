"""Init bodies with TikTok's names, both toggles and the creator's switches. Answers are read leniently."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.pulls import PULL_WAITS
from munadi.channels.tiktok.errors import FAILURES, explain_failure, is_ok
from munadi.channels.tiktok.spec import Mode, Options
from munadi.channels.tiktok.state import Creator
from munadi.channels.tiktok.wire import (
    creator_facts,
    file_body,
    mode_of,
    privacy_options,
    pull_body,
    read_creator,
    read_status,
)
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer
from tests.channels.making import NOW, StoredMedia, draft, image, video
from tests.channels.scene_tiktok import CREATOR_INFO, POST_ID

STORE = StoredMedia()
FREE = Creator()
OPTIONS = Options.model_validate({"privacyLevel": "SELF_ONLY"})
TOGGLES = ("disableComment", "disableDuet", "disableStitch", "brandContent", "brandOrganic", "aigc")
EVERYTHING = Options.model_validate(
    {"privacyLevel": "PUBLIC_TO_EVERYONE", "coverTimestampMs": 1500, **dict.fromkeys(TOGGLES, True)}
)


def test_a_file_with_only_the_required_fields() -> None:
    assert file_body(draft(media=(video(bytes=5),)), OPTIONS, FREE, 8) == {
        "post_info": {
            "privacy_level": "SELF_ONLY",
            "disable_comment": False,
            "disable_duet": False,
            "disable_stitch": False,
            "brand_content_toggle": False,
            "brand_organic_toggle": False,
            "is_aigc": False,
        },
        "source_info": {"source": "FILE_UPLOAD", "video_size": 5, "chunk_size": 5, "total_chunk_count": 1},
    }


def test_a_file_with_everything() -> None:
    assert file_body(draft("Sale #now", media=(video(bytes=50),)), EVERYTHING, FREE, 8) == {
        "post_info": {
            "title": "Sale #now",
            "privacy_level": "PUBLIC_TO_EVERYONE",
            "disable_comment": True,
            "disable_duet": True,
            "disable_stitch": True,
            "video_cover_timestamp_ms": 1500,
            "brand_content_toggle": True,
            "brand_organic_toggle": True,
            "is_aigc": True,
        },
        "source_info": {"source": "FILE_UPLOAD", "video_size": 50, "chunk_size": 8, "total_chunk_count": 6},
    }


def test_a_pull_names_our_stored_copy() -> None:
    body = pull_body(draft("Hi", media=(video(),)), OPTIONS, FREE, STORE)
    assert body["source_info"] == {"source": "PULL_FROM_URL", "video_url": "https://munadi.example/media/med_0"}
    assert "media_type" not in body
    assert body["post_info"]["title"] == "Hi"


def test_photos() -> None:
    options = Options.model_validate(
        {"privacyLevel": "SELF_ONLY", "title": "Two", "photoCoverIndex": 1, "autoAddMusic": True, "aigc": True}
    )
    assert pull_body(draft("Text", media=(image(0), image(1))), options, FREE, STORE) == {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {
            "title": "Two",
            "description": "Text",
            "privacy_level": "SELF_ONLY",
            "disable_comment": False,
            "auto_add_music": True,
            "brand_content_toggle": False,
            "brand_organic_toggle": False,
        },
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_images": ["https://munadi.example/media/med_0", "https://munadi.example/media/med_1"],
            "photo_cover_index": 1,
        },
        "is_aigc": True,
    }


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Text", {}, {"description": "Text"}),
        ("Text", {"description": "Other"}, {"description": "Other"}),
        ("Text", {"description": ""}, {}),
        ("", {}, {}),
    ],
)
def test_the_text_of_photos_is_their_description(text: str, options: dict[str, str], expected: dict[str, str]) -> None:
    given = Options.model_validate({"privacyLevel": "SELF_ONLY", **options})
    body = pull_body(draft(text, media=(image(),)), given, FREE, STORE)
    assert {name: body["post_info"][name] for name in ("title", "description") if name in body["post_info"]} == expected
    assert "is_aigc" not in body


@pytest.mark.parametrize("name", ["comment", "duet", "stitch"])
def test_a_switch_that_the_creator_disabled_is_sent_disabled(name: str) -> None:
    creator = read_creator({f"{name}_disabled": True})
    for body in (
        file_body(draft(media=(video(),)), OPTIONS, creator, 8),
        pull_body(draft(media=(video(),)), OPTIONS, creator, STORE),
    ):
        disabled = [key for key in ("comment", "duet", "stitch") if body["post_info"][f"disable_{key}"]]
        assert disabled == [name]
    photo = pull_body(draft(media=(image(),)), OPTIONS, creator, STORE)["post_info"]
    assert photo["disable_comment"] is (name == "comment")
    assert "disable_duet" not in photo


def test_creator_info_is_stored_in_the_accounts_facts_and_read_back() -> None:
    creator = read_creator(CREATOR_INFO, NOW)
    assert creator.privacy_options == ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
    assert (creator.username, creator.stitch_disabled, creator.max_seconds) == ("acme", True, 300)
    facts = creator_facts(creator)
    assert facts == {name: value for name, value in CREATOR_INFO.items() if name != "creator_avatar_url"}
    assert read_creator(facts, NOW) == creator
    assert privacy_options(FREE) == privacy_options(None)


@pytest.mark.parametrize(
    "odd",
    [None, [], "x", {"privacy_level_options": "x", "comment_disabled": "yes", "max_video_post_duration_sec": "9"}],
)
def test_odd_creator_info_reads_as_nothing(odd: Any) -> None:
    assert read_creator(odd) == FREE


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({"publicaly_available_post_id": [POST_ID]}, (str(POST_ID),)),
        ({"publicaly_available_post_id": [str(POST_ID)]}, (str(POST_ID),)),
        ({"publicly_available_post_id": [POST_ID]}, (str(POST_ID),)),
        ({"publicaly_available_post_id": [7.5e18]}, ()),
        ({"publicaly_available_post_id": POST_ID}, ()),
        ({}, ()),
        (None, ()),
        ([], ()),
    ],
)
def test_post_ids_are_never_floats(data: Any, ids: tuple[str, ...]) -> None:
    status = read_status(Answer(200, {}, {"data": data}, ""))
    assert (status.post_ids, status.uploaded_bytes, status.fail_reason) == (ids, None, "")


@pytest.mark.parametrize(
    ("media", "options", "mode"),
    [
        (video(), {}, Mode.FILE),
        (video(), {"mode": "file"}, Mode.FILE),
        (video(), {"mode": "pull"}, Mode.PULL),
        (image(), {}, Mode.PULL),
        (image(), {"mode": "pull"}, Mode.PULL),
    ],
)
def test_a_video_is_uploaded_unless_asked_otherwise(media: Any, options: dict[str, str], mode: Mode) -> None:
    assert mode_of(draft(media=(media,)), Options.model_validate(options)) is mode


@pytest.mark.parametrize(
    "body", [None, {}, [], {"error": None}, {"error": {}}, {"error": "ok"}, {"error": {"code": "OK"}}]
)
def test_only_the_code_ok_is_a_success_with_any_status(body: Any) -> None:
    assert not is_ok(Answer(200, {}, body, ""))
    assert is_ok(Answer(500, {}, {"error": {"code": "ok"}}, ""))


FAIL_REASONS = """
MEDIA_VALIDATION_FAILED: file_format_check_failed duration_check_failed frame_rate_check_failed
MEDIA_VALIDATION_FAILED: picture_size_check_failed video_bitrate_check_failed
MEDIA_UNREACHABLE: video_pull_failed photo_pull_failed
PROVIDER_OUTAGE: internal
INVALID_FIELD: publish_cancelled
TOKEN_REVOKED: auth_removed
DAILY_CAP_REACHED: spam_risk_too_many_posts
ACCOUNT_RESTRICTED: spam_risk_user_banned_from_posting
SPAM_BLOCKED: spam_risk
CONTENT_POLICY: spam_risk_text
FEATURE_NOT_ELIGIBLE: privacy_level_not_authorized
UNKNOWN_PROVIDER_ERROR: something_new
"""
FAILED = [(word, Reason(line.split(":")[0])) for line in FAIL_REASONS.split("\n")[1:-1] for word in line.split()[1:]]


def test_every_fail_reason_has_a_row() -> None:
    assert FAILURES.keys() <= {word for word, _ in FAILED}


@pytest.mark.parametrize(("fail_reason", "reason"), [*FAILED, ("", Reason.UNKNOWN_PROVIDER_ERROR)])
def test_every_fail_reason_is_final_but_a_failed_pull(fail_reason: str, reason: Reason) -> None:
    repeats = fail_reason in ("video_pull_failed", "photo_pull_failed")
    waits: list[timedelta | None] = [*PULL_WAITS, None] if repeats else [None] * (len(PULL_WAITS) + 1)
    for failed_pulls, wait in enumerate(waits):
        error = explain_failure(fail_reason, failed_pulls)
        effect = Effect.NOT_SENT if wait else Effect.REJECTED
        assert (error.reason, error.effect, error.provider_code) == (reason, effect, fail_reason or "FAILED")
        assert error.retry_after == wait
        assert fail_reason in (error.provider_message or "")
