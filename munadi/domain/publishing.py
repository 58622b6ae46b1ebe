"""The types of the publishing core.

The workflow of a post has a `Plan` for each publication. An activity takes one `Step` at a time; each try is an
`Attempt` and ends with an `Outcome`. Types that pass through Temporal hold only ids, times, enums and counts. Their
field names never change, because recorded histories have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from munadi.domain.attempt import Attempt as Attempt
from munadi.domain.attempt import Doubt as Doubt
from munadi.domain.channel import ChannelName
from munadi.domain.content import PublicationDraft
from munadi.domain.fitting import PlannedRendition
from munadi.domain.model import Passed
from munadi.domain.publication import ENDED, Preparation, PublicationStatus

# The invisible step before the post. It has no attempts, because it may be repeated.
PREPARE = "prepare"


class NextStep(StrEnum):
    """What the workflow does next with a publication.

    LOOK: read the database again. LOOK_FIRST: check the network before the first send. STEP: the next step after the
    post. LOCATE: read the id of a post that is live without one. WITHDRAW: take the next step of a withdrawal.
    EDIT: take the next step of an edit of what is live.
    """

    DONE = "done"
    LOOK = "look"
    READY = "ready"
    AGAIN = "again"
    CHECK = "check"
    RECONCILE = "reconcile"
    PUBLISH = "publish"
    LOOK_FIRST = "look_first"
    STEP = "step"
    LOCATE = "locate"
    WITHDRAW = "withdraw"
    EDIT = "edit"


class Plan(Passed):
    """What the workflow must do for one publication, and when.

    `prepare_at` is None when nothing invisible is left to do. `held_until` is None when no condition holds it, and far
    in the future when only a person can release it.
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
    has_steps_left: bool = False
    account_id: str = ""
    # When to look again for a later step whose outcome is unknown.
    step_look_at: datetime | None = None
    # When the withdrawal of a live post acts next.
    withdrawal_at: datetime | None = None
    # When the edit of a live post acts next.
    edit_at: datetime | None = None

    @property
    def claimable_at(self) -> datetime | None:
        """When the publication may be claimed; None while it is not queued or not prepared."""
        if self.status is not PublicationStatus.QUEUED or self.prepare_at is not None:
            return None
        return max(self.due_at, self.held_until or self.due_at)

    @property
    def preparable_at(self) -> datetime | None:
        """When the preparation may begin; None when nothing is left to prepare."""
        if self.status is not PublicationStatus.QUEUED or self.prepare_at is None:
            return None
        return max(self.prepare_at, self.held_until or self.prepare_at)

    @property
    def wants_at(self) -> datetime | None:
        """The next time at which the workflow must act; None when the publication has ended or a task works on it."""
        if self.status is PublicationStatus.QUEUED:
            at = self.claimable_at or self.preparable_at
            return None if at is None else min(at, self.publish_by)
        if self.status is PublicationStatus.PUBLISHED:
            wanted = (self.next_look_at, self.step_look_at, self.withdrawal_at, self.edit_at)
            return min((at for at in wanted if at is not None), default=None)
        return self.next_look_at if self.status is PublicationStatus.UNCONFIRMED else None

    @property
    def rests(self) -> bool:
        """Whether it has ended, with no check, no later step (a comment, a part), no withdrawal and no edit planned."""
        times = (self.next_look_at, self.withdrawal_at, self.edit_at)
        is_planned = self.has_steps_left or any(at is not None for at in times)
        return self.status in ENDED and not is_planned


class View(Passed):
    """A post as the workflow reads it. `deliveries` counts the new event deliveries."""

    content_id: str
    brand_ref: str
    draft_version: int
    plans: tuple[Plan, ...]
    deliveries: int = 0


class Start(Passed):
    """The input of a post's workflow.

    `view` is the post as it was accepted: with it the workflow need not read the database before the due time.
    """

    view: View | None = None


class Claimed(Passed):
    """A publication that a workflow acts on, with the epoch under which it may. `mode`: its first step.

    It is `publishing`, or it is still `queued` and `publish` claims it at `claim_at`.
    """

    publication_id: str
    channel: ChannelName
    epoch: int
    draft_version: int
    mode: NextStep
    claim_at: datetime | None = None
    account_id: str = ""


class StepResult(Passed):
    """The result of an activity: the status of the publication, and its next step, to be taken after `after`."""

    publication_id: str
    status: PublicationStatus
    step: NextStep
    epoch: int
    after: timedelta = timedelta(0)
    next_look_at: datetime | None = None
    deliveries: int = 0


class Command(StrEnum):
    """The signals of operators."""

    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    RETRY = "retry"


class CommandResult(Passed):
    """Whether an operator's signal was applied, in words for the current details."""

    applied: bool
    text: str


class NoCall(StrEnum):
    """Why no visible call may be made: there is no such publication, another run has taken over, its account was
    disconnected or is paused, or the outcome of an earlier call is open."""

    GONE = "gone"
    STALE = "stale"
    ACCOUNT_GONE = "account_gone"
    PAUSED = "paused"
    OPEN_ATTEMPT = "open_attempt"


@dataclass(frozen=True)
class Refused:
    """No visible call may be made now. PAUSED: not for `wait`."""

    because: NoCall
    wait: timedelta | None = None


@dataclass(frozen=True)
class Step:
    """The next visible step of a publication, with its draft, its account and its open attempt.

    `name` is POST until the post is live, then the next later step (`comment`, `part-2`), or None when none is left.
    `attempt` is the open attempt of that step. `attempts` counts all of the publication. `look_since` is set when the
    database is a restored one: since then the network may have the post without a record here. `doubt` is set while no
    attempt is open and an earlier one may have been received. `unfitted`: renditions that are still to be made; the
    draft has those that are made in place of their files.
    """

    publication_id: str
    content_id: str
    account_id: str
    channel: str
    status: PublicationStatus
    epoch: int
    draft_version: int
    draft: PublicationDraft
    preparation: Preparation | None
    publish_by: datetime
    attempts: int
    looks: int
    name: str | None
    attempt: Attempt | None = None
    look_since: datetime | None = None
    doubt: Doubt | None = None
    unfitted: tuple[PlannedRendition, ...] = ()

    def then(self, step: NextStep, after: timedelta = timedelta(0)) -> StepResult:
        """The result for an unchanged publication that continues with `step`."""
        return StepResult(
            publication_id=self.publication_id, status=self.status, step=step, epoch=self.epoch, after=after
        )


@dataclass(frozen=True)
class ClaimResult:
    """The result of a claim, with the attempt if one was opened in the same transaction.

    `found` is the first step of the publication, the time until it is due, or None if it was not claimed.
    """

    step: Step
    attempt: Attempt | Refused | None
    found: NextStep | timedelta | None


class StaleEpoch(Exception):
    """The draft was edited, or another run has taken over: stop, and change nothing."""
