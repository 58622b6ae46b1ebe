"""Rules that depend on the channel, and several problems at once. `limits_youtube.py` has the general limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.limits_youtube import clip, post, thumbnail
from tests.channels.making import account, bench
from tests.channels.scene_youtube import CHANNEL

YOUTUBE = bench("youtube").channel


@pytest.mark.parametrize("status", ["eligible", "disallowed", "allowed", "longUploadsUnspecified", None])
def test_a_channel_without_a_verified_phone_number_accepts_15_minutes(status: str | None) -> None:
    facts: dict[str, Any] = {"long_uploads_status": status} if status else {}
    who = account("youtube", CHANNEL, facts=facts)
    assert YOUTUBE.validate(clip(duration_ms=900_000), who) == []
    found = YOUTUBE.validate(clip(duration_ms=900_001), who)
    assert [(one.pointer, one.rule, one.limit, one.actual) for one in found] == (
        [("/media/0", "unverified_duration", 900.0, 900.001)] if status in ("eligible", "disallowed") else []
    )


def test_everything_is_reported_at_once() -> None:
    given = post("<" + "x" * 5000, first_comment="c" * 10_001, media=(), options={"tags": ["x"], "odd": 1})
    pointers = {problem.pointer for problem in YOUTUBE.validate(given, None)}
    assert pointers == {"/text", "/firstComment", "/media", "/options/madeForKids", "/options/odd"}


def test_a_thumbnail_that_is_a_video_is_reported_with_what_it_is() -> None:
    (wrong,) = [one for one in YOUTUBE.validate(thumbnail(0), None) if one.pointer == "/options/thumbnailIndex"]
    assert (wrong.rule, wrong.limit, wrong.actual) == ("thumbnail_kind", "image", "video")
