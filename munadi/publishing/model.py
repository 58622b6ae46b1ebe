"""The types of the publishing core. What passes through Temporal holds only ids, times, enums and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from munadi.domain.channel import ChannelName
from munadi.domain.content import PublicationDraft
from munadi.domain.failure import Effect, Failure
from munadi.domain.model import Model
from munadi.domain.publication import ENDED, Handle, HoldReason, PublicationStatus, Published


class Plan(Model):
    """One publication as the workflow must treat it now.

    `prepare_at` is None when nothing invisible is left to do; `held_until` is None when nothing holds it, and
    far in the future when only somebody's act can release it.
    """

    publication_id: str
    channel: ChannelName
    status: PublicationStatus
    epoch: int
    due_at: datetime
    publish_by: datetime
    prepare_at: datetime | None = None
    held_until: datetime | None = None
    next_look_at: datetime | None = None
    stages_left: bool = False

    @property
    def claimable_at(self) -> datetime | None:
        """When it may be claimed; None while it is not waiting or not prepared."""
        if self.status is not PublicationStatus.QUEUED or self.prepare_at is not None:
            return None
        return max(self.due_at, self.held_until or self.due_at)

    @property
    def preparable_at(self) -> datetime | None:
        """When its preparation may begin; None when nothing is left to prepare."""
        if self.status is not PublicationStatus.QUEUED or self.prepare_at is None:
            return None
        return max(self.prepare_at, self.held_until or self.prepare_at)

    @property
    def wants_at(self) -> datetime | None:
        """The next moment at which something must happen to it; None when it rests or somebody is at it."""
        if self.status is PublicationStatus.QUEUED:
            at = self.claimable_at or self.preparable_at
            return None if at is None else min(at, self.publish_by)
        looked_for = self.status in (PublicationStatus.UNCONFIRMED, PublicationStatus.PUBLISHED)
        return self.next_look_at if looked_for else None

    @property
    def rests(self) -> bool:
        """Ended, with no look planned and no later visible step (a comment, a part) to take."""
        return self.status in ENDED and self.next_look_at is None and not self.stages_left


class View(Model):
    """The answer of a look. `deliveries` counts the event deliveries that wait for `deliver`."""

    content_id: str
    brand_ref: str
    draft_version: int
    plans: tuple[Plan, ...]
    deliveries: int = 0


class Mode(StrEnum):
    """How to take up a publication that is `publishing`."""

    PUBLISH = "publish"
    LOOK_FIRST = "look_first"
    RECONCILE = "reconcile"
    STAGES = "stages"
    LOCATE = "locate"


class Claimed(Model):
    """One publication that is `publishing`, with the epoch under which this run may act."""

    publication_id: str
    channel: ChannelName
    epoch: int
    draft_version: int
    mode: Mode


class Claim(Model):
    """The answer of a claim: what is publishing now, or how long to sleep (a lagging clock must not spin)."""

    claimed: tuple[Claimed, ...] = ()
    sleep: timedelta | None = None
    deliveries: int = 0


class NextStep(StrEnum):
    """What the workflow does next with a publication."""

    DONE = "done"
    LOOK = "look"
    READY = "ready"
    AGAIN = "again"
    CHECK = "check"
    RECONCILE = "reconcile"
    PUBLISH = "publish"
    STAGE = "stage"
    LOCATE = "locate"


class StepResult(Model):
    """The answer of an activity on one publication: its status now, and the next step after `after`."""

    publication_id: str
    status: PublicationStatus
    step: NextStep
    epoch: int
    after: timedelta = timedelta(0)
    next_look_at: datetime | None = None
    deliveries: int = 0


class Command(StrEnum):
    """What an operator may signal."""

    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    RETRY = "retry"


class CommandResult(Model):
    """What became of an operator's signal, in words for the current details."""

    applied: bool
    text: str


class Outcome(Model):
    """How one attempt ended, as the channel's answer was sorted. Exactly one of the four outcomes is told.

    published: it is live · failure: refused for good · hold: not sent, wait · pending: accepted, not yet live;
    none of them: unknown, the attempt stays open for `reconcile`.
    `credentials_version`: of the credentials that the call was made with; a failure is noted on their connection only.
    """

    effect: Effect
    published: Published | None = None
    failure: Failure | None = None
    hold: HoldReason | None = None
    hold_for: timedelta | None = None
    hold_cause: Failure | None = None
    pending: bool = False
    retry: bool = False
    provider_code: str | None = None
    raw: str | None = None
    credentials_version: int | None = None


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
