"""The dashboard's labels for what the API returns. No label for "accepted" may be mistaken for "published"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from markupsafe import Markup

from api.dashboard.fields import words
from api.languages.catalogue import N_, gettext
from munadi.domain.account import AccountStatus
from munadi.domain.alert import AlertType, Digest
from munadi.domain.content import ContentStatus
from munadi.domain.event import EventType
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import DismissedAs, HoldReason
from munadi.domain.webhook import DeliveryStatus
from munadi.domain.withdrawal import Verdict

S, E, A = ContentStatus, EventType, AccountStatus
_DAY = 86_400_000
# Of a lateness, in milliseconds.
_UNITS = (
    (N_("%(count)s days"), _DAY),
    (N_("%(count)s h"), 3_600_000),
    (N_("%(count)s min"), 60_000),
    (N_("%(count)s s"), 1_000),
)


# The last characters of a sentence, that of Hindi included.
_ENDS = (".", "!", "?", "…", "।")


# What became of an edit of a live post.
_EDITED = N_("Edited at the network")
_NOT_EDITED = N_("Not edited at the network")
_PERHAPS_EDITED = N_("Not certain whether it was edited")


class StatusLabel(NamedTuple):
    """`label` is for a badge, `sentence` for a page. Publications have the same statuses, except the partial one."""

    label: str
    sentence: str


STATUSES: dict[str, StatusLabel] = {
    S.ACCEPTED: StatusLabel(N_("accepted"), N_("Stored safely. Not published yet.")),
    S.QUEUED: StatusLabel(N_("scheduled"), N_("Scheduled. Not published yet.")),
    S.PUBLISHING: StatusLabel(N_("publishing"), N_("Being published now.")),
    S.PUBLISHED: StatusLabel(N_("published"), N_("The network has published it.")),
    S.PARTIALLY_PUBLISHED: StatusLabel(N_("partially published"), N_("Published on some accounts, but not on all.")),
    S.FAILED: StatusLabel(N_("failed"), N_("Could not be published. Nothing is live.")),
    S.UNCONFIRMED: StatusLabel(
        N_("unconfirmed"), N_("We don't know yet whether it was published, so we don't send it again.")
    ),
    S.CANCELED: StatusLabel(N_("canceled"), N_("Canceled before it was published.")),
}

# The statuses, a post that waits for something other than its time, and the health of accounts.
STATUS_KEYS: dict[str, StatusLabel] = {
    **STATUSES,
    "held": StatusLabel(
        N_("waiting"), N_("Waiting for an account or a network. Publishing continues once it is ready.")
    ),
    "dismissed": StatusLabel(N_("dismissed"), N_("Could not be published, and was dismissed. Nothing is live.")),
    A.CONNECTED: StatusLabel(N_("connected"), N_("Ready to publish.")),
    A.EXPIRING: StatusLabel(N_("access ends soon"), N_("The owner must reconnect it before then.")),
    A.REAUTH_REQUIRED: StatusLabel(N_("reconnect needed"), N_("Our access has ended. The owner must reconnect it.")),
    A.DISCONNECTED: StatusLabel(N_("disconnected"), N_("This account was disconnected.")),
}

EVENTS: dict[EventType, str] = {
    E.CONTENT_ACCEPTED: N_("Accepted: stored, not published yet"),
    E.CONTENT_QUEUED: N_("Scheduled"),
    E.CONTENT_RESCHEDULED: N_("Rescheduled"),
    E.CONTENT_UPDATED: N_("Edited"),
    E.CONTENT_CANCELED: N_("Canceled"),
    E.APPROVAL_REQUESTED: N_("Waiting for approval"),
    E.APPROVAL_GRANTED: N_("Approved"),
    E.APPROVAL_DECLINED: N_("Declined"),
    E.PREFLIGHT_FAILED: N_("Preflight check: it would fail if it were published now"),
    E.MEDIA_CONVERTING: N_("A video is being converted"),
    E.PUBLISH_STARTED: N_("Publishing started"),
    E.PUBLISH_SUCCEEDED: N_("Published"),
    E.PUBLISH_FAILED: N_("Failed"),
    E.PUBLISH_UNCONFIRMED: N_("Unconfirmed: we checked, and the result is still unknown"),
    E.PUBLISH_CANCELED: N_("Publication canceled"),
    E.PUBLISH_WITHDRAWN: N_("Withdrawn from the network"),
    E.PUBLISH_EDITED: N_("Edited at the network, or not: see its versions"),
    E.WITHDRAWAL_REFUSED: N_("Could not be withdrawn"),
    E.WITHDRAWAL_UNCONFIRMED: N_("Not certain whether it was withdrawn"),
    E.PUBLISH_VANISHED: N_("Not at the network any more"),
    E.PUBLISH_LIMITED: N_("Not seen by everybody"),
    E.PUBLISH_RESTORED: N_("Seen by everybody again"),
    E.PUBLISH_HELD: N_("Waiting"),
    E.PUBLISH_RESUMED: N_("Resumed"),
    E.CONTENT_COMPLETED: N_("Completed"),
    E.ACCOUNT_CONNECTED: N_("Account connected"),
    E.ACCOUNT_EXPIRING: N_("Access ends soon"),
    E.ACCOUNT_REAUTH_REQUIRED: N_("Account must be reconnected"),
    E.ACCOUNT_DISCONNECTED: N_("Account disconnected"),
    E.CONNECTION_COMPLETED: N_("Connect link used"),
    E.CONNECTION_FAILED: N_("Connect link failed"),
    E.CONNECTION_EXPIRED: N_("Connect link expired"),
    E.IMPORT_COMPLETED: N_("Import ended"),
    E.SERIES_ENDED: N_("Series ended"),
    E.WEBHOOK_TEST: N_("Webhook tested"),
    E.ENDPOINT_DISABLED: N_("Webhook endpoint disabled"),
    E.ENDPOINT_FAILING: N_("Webhook endpoint failing"),
    E.DELIVERY_EXHAUSTED: N_("Webhook delivery given up"),
}

VERDICTS: dict[Verdict, str] = {
    Verdict.LIVE: N_("It is there."),
    Verdict.LIMITED: N_("Not everybody sees all of it."),
    Verdict.PROCESSING: N_("The network still works on it."),
    Verdict.REJECTED: N_("The network has rejected it."),
    Verdict.GONE: N_("It is not at the network any more."),
    Verdict.UNSEEN: N_("The network does not show it any more."),
    Verdict.UNREADABLE: N_("We cannot see whether it is there."),
}

HOLDS: dict[HoldReason, str] = {
    HoldReason.TOKEN: N_("the owner must reconnect the account"),
    HoldReason.OUTAGE: N_("the network is not accepting posts right now"),
    HoldReason.RATE_LIMIT: N_("the network has asked us to slow down"),
    HoldReason.DAILY_CAP: N_("the account's daily posts, or the app's quota or credits at the network, are used up"),
    HoldReason.HOST_SLOW: N_("the account's server is answering slowly"),
    HoldReason.APPROVAL: N_("somebody must approve it"),
    HoldReason.QUEUE_PAUSED: N_("its queue is paused"),
}

DISMISSALS: dict[DismissedAs, str] = {
    DismissedAs.NOT_NEEDED: N_("not needed any more"),
    DismissedAs.SENT_ELSEWHERE: N_("sent elsewhere"),
}

ALERTS: dict[AlertType, str] = {
    AlertType.FAILED: N_("failures"),
    AlertType.UNCONFIRMED: N_("unconfirmed posts"),
    AlertType.VANISHED: N_("posts that are gone"),
    AlertType.ACCOUNT: N_("accounts to reconnect"),
    AlertType.ENDPOINT: N_("webhook endpoints in trouble"),
    AlertType.OVERDUE: N_("late posts"),
    AlertType.APPROVAL: N_("posts to approve"),
}
# By what the API has; the first one is for null.
DIGESTS: dict[str, str] = {
    "": N_("soon after it happened"),
    Digest.HOURLY: N_("one an hour at most"),
    Digest.DAILY: N_("one a day, at nine"),
}

DELIVERIES: dict[DeliveryStatus, str] = {
    DeliveryStatus.PENDING: N_("pending"),
    DeliveryStatus.DELIVERED: N_("delivered"),
    DeliveryStatus.EXHAUSTED: N_("exhausted"),
    DeliveryStatus.CANCELED: N_("canceled"),
}

# How long a text is, and the parts of a post that `place` names by their fields.
_IN_BYTES = N_("%(place)s: %(actual)s of %(maximum)s bytes")
_IN_CHARACTERS = N_("%(place)s: %(actual)s of %(maximum)s characters")
PLACES = (N_("Text"), N_("Link"), N_("Title"), N_("Description"))

# The steps of an attempt, as `humanize` writes them.
STEPS = (N_("Publish"), N_("Step"))

EFFECTS: dict[Effect, str] = {
    Effect.NOT_SENT: N_("not accepted"),
    Effect.SENT: N_("accepted by the network"),
    Effect.REJECTED: N_("rejected by the network"),
    Effect.UNKNOWN: N_("unknown: the network's response was lost"),
}


def status_key(content: Mapping[str, Any]) -> str:
    """A post's status, `held` when it waits for something other than its time, or `dismissed` when it failed and a
    person has dismissed every failure."""
    if content["status"] == S.FAILED:
        failed = [each["dismissal"] for each in content["publications"] if each["status"] == S.FAILED]
        return "dismissed" if all(failed) else str(S.FAILED)
    held = any(each["hold"] and each["status"] == S.QUEUED for each in content["publications"])
    return "held" if held and content["status"] == S.QUEUED else str(content["status"])


def publication_status_key(publication: Mapping[str, Any]) -> str:
    """A publication's status, `held` while it waits for a condition, or `dismissed`."""
    if publication["hold"] and publication["status"] == S.QUEUED:
        return "held"
    is_dismissed = publication["dismissal"] and publication["status"] == S.FAILED
    return "dismissed" if is_dismissed else str(publication["status"])


