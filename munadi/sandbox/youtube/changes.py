"""What can happen to a video of the emulated YouTube. Source: docs/networks/youtube.md, section 9."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.changes import ACCOUNT, COPYRIGHT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted


def _privacy(title: str, status: str, who: str) -> Change:
    return Change(title, f"privacyStatus is {status}: {who}", {"status": {"privacyStatus": status}})


def _rejected(title: str, reason: str) -> Change:
    status = {"uploadStatus": "rejected", "rejectionReason": reason}
    facts: dict[str, Any] = {"status": status, "processingDetails": {"processingStatus": "terminated"}}
    return Change(title, f"uploadStatus is rejected, rejectionReason {reason}", facts)


def _blocked(title: str, shows: str, **restriction: list[str]) -> Change:
    return Change(title, shows, {"contentDetails": {"regionRestriction": restriction}})


CHANGES: Changes = {
    DELETE: deleted("items is empty"),
    HIDE: {
        "private": _privacy("Make it private", "private", "its channel alone reads it"),
        "unlisted": _privacy("Make it unlisted", "unlisted", "everybody reads it by its id"),
    },
    MODERATE: {
        "rejected": _rejected("Reject it", "termsOfUse"),
        "age_restricted": Change(
            "Restrict it to adults",
            "ytRating is ytAgeRestricted",
            {"contentDetails": {"contentRating": {"ytRating": "ytAgeRestricted"}}},
        ),
    },
    COPYRIGHT: {
        "rejected": _rejected("Reject it for a claim", "claim"),
        "blocked": _blocked("Block it in two countries", "regionRestriction has blocked", blocked=["DE", "AT"]),
        "blocked_everywhere": _blocked("Block it everywhere", "regionRestriction has an empty allowed", allowed=[]),
    },
    VANISH: {"suspended": Change("Suspend the channel", "403 channelSuspended", on=ACCOUNT, status="suspended")},
}
