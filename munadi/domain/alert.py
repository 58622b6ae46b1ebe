"""Alerts: what people want to hear of, where, and when not. Pure; times are given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from munadi.domain.brand import BrandRef
from munadi.domain.event import EventType
from munadi.domain.model import CreatedAt, UniqueId, UpdatedAt, WireModel

MAX_URL = 2_000
# Of failures in a row: how long until the next try. The last one repeats.
_WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1_800, 3_600, 21_600))
_DIGEST_HOUR = 9
# A time of a day, as people write it.
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", max_length=5)]


class AlertType(StrEnum):
    """failed: a post was not published · unconfirmed: nobody knows whether it was · vanished: a live post is gone ·
    account: an account has to be connected again, or soon · endpoint: a webhook endpoint fails or is disabled ·
    overdue: posts are late and nothing is known to hold them · approval: a proposed post waits for somebody's
    approval."""

    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    VANISHED = "vanished"
    ACCOUNT = "account"
    ENDPOINT = "endpoint"
    OVERDUE = "overdue"
    APPROVAL = "approval"


class Digest(StrEnum):
    """hourly: at most one message in an hour · daily: one at nine o'clock, in the brand's time zone."""

    HOURLY = "hourly"
    DAILY = "daily"


# The events that alerts are about. Late posts have none: they are counted.
EVENTS = {
    EventType.PUBLISH_FAILED: AlertType.FAILED,
    EventType.PREFLIGHT_FAILED: AlertType.FAILED,
    EventType.PUBLISH_UNCONFIRMED: AlertType.UNCONFIRMED,
    EventType.WITHDRAWAL_UNCONFIRMED: AlertType.UNCONFIRMED,
    EventType.WITHDRAWAL_REFUSED: AlertType.FAILED,
    EventType.PUBLISH_VANISHED: AlertType.VANISHED,
    EventType.ACCOUNT_REAUTH_REQUIRED: AlertType.ACCOUNT,
    EventType.ACCOUNT_EXPIRING: AlertType.ACCOUNT,
    EventType.ENDPOINT_DISABLED: AlertType.ENDPOINT,
    EventType.ENDPOINT_FAILING: AlertType.ENDPOINT,
    EventType.APPROVAL_REQUESTED: AlertType.APPROVAL,
}


class QuietHours(WireModel):
    """A time of each day in which nothing is sent, in the brand's time zone. It may pass midnight."""

    since: TimeOfDay = Field(description="When it begins, such as 22:00.")
    until: TimeOfDay = Field(description="When it ends, such as 07:00.")


class AlertChange(WireModel):
    """What can be changed; null ends what is optional."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quietHours": {"since": "22:00", "until": "07:00"}}]})

    url: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_URL,
        description="Where alerts are sent, as apprise reads it: `mailtos://…`, `slack://…`, `ntfys://…`. Sealed.",
    )
    types: tuple[AlertType, ...] | None = Field(
        None, max_length=len(AlertType), description="Only these types; empty: all."
    )
    quiet_hours: QuietHours | None = Field(None, description="When nothing is sent; what happened is sent after it.")
    digest: Digest | None = Field(None, description="Null: soon after it happened.")
    enabled: bool | None = Field(
        None, description="Whether messages are sent. What happens while they are not is never sent; a test is."
    )


class AlertCreate(AlertChange):
    """A new alert; only `url` is required. Without `brandRef` it is about all brands of the key."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "ntfys://acme-posts", "brandRef": "acme", "types": ["failed"]}]}
    )

    url: str = Field(min_length=1, max_length=MAX_URL, description="Where alerts are sent, as apprise reads it.")
    brand_ref: BrandRef | None = Field(
        None, description="Only about this brand. Null or absent: about every brand that the key may see."
    )


class AlertView(WireModel):
    """An alert as it is stored. The address is shown without its secrets."""

    id: UniqueId
    brand_ref: str | None = Field(description="Only about this brand; null: about every brand.")
    service: str = Field(description="What takes the messages, such as Slack.")
    shown: str = Field(description="The address, with its secrets masked.")
    types: tuple[AlertType, ...] = Field(description="Only these types; empty: all.")
    quiet_hours: QuietHours | None = Field(description="When nothing is sent.")
    digest: Digest | None = Field(description="Null: soon after it happened.")
    enabled: bool = Field(description="Whether messages are sent.")
    last_sent_at: datetime | None = Field(description="When the last message was taken; null if none was yet.")
    last_error: str | None = Field(description="Why the last try failed; null if it did not.")
    failing_since: datetime | None = Field(description="When the first of the failed tries in a row was.")
    created_at: CreatedAt
    updated_at: UpdatedAt


class AlertTest(WireModel):
    """What became of a test message."""

    sent: bool = Field(description="Whether the service took it.")
    error: str | None = Field(description="Why not; null if it was taken.")


def wanted_events(types: Sequence[AlertType]) -> list[str]:
    """The types of events that an alert with these types reads."""
    return [event.value for event, kind in EVENTS.items() if not types or kind in types]


def wait_after(failures: int) -> timedelta:
    """How long after this many failures in a row, at least one, the next try is."""
    return _WAITS[min(failures, len(_WAITS)) - 1]


def earliest(
    now: datetime, zone: ZoneInfo, quiet: QuietHours | None, digest: Digest | None, last: datetime | None
) -> datetime:
    """When what happened by `now` may be sent: now, or after the hour, the day or the quiet hours have passed.

    `last`: when the message before was sent.
    """
    at = now
    if digest is Digest.HOURLY and last is not None:
        at = max(at, last + timedelta(hours=1))
    if digest is Digest.DAILY:
        at = _next(at, zone, f"{_DIGEST_HOUR:02}:00")
    if quiet is not None and _is_within(at.astimezone(zone), quiet):
        at = _next(at, zone, quiet.until)
    return at


def _is_within(local: datetime, quiet: QuietHours) -> bool:
    clock = f"{local:%H:%M}"
    if quiet.since <= quiet.until:
        return quiet.since <= clock < quiet.until
    return clock >= quiet.since or clock < quiet.until


def _next(at: datetime, zone: ZoneInfo, clock: str) -> datetime:
    """The next moment, not before `at`, at which clocks in the zone show this time."""
    local = at.astimezone(zone)
    hour, minute = map(int, clock.split(":"))
    found = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if found < local:
        found = (found + timedelta(days=1)).replace(hour=hour, minute=minute)
    return found.astimezone(at.tzinfo)


def problem_of(quiet: QuietHours | None) -> str | None:
    """Why these quiet hours make no sense; None if they do."""
    if quiet is not None and quiet.since == quiet.until:
        return "begin and end are the same; leave quietHours out to have none"
    return None
