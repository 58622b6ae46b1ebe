"""What can happen to a post of the emulated Facebook. Source: docs/networks/facebook.md, section 9."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.changes import ACCOUNT, COPYRIGHT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

FILMS = frozenset({"reel", "video"})
OTHERS = frozenset({"text", "link", "photo", "album"})
ABSENT = "100/33 by its id, and the lists lack it"


def _matched(action: str, **more: Any) -> dict[str, Any]:
    policy = {"name": action.title(), "actions": [{"action": action, **more}]}
    match = {"owner_copyright_policy": policy, "content_title": "A song", "copyright_matches_type": "AUDIO"}
    return {
        "copyright_check_information": {
            "status": {"status": "completed", "matches_found": True},
            "copyright_matches": [match],
        }
    }


FAILED = {
    "published": False,
    "status": {
        "video_status": "error",
        "processing_phase": {"status": "error", "error": {"message": "The video could not be processed."}},
        "publishing_phase": {"status": "error", "publish_status": "error"},
    },
}
CHANGES: Changes = {
    DELETE: deleted(ABSENT),
    HIDE: {
        "hidden": Change(
            "Hide it from the timeline",
            "is_hidden is true, timeline_visibility hidden",
            {"is_hidden": True, "timeline_visibility": "hidden"},
            kinds=OTHERS,
        ),
        "audience": Change(
            "Show it to some people only", "privacy is CUSTOM", {"privacy": {"value": "CUSTOM"}}, kinds=OTHERS
        ),
        "expired": Change(
            "Let it expire", "is_expired is true", {"is_expired": True, "is_published": False}, kinds=OTHERS
        ),
        "unpublished": Change(
            "Unpublish the video",
            "published is false, the publishing phase not started",
            {"published": False, "status": {"publishing_phase": {"status": "not_started", "publish_status": "draft"}}},
            kinds=FILMS,
        ),
    },
    MODERATE: {
        "removed": Change("Remove it as Facebook", f"{ABSENT}; no field says why", hides="all"),
        "failed": Change("Let its processing fail later", "status.video_status is error", FAILED, kinds=FILMS),
    },
    COPYRIGHT: {
        "block": Change(
            "Block it for a match",
            "copyright_check_information has BLOCK for two countries",
            _matched("BLOCK", geos=["DE", "AT"]),
            kinds=FILMS,
        ),
        "mute": Change(
            "Mute it for a match", "copyright_check_information has MUTE", _matched("MUTE", geos=["WW"]), kinds=FILMS
        ),
    },
    VANISH: {"checkpoint": Change("Lock the account", "190/459 for every call", on=ACCOUNT, status="checkpoint")},
}
