"""Rules from the creator's settings as they were last read. `limits_tiktok.py` has the rules for every creator."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.account import ConnectedAccount
from tests.channels.limits_tiktok import clip
from tests.channels.making import bench, draft, image, video
from tests.channels.scene_tiktok import CREATOR_INFO, WHO

CHANNEL = bench("tiktok").channel
KNOWN = WHO.model_copy(update={"facts": {"creator_info": CREATOR_INFO}})
EVERY = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR, SELF_ONLY"
HIS = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"


@pytest.mark.parametrize(
    ("account", "choice"), [(None, EVERY), (WHO, EVERY), (KNOWN, HIS)], ids=["no account", "unknown", "known"]
)
@pytest.mark.parametrize("media", [video(), image()], ids=["video", "photo"])
def test_privacy_has_no_default_and_names_the_accounts_options(
    account: ConnectedAccount | None, choice: str, media: Any
) -> None:
    (one,) = CHANNEL.validate(draft("x", media=(media,)), account)
    assert (one.pointer, one.code, one.rule) == ("/options/privacyLevel", "MISSING_FIELD", "privacy_level")
    assert (one.limit, choice in one.message) == (choice, True)


def test_privacy_is_one_of_the_accounts_options() -> None:
    (one,) = CHANNEL.validate(clip(options={"privacyLevel": "FOLLOWER_OF_CREATOR"}), KNOWN)
    assert (one.pointer, one.rule) == ("/options/privacyLevel", "privacy_level")
    assert (one.limit, one.actual) == (HIS, "FOLLOWER_OF_CREATOR")


@pytest.mark.parametrize(("milliseconds", "expected"), [(300_000, []), (300_001, [(300, 300.001)])])
def test_a_video_is_no_longer_than_the_account_may_post(milliseconds: int, expected: list[tuple[Any, Any]]) -> None:
    problems = CHANNEL.validate(clip(duration_ms=milliseconds), KNOWN)
    assert [(one.limit, one.actual) for one in problems if one.rule == "creator_max_duration"] == expected
    assert len(problems) == len(expected)


def test_every_violation_is_reported_at_once() -> None:
    given = draft("x" * 2201, media=(video(height=1, fps=5.0),), options={"brandContent": True}, parts=("a",))
    rules = [one.rule for one in CHANNEL.validate(given, None)]
    assert rules == ["max_parts", "caption_utf16", "media_height", "fps", "privacy_level"]
