"""How the dashboard names what the API answers. "Accepted" is never written so that it could mean "published"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Effect
from munadi.domain.publication import HoldReason

S, E, A = ContentStatus, EventType, AccountStatus


class StatusWords(NamedTuple):
    """`label` in a badge, `sentence` on a page. Publications have the same statuses, but for the partial one."""

    label: str
    sentence: str


STATUSES: dict[str, StatusWords] = {
    S.ACCEPTED: StatusWords("accepted", "Stored safely with us. Nothing is published yet."),
    S.QUEUED: StatusWords("waiting", "Waiting for its time. Nothing is published yet."),
    S.PUBLISHING: StatusWords("publishing", "Being handed to the network now."),
    S.PUBLISHED: StatusWords("published", "The network published it."),
    S.PARTIALLY_PUBLISHED: StatusWords("partly published", "Some of it is live; the rest was not published."),
    S.FAILED: StatusWords("failed", "Refused. Nothing of it is live."),
    S.UNCONFIRMED: StatusWords("unconfirmed", "We cannot tell whether it is live, and send nothing again."),
    S.CANCELED: StatusWords("canceled", "Withdrawn before it was published."),
}

# What stands beside the statuses: a content that waits for more than its time, and the health of accounts.
STANDINGS: dict[str, StatusWords] = {
    **STATUSES,
    "held": StatusWords("held", "Held back by a condition, and goes on when that ends."),
    A.CONNECTED: StatusWords("connected", "Posts can go out."),
    A.EXPIRING: StatusWords("access ends soon", "Its owner has to connect it again in time."),
    A.REAUTH_REQUIRED: StatusWords("reconnect needed", "Our access has ended; its owner has to connect it again."),
    A.DISCONNECTED: StatusWords("disconnected", "It was taken away."),
}

EVENTS: dict[EventType, str] = {
    E.CONTENT_ACCEPTED: "Accepted: stored, not published yet",
    E.CONTENT_QUEUED: "Waiting for its time",
    E.CONTENT_RESCHEDULED: "Moved to another time",
    E.CONTENT_UPDATED: "Edited",
    E.CONTENT_CANCELED: "Canceled: nothing of it is left to publish",
    E.PREFLIGHT_FAILED: "Looked at ahead: it would fail as things stand",
    E.PUBLISH_STARTED: "Publishing began",
    E.PUBLISH_SUCCEEDED: "Published",
    E.PUBLISH_FAILED: "Failed",
    E.PUBLISH_UNCONFIRMED: "Unconfirmed: we looked and cannot tell",
    E.PUBLISH_CANCELED: "Withdrawn",
    E.PUBLISH_HELD: "Held back",
    E.PUBLISH_RESUMED: "Goes on",
    E.CONTENT_COMPLETED: "Settled",
    E.ACCOUNT_CONNECTED: "Account connected",
    E.ACCOUNT_EXPIRING: "Access ends soon",
    E.ACCOUNT_REAUTH_REQUIRED: "Account must be reconnected",
    E.ACCOUNT_DISCONNECTED: "Account disconnected",
    E.WEBHOOK_TEST: "Webhook tested",
    E.ENDPOINT_DISABLED: "Webhook endpoint switched off",
}

HOLDS: dict[HoldReason, str] = {
    HoldReason.TOKEN: "our access to the account has to be renewed by its owner",
    HoldReason.OUTAGE: "the network does not take posts now",
    HoldReason.RATE_LIMIT: "the network asks us to slow down",
    HoldReason.DAILY_CAP: "the account has used up its posts of the day",
}

EFFECTS: dict[Effect, str] = {
    Effect.NOT_SENT: "certainly not accepted",
    Effect.SENT: "accepted by the network",
    Effect.REJECTED: "refused by the network",
    Effect.UNKNOWN: "the answer was lost; nobody can tell yet",
}


def standing(content: Mapping[str, Any]) -> str:
    """A content's status, or `held` when it waits for more than its time."""
    held = any(each["hold"] and each["status"] == S.QUEUED for each in content["publications"])
    return "held" if held and content["status"] == S.QUEUED else str(content["status"])


def spoken(name: str) -> str:
    """A code or a name as words: MEDIA_UNREACHABLE, partially_published, reauth_required."""
    words = name.replace("_", " ").lower()
    return words[:1].upper() + words[1:]


def lateness(milliseconds: int) -> str:
    """How late the visible call began, in words."""
    late = timedelta(milliseconds=milliseconds)
    if late < timedelta(seconds=1):
        return f"on time (+{milliseconds} ms)"
    if late < timedelta(minutes=2):
        return f"{late.total_seconds():.1f} s late"
    return f"{late // timedelta(minutes=1)} min late"
