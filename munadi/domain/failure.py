"""Why a publication failed, and what to do about it.

    Reason ──(REASONS)──► FailureClass, Retryable, remedy        one row per reason, proven complete by a test
    ChannelError          raised by a channel: a reason + what we know of its effect (Effect)
      PostDropped         …of a check: the network accepted the post and gave it up
    Failure               what a client reads

`Effect` is the fact that decides whether anything may be sent again; `Retryable` is advice to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import WireModel

MAX_MESSAGE = 500
MAX_RAW = 4_000


class FailureClass(StrEnum):
    """Whose problem it is. It also decides whether a post waits or fails: `hold_for` in `activities/failures.py`."""

    TOKEN = "TOKEN"
    PERMISSION = "PERMISSION"
    MEDIA = "MEDIA"
    POLICY = "POLICY"
    RATE_LIMIT = "RATE_LIMIT"
    DUPLICATE = "DUPLICATE"
    OUTAGE = "OUTAGE"
    INVALID_REQUEST = "INVALID_REQUEST"
    CONFIG = "CONFIG"
    UNKNOWN = "UNKNOWN"


class Retryable(StrEnum):
    """Whether and when trying again can help."""

    AUTO = "auto"
    AFTER_WAIT = "after_wait"
    AFTER_FIX = "after_fix"
    RECONCILE = "reconcile"
    NEVER = "never"


class Effect(StrEnum):
    """What is known about the effect of a visible call. Only NOT_SENT may be sent again without a reconcile."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Stable reasons: never renamed, only added to."""

    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    TOKEN_REVOKED = "TOKEN_REVOKED"
    TOKEN_EXPIRES_BEFORE_SLOT = "TOKEN_EXPIRES_BEFORE_SLOT"
    ACCOUNT_DISCONNECTED = "ACCOUNT_DISCONNECTED"
    LOGIN_CHECKPOINT = "LOGIN_CHECKPOINT"
    MISSING_SCOPE = "MISSING_SCOPE"
    CONSENT_DENIED = "CONSENT_DENIED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    PROFILE_MISMATCH = "PROFILE_MISMATCH"
    ACCOUNT_LIMIT_REACHED = "ACCOUNT_LIMIT_REACHED"
    ROLE_OR_2FA_REQUIRED = "ROLE_OR_2FA_REQUIRED"
    TARGET_NOT_ACCESSIBLE = "TARGET_NOT_ACCESSIBLE"
    ACCOUNT_RESTRICTED = "ACCOUNT_RESTRICTED"
    APP_NOT_APPROVED = "APP_NOT_APPROVED"
    MEDIA_VALIDATION_FAILED = "MEDIA_VALIDATION_FAILED"
    MEDIA_UNREACHABLE = "MEDIA_UNREACHABLE"
    MEDIA_PROCESSING_FAILED = "MEDIA_PROCESSING_FAILED"
    MEDIA_PROCESSING_TIMEOUT = "MEDIA_PROCESSING_TIMEOUT"
    MEDIA_DOMAIN_UNVERIFIED = "MEDIA_DOMAIN_UNVERIFIED"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    INVALID_FIELD = "INVALID_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    CONTENT_POLICY = "CONTENT_POLICY"
    SPAM_BLOCKED = "SPAM_BLOCKED"
    FEATURE_NOT_ELIGIBLE = "FEATURE_NOT_ELIGIBLE"
    RATE_LIMITED = "RATE_LIMITED"
    DAILY_CAP_REACHED = "DAILY_CAP_REACHED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    DUPLICATE_CONTENT = "DUPLICATE_CONTENT"
    PROVIDER_OUTAGE = "PROVIDER_OUTAGE"
    NETWORK_UNREACHABLE = "NETWORK_UNREACHABLE"
    HOST_SLOW = "HOST_SLOW"
    MEDIA_STORE_UNAVAILABLE = "MEDIA_STORE_UNAVAILABLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    WITHDRAWAL_REFUSED = "WITHDRAWAL_REFUSED"
    WITHDRAWAL_UNCONFIRMED = "WITHDRAWAL_UNCONFIRMED"
    EDIT_REFUSED = "EDIT_REFUSED"
    EDIT_CONFLICT = "EDIT_CONFLICT"
    EDIT_UNCONFIRMED = "EDIT_UNCONFIRMED"
    WINDOW_MISSED = "WINDOW_MISSED"
    APPROVAL_MISSING = "APPROVAL_MISSING"
    UNKNOWN_PROVIDER_ERROR = "UNKNOWN_PROVIDER_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Failure(WireModel):
    """Why a publication failed: the reason, whether a retry can help, what to do, and the network's own words."""

    reason: Reason = Field(description="Why, for programs; stable (docs/reference/reasons.md).")
    class_: FailureClass = Field(alias="class", description="The kind of reason.")
    retryable: Retryable = Field(description="Whether and when a retry can help.")
    message: str = Field(description="What happened, for people.")
    remedy: str = Field(description="What to do about it.")
    provider_code: str | None = Field(None, description="The network's own code.")
    provider_message: str | None = Field(None, description="The network's own words.")
    retry_after: datetime | None = Field(None, description="When a retry can help, where that is known.")
    attempt_id: str | None = Field(None, description="The attempt that failed.")


@dataclass
class ChannelError(Exception):
    """A network refused a call or did not answer. `effect` is what is known about the effect of the call.

    `retry_after` is how long to wait before this is tried again, `named_wait` what the network sent as Retry-After;
    `raw` is its answer, already redacted and bounded. `credentials_version` is that of the credentials of the call, so
    that the failure of a connection is never recorded for the one that replaced it. `may_be_ours`: an earlier request
    of the same step may be the cause (a duplicate, a conflict, a medium that is used already). `of_app`: the network
    limits the app, so the calls for its other accounts would be refused, too.
    """

    reason: Reason
    effect: Effect
    message: str
    provider_code: str | None = None
    provider_message: str | None = None
    retry_after: timedelta | None = None
    raw: str | None = None
    named_wait: timedelta | None = None
    credentials_version: int | None = None
    may_be_ours: bool = False
    of_app: bool = False

    @property
    def pause(self) -> timedelta | None:
        """How long to make no calls for the account: it is throttled, or the network sent a Retry-After."""
        if self.named_wait is not None:
            return self.named_wait
        return self.retry_after if self.reason is Reason.RATE_LIMITED else None

    def __post_init__(self) -> None:
        super().__init__(self.message)

    def __str__(self) -> str:
        code = f" ({self.provider_code})" if self.provider_code else ""
        return f"{self.reason}{code}: {self.message}"


@dataclass
class PostDropped(ChannelError):
    """The network had accepted the post, and reports that it gave it up: nothing is live, and never will be.

    Raised by a check alone. With the effect `not_sent` the post is prepared and sent again after `retry_after`.
    """


@dataclass
class FieldRefused(ChannelError):
    """A field of a request is wrong. `pointer` is the field, `rule` stable; `limit` is what it must be, `actual` is
    what was found. The message says what to do."""

    pointer: str = ""
    rule: str | None = None
    limit: str | None = None
    actual: str | None = None
