"""A brand: the tenant that everything belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field
from pydantic.alias_generators import to_camel

from munadi.domain.fitting import Fit
from munadi.domain.look_ages import Looks
from munadi.domain.metadata import OwnMetadata
from munadi.domain.model import CreatedAt, WireModel

# Also Temporal's fairness key, which has at most 64 bytes.
BRAND_REF = r"^[a-z0-9][a-z0-9-]{0,62}$"
BrandRef = Annotated[str, Field(pattern=BRAND_REF, examples=["acme"])]


class BrandMode(StrEnum):
    """Where a brand publishes: `live` at the networks, `test` at the sandbox alone. It never changes."""

    LIVE = "live"
    TEST = "test"


class Duplicates(StrEnum):
    """What happens to a post that an account publishes within 24 hours already: `warn` accepts it with a warning."""

    WARN = "warn"
    REFUSE = "refuse"


class UnusableAccounts(StrEnum):
    """What happens to a post for an account that cannot publish at its time: `warn` accepts it with a warning, and the
    publication waits until the account is connected again."""

    WARN = "warn"
    REFUSE = "refuse"


class ApprovalRule(StrEnum):
    """Which posts of a brand wait for an approval. With `never` a key that may only propose is refused."""

    NEVER = "never"
    PROPOSALS = "proposals"
    ALWAYS = "always"


class BrandLimits(WireModel):
    """What a brand may use. The numbers of a month are counted in UTC. See docs/limits.md.

    Null means unlimited. For what a brand stores (`endpoints`, `keys`, `connectLinks`, `drafts`, `mediaBytes`), and
    for `recoveries`, it means the number in the installation's settings (`MUNADI_LIMITS__…`).
    """

    accounts: int | None = Field(
        None, strict=True, ge=0, le=1_000_000, description="Connected accounts at a time; null: no limit."
    )
    publications_per_month: int | None = Field(
        None, strict=True, ge=0, le=1_000_000_000, description="Publications in a calendar month (UTC); null: no limit."
    )
    api_calls_per_minute: int | None = Field(
        None, strict=True, ge=0, le=1_000_000_000, description="API calls a minute; null: no limit."
    )
    api_calls_per_month: int | None = Field(
        None, strict=True, ge=0, le=1_000_000_000, description="API calls in a calendar month (UTC); null: no limit."
    )
    webhook_deliveries_per_month: int | None = Field(
        None,
        strict=True,
        ge=0,
        le=1_000_000_000,
        description="Webhook requests in a calendar month (UTC); null: no limit.",
    )
    endpoints: int | None = Field(None, strict=True, ge=0, le=1_000_000, description="webhook endpoints at a time")
    keys: int | None = Field(None, strict=True, ge=0, le=1_000_000, description="valid API keys at a time")
    connect_links: int | None = Field(
        None, strict=True, ge=0, le=1_000_000, description="links to connect a profile that wait to be used"
    )
    drafts: int | None = Field(None, strict=True, ge=0, le=1_000_000, description="saved drafts at a time")
    media_bytes: int | None = Field(None, strict=True, ge=0, le=10**15, description="bytes of stored files")
    recoveries: int | None = Field(
        None, strict=True, ge=0, le=1_000_000, description="replays and recoveries of webhook events at a time"
    )

    def changed_by(self, sent: BrandLimits) -> BrandLimits:
        """These limits, with those that were sent (null included) replaced."""
        return self.model_copy(update={name: getattr(sent, name) for name in sent.model_fields_set})

    @classmethod
    def kept(cls, stored: Mapping[str, Any] | None) -> Self:
        """The stored limits. Fields that another version of Munadi stored are ignored."""
        known = {to_camel(name) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in (stored or {}).items() if name in known})


class BrandView(WireModel):
    """A brand as the API returns it. `timezone` is for display, calendars and weekly times; it never decides when
    a post with a time of its own is due."""

    ref: str = Field(description="The brand's short name, unique and never changed.")
    mode: BrandMode = Field(
        BrandMode.LIVE,
        description="`live`, or `test`: it publishes to the sandbox alone. It never changes.",
    )
    name: str | None = Field(description="For people.")
    timezone: str | None = Field(description="The IANA time zone for calendars and displays; null: UTC.")
    limits: BrandLimits = Field(description="What the brand may use; null: no limit.")
    duplicates: Duplicates = Field(
        description="A post that an account publishes within 24 hours already: accept it with a warning, or refuse it."
    )
    unusable_accounts: UnusableAccounts = Field(
        description="A post for an account that must be connected again: accept it with a warning, or refuse it."
    )
    approval: ApprovalRule = Field(
        ApprovalRule.PROPOSALS,
        description="Which posts wait for an approval: none, those of keys that may only propose, or all of them.",
    )
    fit: Fit = Field(
        Fit.REFUSE,
        description="What happens to videos that a network does not take: the post is refused, or they are "
        "converted first.",
    )
    looks: Looks | None = Field(
        None, description="When published posts are looked at; null: as the installation's settings say."
    )
    metadata: OwnMetadata = {}
    created_at: CreatedAt
