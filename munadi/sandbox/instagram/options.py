"""What a container's parameters and its video must fulfil. Source: docs/networks/instagram.md, sections 3 and 4.

Which error each broken rule answers is not documented; this emulation answers code 100 unless noted.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if, refuse_if
from munadi.sandbox.graph.parameters import flag, json_in, listed, whole_number
from munadi.sandbox.instagram import errors
from munadi.sandbox.media import VideoRules

MIB = 1024 * 1024
VIDEO_BYTES = 300 * MIB
VIDEO = VideoRules((2.95, 900.5), (0.01, 10), largest=VIDEO_BYTES)
STORY_VIDEO = VideoRules((2.95, 60.5), (0.01, 10), largest=100 * MIB)
CAPTION_CHARACTERS, ALT_CHARACTERS = 2_200, 1_000
MOST_TAGS, MOST_COLLABORATORS = 20, 3
MEDIA_TYPES = {"IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"}
OF_REELS = ("cover_url", "thumb_offset", "audio_name", "trial_params")
SHOWN = ("user_tags", "collaborators", "location_id", "share_to_feed", *OF_REELS[1:], "is_ai_generated")


def checked_kind(values: dict[str, str]) -> str:
    """The media type of valid parameters; raises the refusal of the first broken rule."""
    child = flag(values, "is_carousel_item")
    kind = values.get("media_type", "").upper() or "IMAGE"
    caption = values.get("caption", "")
    refuse_if(kind not in MEDIA_TYPES, errors.UNKNOWN_MEDIA_TYPE)
    refuse_if(kind == "VIDEO" and not child, errors.VIDEO_IS_REELS)
    bad_parameter_if(child and kind not in ("IMAGE", "VIDEO"), f"Carousel items cannot be of the type {kind}")
    refuse_if(max(len(caption), len(caption.encode("utf-16-le")) // 2) > CAPTION_CHARACTERS, errors.CAPTION_TOO_LONG)
    bad_parameter_if(child and caption, "Carousel items take no caption")
    if len(values.get("alt_text", "")) > ALT_CHARACTERS:
        raise bad_parameter("Param alt_text must be at most 1000 characters long")
    _check_options(values, kind)
    return kind


def _check_options(values: dict[str, str], kind: str) -> None:
    for name in OF_REELS:
        bad_parameter_if(name in values and kind != "REELS", f"Param {name} is for reels only")
    if len(listed(values, "collaborators")) > MOST_COLLABORATORS:
        raise bad_parameter("Param collaborators must have at most 3 entries")
    bad_parameter_if(whole_number(values, "thumb_offset", 0) < 0, "Param thumb_offset must not be negative")
    if "trial_params" in values:
        strategy = json_in(values, "trial_params", dict).get("graduation_strategy")
        if strategy not in ("MANUAL", "SS_PERFORMANCE"):
            raise bad_parameter("Param trial_params must have a graduation_strategy")
    if "user_tags" in values:
        _check_tags(json_in(values, "user_tags", list), kind, is_video="video_url" in values)


def _check_tags(tags: list[dict[str, Any]], kind: str, *, is_video: bool) -> None:
    bad_parameter_if(kind == "CAROUSEL", "Param user_tags is for the items of a carousel")
    bad_parameter_if(len(tags) > MOST_TAGS, "Param user_tags must have at most 20 entries")
    for tag in tags:
        placed = [isinstance(tag.get(axis), int | float) and 0 <= tag[axis] <= 1 for axis in ("x", "y")]
        fits = kind == "STORIES" or (not any(axis in tag for axis in ("x", "y")) if is_video else all(placed))
        if not tag.get("username") or not fits:
            raise bad_parameter("Param user_tags must have usernames, in images with x and y from 0 to 1")


def video_problem(body: bytes, kind: str) -> str | None:
    """The subcode that the container's `status` will show, or None for a good video."""
    rules = STORY_VIDEO if kind == "STORIES" else VIDEO
    return errors.VIDEO_UNSUPPORTED if rules.problem(body) else None
