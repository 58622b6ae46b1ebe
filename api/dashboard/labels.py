"""The dashboard's labels for what the API returns. No label for "accepted" may be mistaken for "published"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from api.dashboard.fields import words
from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Effect
from munadi.domain.publication import DismissedAs, HoldReason

S, E, A = ContentStatus, EventType, AccountStatus


class StatusLabel(NamedTuple):
    """`label` is for a badge, `sentence` for a page. Publications have the same statuses, except the partial one."""

    label: str
    sentence: str


STATUSES: dict[str, StatusLabel] = {
    S.ACCEPTED: StatusLabel("accepted", "Stored safely. Not published yet."),
    S.QUEUED: StatusLabel("scheduled", "Scheduled. Not published yet."),
    S.PUBLISHING: StatusLabel("publishing", "Being published now."),
    S.PUBLISHED: StatusLabel("published", "The network has published it."),
    S.PARTIALLY_PUBLISHED: StatusLabel("partially published", "Published on some accounts, but not on all."),
    S.FAILED: StatusLabel("failed", "Could not be published. Nothing is live."),
    S.UNCONFIRMED: StatusLabel("unconfirmed", "We don't know yet whether it was published, so we don't send it again."),
    S.CANCELED: StatusLabel("canceled", "Canceled before it was published."),
}

# The statuses, a post that waits for something other than its time, and the health of accounts.
STANDINGS: dict[str, StatusLabel] = {
    **STATUSES,
    "held": StatusLabel("waiting", "Waiting for an account or a network. Publishing continues once it is ready."),
    "dismissed": StatusLabel("dismissed", "Could not be published, and was dismissed. Nothing is live."),
    A.CONNECTED: StatusLabel("connected", "Ready to publish."),
    A.EXPIRING: StatusLabel("access ends soon", "The owner must reconnect it before then."),
    A.REAUTH_REQUIRED: StatusLabel("reconnect needed", "Our access has ended. The owner must reconnect it."),
    A.DISCONNECTED: StatusLabel("disconnected", "This account was disconnected."),
}

EVENTS: dict[EventType, str] = {
    E.CONTENT_ACCEPTED: "Accepted: stored, not published yet",
    E.CONTENT_QUEUED: "Scheduled",
    E.CONTENT_RESCHEDULED: "Rescheduled",
    E.CONTENT_UPDATED: "Edited",
    E.CONTENT_CANCELED: "Canceled",
    E.PREFLIGHT_FAILED: "Preflight check: it would fail if it were published now",
    E.PUBLISH_STARTED: "Publishing started",
    E.PUBLISH_SUCCEEDED: "Published",
    E.PUBLISH_FAILED: "Failed",
    E.PUBLISH_UNCONFIRMED: "Unconfirmed: we checked, and the result is still unknown",
    E.PUBLISH_CANCELED: "Publication canceled",
    E.PUBLISH_HELD: "Waiting",
    E.PUBLISH_RESUMED: "Resumed",
    E.CONTENT_COMPLETED: "Completed",
    E.ACCOUNT_CONNECTED: "Account connected",
    E.ACCOUNT_EXPIRING: "Access ends soon",
    E.ACCOUNT_REAUTH_REQUIRED: "Account must be reconnected",
    E.ACCOUNT_DISCONNECTED: "Account disconnected",
    E.WEBHOOK_TEST: "Webhook tested",
    E.ENDPOINT_DISABLED: "Webhook endpoint disabled",
    E.ENDPOINT_FAILING: "Webhook endpoint failing",
    E.DELIVERY_EXHAUSTED: "Webhook delivery given up",
}

HOLDS: dict[HoldReason, str] = {
    HoldReason.TOKEN: "the owner must reconnect the account",
    HoldReason.OUTAGE: "the network is not accepting posts right now",
    HoldReason.RATE_LIMIT: "the network has asked us to slow down",
    HoldReason.DAILY_CAP: "the account has reached its daily posting limit",
}

DISMISSALS: dict[DismissedAs, str] = {
    DismissedAs.NOT_NEEDED: "not needed any more",
    DismissedAs.SENT_ELSEWHERE: "sent elsewhere",
}

EFFECTS: dict[Effect, str] = {
    Effect.NOT_SENT: "not accepted",
    Effect.SENT: "accepted by the network",
    Effect.REJECTED: "rejected by the network",
    Effect.UNKNOWN: "unknown: the network's response was lost",
}


def standing(content: Mapping[str, Any]) -> str:
    """A post's status, `held` when it waits for something other than its time, or `dismissed` when it failed and a
    person has dismissed every failure."""
    if content["status"] == S.FAILED:
        failed = [each["dismissal"] for each in content["publications"] if each["status"] == S.FAILED]
        return "dismissed" if all(failed) else str(S.FAILED)
    held = any(each["hold"] and each["status"] == S.QUEUED for each in content["publications"])
    return "held" if held and content["status"] == S.QUEUED else str(content["status"])


def publication_standing(publication: Mapping[str, Any]) -> str:
    """A publication's status, `held` while it waits for a condition, or `dismissed`."""
    if publication["hold"] and publication["status"] == S.QUEUED:
        return "held"
    is_dismissed = publication["dismissal"] and publication["status"] == S.FAILED
    return "dismissed" if is_dismissed else str(publication["status"])


def place(pointer: str) -> str:
    """A part of a post by its JSON pointer, as people call it: `/parts/0` is the second post of a thread."""
    name, _, rest = pointer.strip("/").partition("/")
    match name:
        case "firstComment":
            return "First comment"
        case "parts" if rest.isdigit():
            return f"Post {int(rest) + 2} of the thread"
        case "media":
            number, _, part = rest.partition("/")
            file = f"File {int(number) + 1}" if number.isdigit() else "Files"
            return f"{file}, alternative text" if part == "alt" else file
        case "options":
            return words(rest.partition("/")[0])
    return words(name) or "Text"


def measured(lengths: Iterable[Mapping[str, Any]]) -> list[str]:
    """How long each text is, in words, each once: networks count characters in several ways."""
    found = {
        f"{place(each['pointer'])}: {each['actual']} of {each['maximum']} "
        f"{'bytes' if each['unit'].endswith('bytes') else 'characters'}": None
        for each in lengths
    }
    return list(found)


def spoken(name: str) -> str:
    """A code or name as words: MEDIA_UNREACHABLE becomes `Media unreachable`."""
    words = name.replace("_", " ").lower()
    return words[:1].upper() + words[1:]


def lateness(milliseconds: int) -> str:
    """How late publishing started, in words."""
    late = timedelta(milliseconds=milliseconds)
    if late < timedelta(seconds=1):
        return f"on time (+{milliseconds} ms)"
    if late < timedelta(minutes=2):
        return f"{late.total_seconds():.1f} s late"
    return f"{late // timedelta(minutes=1)} min late"


def within(milliseconds: int) -> str:
    """The bound of a lateness, in the largest unit that shows it: `100 ms`, `2 s`, `30 min`."""
    for unit, size in (("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if milliseconds >= size and (unit != "days" or milliseconds > size):
            return f"{milliseconds / size:.3g} {unit}"
    return f"{milliseconds} ms"
