"""What the publish protocol's ledger tells an activity: the work, an intent, an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.content import PublicationDraft
from munadi.domain.failure import Effect
from munadi.domain.publication import Handle, PublicationStatus

# The first stage of every publication; later visible steps have names of their own (`comment`, `part-2`).
POST = "post"


@dataclass(frozen=True)
class OpenAttempt:
    """A visible call whose end is not certain.

    `outcome` is what its caller said: UNKNOWN, SENT when the network accepted it and works on it still, else None.
    """

    id: str
    stage: str
    intent_at: datetime
    deadline_at: datetime
    outcome: Effect | None
    number: int = 1


@dataclass(frozen=True)
class Work:
    """A publication as an activity needs it: what to show, for whom, and what is on record."""

    publication_id: str
    content_id: str
    account_id: str
    channel: str
    status: PublicationStatus
    epoch: int
    draft_version: int
    draft: PublicationDraft
    handle: Handle | None
    publish_by: datetime
    attempts: int
    looks: int
    open_attempt: OpenAttempt | None
    # Since when the network may have it unknown to us: the database is a restored one.
    look_since: datetime | None = None
    # The next later visible step of a published one, and its visible call whose end is not certain.
    stage: str | None = None
    stage_attempt: OpenAttempt | None = None


@dataclass(frozen=True)
class Intent:
    """A recorded intent: the visible call may be made, until the deadline it was opened with."""

    attempt_id: str
    number: int
    at: datetime


@dataclass(frozen=True)
class IntentRefused:
    """No visible call may be made: GONE, STALE, ACCOUNT_GONE, PAUSED (for `wait`), OPEN_ATTEMPT."""

    code: str
    wait: timedelta | None = None


@dataclass(frozen=True)
class Settled:
    """What is true of a publication after a transaction."""

    status: PublicationStatus
    epoch: int
    next_look_at: datetime | None
    deliveries: int
    stages_left: bool = False


class StaleEpoch(Exception):
    """The draft was edited or somebody overtook this activity: stop, and change nothing."""
