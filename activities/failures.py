"""From a channel's error to what happens next: one place that sorts, and one that builds Temporal's errors."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Failure, FailureClass, Reason
from munadi.domain.publication import HoldReason
from munadi.domain.reasons import REASONS, failure_of
from munadi.publishing.model import Outcome

# A wait up to this long is spent inside the activity's retries; a longer one is a hold on a durable timer.
SHORT_WAIT = timedelta(seconds=30)
# Before a preparation that lapsed is made anew.
PREPARE_ANEW = timedelta(seconds=2)

_DAILY = frozenset({Reason.DAILY_CAP_REACHED, Reason.QUOTA_EXCEEDED})


def hold_for(error: ChannelError) -> HoldReason | None:
    """The condition to wait for, when waiting can help; None when it cannot."""
    match REASONS[error.reason].class_:
        case FailureClass.TOKEN:
            return HoldReason.TOKEN
        case FailureClass.RATE_LIMIT:
            return HoldReason.DAILY_CAP if error.reason in _DAILY else HoldReason.RATE_LIMIT
        case FailureClass.OUTAGE:
            return HoldReason.OUTAGE
        case FailureClass.MEDIA | FailureClass.PERMISSION if error.effect is Effect.NOT_SENT:
            # The channel has given up its preparation and makes another; it bounds that itself, by a rejection.
            return HoldReason.OUTAGE
    return None


def failure_from(error: ChannelError, now: datetime) -> Failure:
    """What the client reads: the table's advice beside the network's own words."""
    retry_at = now + error.retry_after if error.retry_after is not None else None
    return failure_of(error.reason, error.message, error=error, retry_at=retry_at)


def outcome_of(error: ChannelError, now: datetime, *, last_try: bool) -> Outcome:
    """Sort the error of a visible call. Only a proven not-sent may be tried again or held."""
    facts = {"provider_code": error.provider_code, "raw": error.raw or error.provider_message}
    if error.effect is Effect.UNKNOWN:
        return Outcome(effect=Effect.UNKNOWN, **facts)
    hold = hold_for(error) if error.effect is Effect.NOT_SENT else None
    cause = failure_from(error, now)
    if hold is None:
        effect = Effect.NOT_SENT if error.effect is Effect.NOT_SENT else Effect.REJECTED
        return Outcome(effect=effect, failure=cause, **facts)
    if REASONS[error.reason].class_ in (FailureClass.MEDIA, FailureClass.PERMISSION):
        wait = error.retry_after or PREPARE_ANEW
        return Outcome(effect=Effect.NOT_SENT, hold=hold, hold_for=wait, hold_cause=cause, **facts)
    if hold is HoldReason.OUTAGE and not last_try and (error.retry_after or timedelta(0)) <= SHORT_WAIT:
        return Outcome(effect=Effect.NOT_SENT, retry=True, **facts)
    return Outcome(effect=Effect.NOT_SENT, hold=hold, hold_for=error.retry_after, hold_cause=cause, **facts)


def again(error: ChannelError, wait: timedelta | None = None) -> ApplicationError:
    """The error that makes Temporal try again: its type is the reason, its delay `wait` or the network's own."""
    return ApplicationError(
        str(error)[:MAX_MESSAGE],
        type=error.reason.value,
        next_retry_delay=wait or error.retry_after,
        category=ApplicationErrorCategory.BENIGN,
    )
