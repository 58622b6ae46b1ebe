"""What came of a step. `munadi.publishing.outcomes` has the table that applies each to its publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.failure import ChannelError, Effect, Failure, Reason
from munadi.domain.publication import ClosedBy, HoldReason, PostedId, Published, Warning_
from munadi.domain.publishing import NextStep

NOW = timedelta(0)


@dataclass(frozen=True)
class Live:
    """It is at the network: the post as `published`, or a later step, of which only what it `made` there is kept."""

    published: Published | None = None
    made: tuple[PostedId, ...] = ()


@dataclass(frozen=True)
class InProgress:
    """The network accepted the post and still works on it: it is checked, and never sent again."""

    after: timedelta = NOW
    then: NextStep = NextStep.CHECK


@dataclass(frozen=True)
class Failed:
    """It is refused for good, or cannot be sent at all."""

    failure: Failure
    effect: Effect = Effect.REJECTED


@dataclass(frozen=True)
class Held:
    """It was not sent, and waits: for `wait`, or, where that is None, for longer each time.

    `prepares_again`: what was prepared was accepted and given up by the network.
    """

    reason: HoldReason
    wait: timedelta | None = None
    cause: Failure | None = None
    prepares_again: bool = False


@dataclass(frozen=True)
class Requeued:
    """No request was ever made: it is due at once."""


@dataclass(frozen=True)
class NotSent:
    """This request had no effect, and the publication stays as it is.

    `retry`: the activity raises, so that Temporal repeats it. Otherwise the workflow continues with `then`.
    """

    then: NextStep | None = None
    after: timedelta = NOW
    retry: bool = False


@dataclass(frozen=True)
class Open:
    """The request may have been received, so the attempt stays open and the network is checked.

    `is_refused`: it was refused while an earlier one may be live, which is evidence and no failure (decision 30).
    """

    then: NextStep | None = None
    after: timedelta = NOW
    is_refused: bool = False


@dataclass(frozen=True)
class Unclear:
    """Checks do not show whether it is live: a post is unconfirmed, a later step gets a warning. Both are checked again
    after `look_after`."""

    look_after: timedelta
    warning: Warning_ | None = None


@dataclass(frozen=True)
class GivenUp:
    """A later step is not taken, nor are those behind it; the post is live without them."""

    warning: Warning_
    because: Reason | None
    effect: Effect


Outcome = Live | InProgress | Failed | Held | Requeued | NotSent | Open | Unclear | GivenUp


@dataclass(frozen=True)
class CallRecord:
    """What the record of a call keeps beside its outcome.

    `first_byte_at` is when it began, None where that is not known. `credentials_version` is that of the credentials it
    was made with: a failure is recorded on their connection only. `closed_by` is what closes its attempt, if anything.
    """

    provider_code: str | None = None
    raw: str | None = None
    first_byte_at: datetime | None = None
    credentials_version: int | None = None
    closed_by: ClosedBy = ClosedBy.ANSWER

    @classmethod
    def of(cls, error: ChannelError) -> CallRecord:
        """What an error says about the call."""
        raw = error.raw or error.provider_message
        return cls(provider_code=error.provider_code, raw=raw, credentials_version=error.credentials_version)


NO_CALL = CallRecord()


def effect_of(outcome: Outcome) -> Effect:
    """What the request of an outcome did at the network."""
    match outcome:
        case Live() | InProgress():
            return Effect.SENT
        case Failed() | GivenUp():
            return outcome.effect
        case Open():
            return Effect.REJECTED if outcome.is_refused else Effect.UNKNOWN
        case Unclear():
            return Effect.UNKNOWN
        case Held() | Requeued() | NotSent():
            return Effect.NOT_SENT
