"""The text of alerts: what happened, why, what to do, and where to look. No text of a post is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from munadi.alerts.store import News
from munadi.db.tables import EventRow
from munadi.domain.alert import EVENTS, AlertType
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS

# One, and several.
_COUNTED = {
    AlertType.FAILED: ("{} failure", "{} failures"),
    AlertType.UNCONFIRMED: ("{} unconfirmed post", "{} unconfirmed posts"),
    AlertType.VANISHED: ("{} post is gone", "{} posts are gone"),
    AlertType.ACCOUNT: ("{} account needs a login", "{} accounts need a login"),
    AlertType.ENDPOINT: ("{} webhook endpoint has trouble", "{} webhook endpoints have trouble"),
    AlertType.APPROVAL: ("{} post to approve", "{} posts to approve"),
    AlertType.OVERDUE: ("{} post is late", "{} posts are late"),
}
_HAPPENED = {
    EventType.PUBLISH_FAILED: "A post was not published",
    EventType.PREFLIGHT_FAILED: "A post will fail unless something is changed",
    EventType.PUBLISH_UNCONFIRMED: "It is not known whether a post was published",
    EventType.WITHDRAWAL_UNCONFIRMED: "It is not known whether a post was withdrawn",
    EventType.WITHDRAWAL_REFUSED: "A post could not be withdrawn",
    EventType.PUBLISH_VANISHED: "A live post is gone",
    EventType.ACCOUNT_REAUTH_REQUIRED: "An account has to be connected again",
    EventType.ACCOUNT_EXPIRING: "An account has to be connected again soon",
    EventType.ENDPOINT_DISABLED: "A webhook endpoint was disabled",
    EventType.ENDPOINT_FAILING: "A webhook endpoint fails",
    EventType.APPROVAL_REQUESTED: "A post waits for approval",
}
_LATE = "Nothing is known to hold them. Check that a worker runs: munadi doctor, on the server."
TEST = "This is a test. Alerts about your posts will arrive here."


class Message(NamedTuple):
    """What is sent."""

    title: str
    body: str


def message_of(news: News, base_url: str) -> Message | None:
    """The message about what happened; None if nothing is left to say."""
    lines = [_line(event, news.zone, base_url) for event in news.events]
    counts = Counter(EVENTS[EventType(event.type)] for event in news.events)
    if news.overdue.oldest is not None:
        counts[AlertType.OVERDUE] = news.overdue.count
        since = f"{news.overdue.oldest.astimezone(news.zone):%Y-%m-%d %H:%M %Z}"
        lines.append(f"Posts are late, the oldest since {since}. {_LATE}")
    if not lines:
        return None
    if news.more:
        lines.append(f"And {news.more} more: {base_url}/attention")
    return Message(_title(news.alert.brand_ref, counts, news.more), "\n\n".join(lines))


def _title(brand_ref: str | None, counts: Counter[AlertType], more: int) -> str:
    parts = [_COUNTED[kind][count > 1].format(count) for kind, count in counts.most_common()]
    if more:
        parts.append(f"{more} more")
    return f"Munadi, {brand_ref or 'all brands'}: {', '.join(parts)}"


def _line(event: EventRow, zone: ZoneInfo, base_url: str) -> str:
    kind = EventType(event.type)
    about = [each for each in (event.brand_ref, event.sns, _named(event)) if each]
    head = f"{_HAPPENED[kind]} ({', '.join(about)}), {event.created_at.astimezone(zone):%Y-%m-%d %H:%M %Z}."
    return " ".join([head, *_why(event), f"{base_url}{_page(event)}"])


def _named(event: EventRow) -> str | None:
    """The account's handle, or the endpoint's address."""
    account, endpoint = event.data.get("account") or {}, event.data.get("endpoint") or {}
    found = account.get("handle") or endpoint.get("url")
    return str(found)[:200] if found else None


def _why(event: EventRow) -> Sequence[str]:
    if event.reason not in set(Reason):
        return ()
    facts = REASONS[Reason(event.reason)]
    return (f"{event.reason}: {facts.meaning}", facts.remedy)


def _page(event: EventRow) -> str:
    if event.content_id is not None:
        return f"/contents/{event.content_id}"
    endpoint = event.data.get("endpoint") or {}
    if endpoint.get("id"):
        return f"/webhooks/{endpoint['id']}"
    return "/accounts"