def happened(event: Mapping[str, Any]) -> str:
    """An event in a timeline. An edit at a network says what became of it."""
    if event["type"] == E.PUBLISH_EDITED and event["reason"]:
        return _NOT_EDITED if event["reason"] != Reason.EDIT_UNCONFIRMED else _PERHAPS_EDITED
    # A newer version may run beside this one, and has events without a label here.
    return _EDITED if event["type"] == E.PUBLISH_EDITED else EVENTS.get(event["type"], event["type"])


def place(pointer: str) -> str:
    """A part of a post by its JSON pointer, as people call it: `/parts/0` is the second post of a thread."""
    name, _, rest = pointer.strip("/").partition("/")
    match name:
        case "firstComment":
            return gettext("First comment")
        case "parts" if rest.isdigit():
            return gettext("Post %(number)s of the thread") % {"number": int(rest) + 2}
        case "media":
            number, _, part = rest.partition("/")
            file = gettext("File %(number)s") % {"number": int(number) + 1} if number.isdigit() else gettext("Files")
            return gettext("%(file)s, alternative text") % {"file": file} if part == "alt" else file
        case "options":
            return gettext(words(rest.partition("/")[0]))
    return gettext(words(name) or "Text")


def measured(lengths: Iterable[Mapping[str, Any]]) -> list[str]:
    """How long each text is, in words, each once: networks count characters in several ways."""
    found: dict[str, None] = {}
    for each in lengths:
        in_bytes = each["unit"].endswith("bytes")
        message = gettext(_IN_BYTES if in_bytes else _IN_CHARACTERS)
        values = {"place": place(each["pointer"]), "actual": each["actual"], "maximum": each["maximum"]}
        found[message % values] = None
    return list(found)


