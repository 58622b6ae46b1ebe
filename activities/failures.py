"""Maps a channel's error to the hold it causes, the failure to show, and the error that Temporal retries."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Failure, FailureClass, Reason
from munadi.domain.publication import HoldReason
from munadi.domain.reasons import REASONS, failure_of

# A wait up to this long is spent inside the activity's retries; a longer one is a hold on a durable timer.
SHORT_WAIT = timedelta(seconds=30)
# The code of an attempt whose run was overtaken: another run has raised the epoch.
OVERTAKEN = "OVERTAKEN"
# The code of a call that was not made, because the account was connected without the permission for it.
NOT_GRANTED = "NOT_GRANTED"

_DAILY = frozenset({Reason.DAILY_CAP_REACHED, Reason.QUOTA_EXCEEDED})


def hold_for(error: ChannelError) -> HoldReason | None:
    """The hold to apply when waiting can help; None when it cannot."""
    if error.provider_code == NOT_GRANTED:
        return HoldReason.TOKEN
    match REASONS[error.reason].class_:
        case FailureClass.TOKEN:
            return HoldReason.TOKEN
        case FailureClass.RATE_LIMIT:
            return HoldReason.DAILY_CAP if error.reason in _DAILY else HoldReason.RATE_LIMIT
        case FailureClass.OUTAGE:
            return HoldReason.HOST_SLOW if error.reason is Reason.HOST_SLOW else HoldReason.OUTAGE
        case FailureClass.MEDIA | FailureClass.PERMISSION if error.effect is Effect.NOT_SENT:
            # The channel gave up its preparation and makes another. It limits these repeats itself, by a rejection.
            return HoldReason.OUTAGE
    return None


def failure_from(error: ChannelError, now: datetime) -> Failure:
    """The failure that the client reads: the reason's advice and the network's own words."""
    retry_at = now + error.retry_after if error.retry_after is not None else None
    return failure_of(error.reason, error.message, error=error, retry_at=retry_at)


def again(error: ChannelError, wait: timedelta | None = None) -> ApplicationError:
    """The error that makes Temporal retry: its type is the reason, its delay is `wait` or the network's Retry-After."""
    return ApplicationError(
        str(error)[:MAX_MESSAGE],
        type=error.reason.value,
        next_retry_delay=wait or error.retry_after,
        category=ApplicationErrorCategory.BENIGN,
    )
