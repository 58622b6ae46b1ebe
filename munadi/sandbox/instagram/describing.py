"""What a container's parameters may say besides its caption. Source: channels/instagram.md, section 3.

Which error each broken rule answers is not documented; code 100 is this emulation's choice.
"""

from __future__ import annotations

import json
from typing import Any

from munadi.sandbox.graph.errors import bad_parameter
from munadi.sandbox.graph.parameters import listed, whole_number

SHOWN = (
    "user_tags",
    "collaborators",
    "location_id",
    "share_to_feed",
    "thumb_offset",
    "audio_name",
    "trial_params",
    "is_ai_generated",
)
OF_REELS = ("cover_url", "thumb_offset", "audio_name", "trial_params")
STRATEGIES = {"MANUAL", "SS_PERFORMANCE"}
MOST_TAGS, MOST_COLLABORATORS = 20, 3


def described(values: dict[str, str], kind: str) -> dict[str, str]:
    """What will stand with the post; raises the refusal of the first rule that is broken."""
    for name in OF_REELS:
        if name in values and kind != "REELS":
            raise bad_parameter(f"Param {name} is for reels only")
    if len(listed(values, "collaborators")) > MOST_COLLABORATORS:
        raise bad_parameter("Param collaborators must have at most 3 entries")
    if whole_number(values, "thumb_offset", 0) < 0:
        raise bad_parameter("Param thumb_offset must not be negative")
    if "trial_params" in values:
        strategy = _read(values, "trial_params", dict).get("graduation_strategy")
        if strategy not in STRATEGIES:
            raise bad_parameter("Param trial_params must have a graduation_strategy")
    if "user_tags" in values:
        _check_tags(_read(values, "user_tags", list), kind, is_video="video_url" in values)
    return {name: values[name] for name in SHOWN if name in values}


def _check_tags(tags: list[dict[str, Any]], kind: str, *, is_video: bool) -> None:
    if kind == "CAROUSEL":
        raise bad_parameter("Param user_tags is for the items of a carousel")
    if len(tags) > MOST_TAGS:
        raise bad_parameter("Param user_tags must have at most 20 entries")
    for tag in tags:
        placed = [isinstance(tag.get(axis), int | float) and 0 <= tag[axis] <= 1 for axis in ("x", "y")]
        fits = kind == "STORIES" or (not any(axis in tag for axis in ("x", "y")) if is_video else all(placed))
        if not tag.get("username") or not fits:
            raise bad_parameter("Param user_tags must have usernames, in images with x and y from 0 to 1")


def _read(values: dict[str, str], name: str, kind: type) -> Any:
    try:
        found = json.loads(values[name])
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise bad_parameter(f"Param {name} must be JSON, of the kind {kind.__name__}")
    return found