def humanize(name: str) -> str:
    """A code or name as words: MEDIA_UNREACHABLE becomes `Media unreachable`."""
    words = name.replace("_", " ").lower()
    return words[:1].upper() + words[1:]


def sentence(text: str) -> str:
    """A message of a network or of the API as a sentence: others follow it. Markup stays markup."""
    plain = text.striptags() if isinstance(text, Markup) else text
    return text if plain.rstrip().endswith(_ENDS) else text + "."


def lateness(milliseconds: int) -> str:
    """How late publishing started, in words."""
    late = timedelta(milliseconds=milliseconds)
    if late < timedelta(seconds=1):
        return gettext("on time (+%(count)s ms)") % {"count": milliseconds}
    if late < timedelta(minutes=2):
        return gettext("%(count)s s late") % {"count": f"{late.total_seconds():.1f}"}
    return gettext("%(count)s min late") % {"count": late // timedelta(minutes=1)}


def within(milliseconds: int) -> str:
    """The bound of a lateness, in the largest unit that shows it: `100 ms`, `2 s`, `30 min`."""
    for unit, size in _UNITS:
        if milliseconds >= size and (size != _DAY or milliseconds > size):
            return gettext(unit) % {"count": f"{milliseconds / size:.3g}"}
    return gettext("%(count)s ms") % {"count": milliseconds}
