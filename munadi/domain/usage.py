"""A brand's usage and its limits (docs/limits.md). Months are UTC calendar months. Pure; `now` is always given.

A publication counts in the month of its `publishedAt`. Until then, and as long as it can still be published, it is
planned: for the month it is due in, for the current one once that has begun without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple, Self

from pydantic import Field

from munadi.domain.brand import BrandLimits
from munadi.domain.model import BrandOf, WireModel
from munadi.domain.problem import Problem
from munadi.domain.publication import PublicationStatus

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in UTC; its text, such as `2026-12`, matches MONTH and sorts in time."""

    text: str

    @classmethod
    def of(cls, at: datetime) -> Self:
        """The month an instant is in."""
        return cls(f"{at.astimezone(UTC):%Y-%m}")

    @property
    def start(self) -> datetime:
        """The first instant of the month."""
        return datetime.strptime(self.text, "%Y-%m").replace(tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant after the month."""
        return (self.start + timedelta(days=32)).replace(day=1)


class Limit(StrEnum):
    """The limits of a brand, by their names on the wire (`BrandLimits`)."""

    ACCOUNTS = "accounts"
    PUBLICATIONS_PER_MONTH = "publicationsPerMonth"
    API_CALLS_PER_MINUTE = "apiCallsPerMinute"
    API_CALLS_PER_MONTH = "apiCallsPerMonth"
    WEBHOOK_DELIVERIES_PER_MONTH = "webhookDeliveriesPerMonth"
    ENDPOINTS = "endpoints"
    KEYS = "keys"
    CONNECT_LINKS = "connectLinks"
    DRAFTS = "drafts"
    MEDIA_BYTES = "mediaBytes"
    RECOVERIES = "recoveries"

    def of(self, limits: BrandLimits) -> int | None:
        """The number in a brand's limits."""
        number: int | None = getattr(limits, self.name.lower())
        return number


class LimitFacts(NamedTuple):
    """The facts of one limit, and of the usage that counts against it.

    `usage` is the usage's name in `UsageView`. `label` names the limit, `title` and `explanation` the usage, `line` the
    usage in the command line. Of a holding a brand has so much at a time. A brand without a limit of its own has the
    installation's where there is one (`has_default`), else none.
    """

    usage: str
    label: str
    title: str
    explanation: str
    line: str
    is_holding: bool = False
    has_default: bool = False


_AT_A_TIME = "At the same time."


def _holding(limit: Limit, label: str, line: str, *, has_default: bool = True) -> LimitFacts:
    """A holding: its usage has the name and the label of its limit."""
    return LimitFacts(limit.value, label, label, _AT_A_TIME, line, is_holding=True, has_default=has_default)


L = Limit
# In the order of `UsageView`.
# fmt: off
LIMITS: dict[Limit, LimitFacts] = {
    L.ACCOUNTS: LimitFacts("connectedAccounts", "Accounts", "Connected accounts", _AT_A_TIME, "connected accounts"),
    L.PUBLICATIONS_PER_MONTH: LimitFacts("publications", "Publications per month", "Publications", "Posts that a network published this month.", "publications"),
    L.API_CALLS_PER_MONTH: LimitFacts("apiCalls", "API calls per month", "API calls", "With all keys, for this brand.", "API calls"),
    L.API_CALLS_PER_MINUTE: LimitFacts("apiCallsPerMinute", "API calls per minute", "API calls in this minute", "", "API calls this minute"),
    L.WEBHOOK_DELIVERIES_PER_MONTH: LimitFacts("webhookDeliveries", "Webhook deliveries per month", "Webhook deliveries", "Events sent to an endpoint. Retries are not counted.", "webhook deliveries"),
    L.ENDPOINTS: _holding(L.ENDPOINTS, "Webhook endpoints", "webhook endpoints"),
    L.KEYS: _holding(L.KEYS, "API keys", "API keys"),
    L.CONNECT_LINKS: _holding(L.CONNECT_LINKS, "Unused links to connect", "unused connect links"),
    L.DRAFTS: _holding(L.DRAFTS, "Saved drafts", "saved drafts"),
    L.MEDIA_BYTES: _holding(L.MEDIA_BYTES, "Bytes of files", "bytes of files"),
    L.RECOVERIES: _holding(L.RECOVERIES, "Running replays and recoveries", "running recoveries"),
}
# fmt: on
HOLDINGS = tuple(limit for limit, facts in LIMITS.items() if facts.is_holding)
WITH_DEFAULT = tuple(limit for limit, facts in LIMITS.items() if facts.has_default)


@dataclass(frozen=True)
class Quota:
    """The state of a limit. `window` and `resets_in` are None where it does not reset with time."""

    name: Limit
    limit: int
    used: int
    window: timedelta | None = None
    resets_in: timedelta | None = None

    @property
    def left(self) -> int:
        """How much may still be used; never less than nothing."""
        return max(0, self.limit - self.used)

    @property
    def seconds_left(self) -> int | None:
        """Whole seconds until it is renewed, at least one."""
        return None if self.resets_in is None else max(1, ceil(self.resets_in.total_seconds()))


def of_month(name: Limit, limit: int, used: int, month: Month, now: datetime) -> Quota:
    """A limit that is renewed when the month ends."""
    return Quota(name, limit, used, month.end - month.start, month.end - now)


class QuotaExceeded(Exception):
    """A brand's limit is reached. `quotas` are the exhausted ones, `actual` is what the usage would have become."""

    def __init__(self, text: str, quotas: Sequence[Quota], actual: int) -> None:
        super().__init__(text)
        self.quotas = tuple(quotas)
        self.actual = actual

    @property
    def problem(self) -> Problem:
        """The problem in the response. Its rule is the limit's name."""
        [quota, *_] = self.quotas
        return Problem(
            pointer="",
            code="QUOTA_EXCEEDED",
            message=str(self),
            rule=quota.name,
            limit=quota.limit,
            actual=self.actual,
        )


@dataclass(frozen=True)
class BrandCalls:
    """The brand that an API call counts for, and its calls in the database: of the requested month, and of the newest
    minute in it."""

    ref: str
    limits: BrandLimits
    calls: int = 0
    minute: datetime | None = None
    minute_calls: int = 0


def month_counted(
    status: PublicationStatus, due: datetime, published_at: datetime | None, now: datetime
) -> Month | None:
    """The month a publication counts in, as published or as planned; None when it will not be published."""
    match status:
        case PublicationStatus.FAILED | PublicationStatus.CANCELED:
            return None
        case PublicationStatus.PUBLISHED:
            return Month.of(published_at or due)
        case PublicationStatus.UNCONFIRMED:
            return Month.of(due)
    return Month.of(max(due, now))


class Used(WireModel):
    """Usage of one kind, and its limit."""

    used: int = Field(description="How much was used.")
    limit: int | None = Field(description="The limit; null: none.")
    remaining: int | None = Field(description="How much may still be used; null without a limit.")

    @classmethod
    def of(cls, used: int, limit: int | None) -> Self:
        """The usage with its limit, and what remains of it."""
        return cls(used=used, limit=limit, remaining=None if limit is None else max(0, limit - used))


class PublicationsUsed(Used):
    """Publications of a month. `remaining` leaves out the planned ones too."""

    planned: int = Field(description="Publications that are due in this month and not published yet.")

    @classmethod
    def counted(cls, published: int, planned: int, limit: int | None) -> Self:
        """The usage with its limit, and what remains of it."""
        remaining = None if limit is None else max(0, limit - published - planned)
        return cls(used=published, planned=planned, limit=limit, remaining=remaining)


class DeliveriesUsed(Used):
    """Webhook deliveries of a month, and those that wait because the limit is reached."""

    deferred: int = Field(description="Deliveries that wait for the next month; 0 for other months than this one.")

    @classmethod
    def counted(cls, used: int, deferred: int, limit: int | None) -> Self:
        """The usage with its limit, and what remains of it."""
        return cls(**Used.of(used, limit).model_dump(by_alias=False), deferred=deferred)


class UsageView(WireModel):
    """A brand's usage in a month, with its current limits."""

    brand_ref: BrandOf
    month: str = Field(description="A calendar month in UTC.")
    starts_at: datetime = Field(description="When the month starts.")
    ends_at: datetime = Field(description="When the next month starts.")
    connected_accounts: Used = Field(description="Now, or as the month ended.")
    publications: PublicationsUsed = Field(description="Publications of the month.")
    api_calls: Used = Field(description="API calls of the month.")
    api_calls_per_minute: Used | None = Field(description="API calls of this minute; null for other months.")
    webhook_deliveries: DeliveriesUsed = Field(description="Deliveries that were attempted; retries are not counted.")
    endpoints: Used | None = Field(description="Webhook endpoints now; null for other months, as is what follows.")
    keys: Used | None = Field(description="API keys that are valid.")
    connect_links: Used | None = Field(description="Links to connect a profile that wait to be used.")
    drafts: Used | None = Field(description="Saved drafts.")
    media_bytes: Used | None = Field(description="Bytes of stored files.")
    recoveries: Used | None = Field(description="Replays and recoveries of webhook events that run.")
