"""Policies: how each ending of a step changes a publication. One for the post, one for the steps after it.

The post fails, waits or is unconfirmed. A later step (a first comment, a part of a thread) never changes the status of
a post that is live: it is retried a few times, and what cannot be done is a warning.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.failures import OVERTAKEN, SHORT_WAIT, failure_from, hold_for
from activities.messages import PUBLISH_TRIES
from activities.step_runner import SPACING, Answer
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.outcome import Failed, GivenUp, Held, InProgress, Live, NotSent, Open, Outcome, Unclear
from munadi.domain.publication import (
    CHAIN_INCOMPLETE,
    COMMENT,
    FIRST_COMMENT_FAILED,
    LOOK_GROWTH,
    OUTCOME_UNKNOWN,
    HoldReason,
    Pending,
    PublicationStatus,
    Published,
    Unknown,
    Warning_,
    growing,
)
from munadi.domain.publishing import Attempt, NextStep, NoCall, Refused, Step, StepResult
from munadi.domain.reasons import REASONS, failure_of

# The wait between two checks of an accepted publication.
CHECK_AGAIN = timedelta(seconds=10)
# The wait before an expired preparation is repeated.
PREPARE_AGAIN = timedelta(seconds=2)
MAX_TRIES = 4
# The waits between two checks for a later step whose outcome is unknown: as long as it has been unknown, within these.
FIRST_LOOK, LAST_LOOK = timedelta(minutes=1), timedelta(hours=1)
# What a channel reports while the network still processes a part that this step created: a wait, not a failure.
IN_PROGRESS = "IN_PROGRESS"


class PostPolicy:
    """The policy of the post itself."""

    reconcile = NextStep.RECONCILE
    skew = timedelta(seconds=60)

    def deadline(self, spec: ChannelSpec, step: Step) -> timedelta:
        """The deadline of the call; longer if it uploads large media."""
        return spec.deadline_for(step.draft.media_bytes)

    def no_token(self, step: Step, error: ChannelError, now: datetime) -> Outcome | StepResult:
        """Hold, whatever the effect says: no call was made."""
        return Held(hold_for(error) or HoldReason.OUTAGE, error.retry_after, failure_from(error, now))

    def refused(self, step: Step, refused: Refused) -> Outcome | StepResult:
        """Hold while the account is paused; fail if it is disconnected."""
        match refused.because:
            case NoCall.PAUSED:
                return Held(HoldReason.RATE_LIMIT, refused.wait)
            case NoCall.ACCOUNT_GONE:
                return Failed(failure_of(Reason.ACCOUNT_DISCONNECTED), Effect.NOT_SENT)
            case NoCall.OPEN_ATTEMPT:
                return step.then(NextStep.RECONCILE)
        return step.then(NextStep.LOOK)

    def ended(self, step: Step, attempt: Attempt, answer: Answer, now: datetime) -> Outcome:
        """Published or pending, or the outcome of the error."""
        if isinstance(answer, Published):
            return Live(answer)
        if isinstance(answer, Pending):
            return InProgress(answer.after or CHECK_AGAIN)
        # While an earlier attempt may be live, a retry waits as a hold: the network is checked before it.
        last_try = attempt.uncertain_since is not None or activity.info().attempt >= PUBLISH_TRIES
        outcome = outcome_of(answer, now, last_try=last_try)
        # A network that keeps refusing what is prepared again is asked more and more rarely.
        if isinstance(outcome, Held) and outcome.wait == PREPARE_AGAIN and step.attempts > MAX_TRIES:
            return replace(outcome, wait=None)
        return outcome

    def found(self, published: Published) -> Outcome:
        """Published: a check found the post."""
        return Live(published)

    def absent(self, step: Step, attempt: Attempt) -> Outcome:
        """Queue it again: at once the first time, then with growing holds."""
        wait = timedelta(0) if step.attempts <= 1 else None
        return Held(HoldReason.OUTAGE, wait)

    def unclear(self, step: Step, found: Unknown, since: datetime, now: datetime) -> Outcome:
        """As `unknown`; the post waits longer after each check, by their number in `step`."""
        return self.unknown(step, found)

    def unknown(self, step: Step, found: Unknown) -> Outcome:
        """Unconfirmed, with the reason and a growing wait until the next check."""
        spacing = growing(LOOK_GROWTH, step.looks if step.status is PublicationStatus.UNCONFIRMED else 0)
        note = found.note[:300]
        message = f"it is unknown whether the post is live: {note}. Look for it there, then resolve the publication"
        why = Warning_(code=OUTCOME_UNKNOWN, message=message, channel=step.channel)
        return Unclear(max(spacing, found.pause or timedelta(0)), why)


class LaterStepPolicy:
    """The policy of a later step: a first comment, or a part of a thread."""

    reconcile = NextStep.STEP
    skew = SPACING

    def deadline(self, spec: ChannelSpec, step: Step) -> timedelta:
        """The usual deadline: nothing large is uploaded within the call."""
        return spec.publish_deadline

    def no_token(self, step: Step, error: ChannelError, now: datetime) -> Outcome | StepResult:
        """Retry after a pause; give the step up for any other reason."""
        if error.reason is Reason.RATE_LIMITED and error.retry_after is not None:
            return step.then(NextStep.STEP, error.retry_after)
        return self._given_up(step, error)

    def refused(self, step: Step, refused: Refused) -> Outcome | StepResult:
        """Retry after a pause; otherwise read the database again."""
        if refused.because is NoCall.PAUSED and refused.wait is not None:
            return step.then(NextStep.STEP, refused.wait)
        return step.then(NextStep.LOOK)

    def ended(self, step: Step, attempt: Attempt, answer: Answer, now: datetime) -> Outcome:
        """Done if the network accepted it; otherwise retry a few times."""
        if not isinstance(answer, ChannelError):
            return Live(made=answer.made if isinstance(answer, Published) else ())
        if answer.effect is Effect.UNKNOWN:
            return Open(NextStep.STEP, SPACING)
        still_processing = answer.provider_code == IN_PROGRESS and now < step.publish_by
        if answer.effect is Effect.NOT_SENT and (attempt.number < MAX_TRIES or still_processing):
            after = answer.retry_after or SPACING * attempt.number
            return NotSent(NextStep.STEP, after)
        return self._given_up(step, answer)

    def found(self, published: Published) -> Outcome:
        """Done: a check found the step, and the next one follows."""
        return Live(made=published.made)

    def absent(self, step: Step, attempt: Attempt) -> Outcome:
        """Send it again, a few times."""
        if attempt.number < MAX_TRIES:
            return NotSent()
        return GivenUp(self._doubtful(step), Reason.OUTCOME_UNKNOWN, Effect.NOT_SENT)

    def unclear(self, step: Step, found: Unknown, since: datetime, now: datetime) -> Outcome:
        """Warn that it may be missing, and look again, later each time; give it up at publishBy."""
        wait = max(min(max(now - since, FIRST_LOOK), LAST_LOOK), found.pause or timedelta(0))
        if found.blind or now + wait > step.publish_by:
            return GivenUp(self._doubtful(step), Reason.OUTCOME_UNKNOWN, Effect.UNKNOWN)
        return Unclear(wait, self._doubtful(step))

    def warning(self, step: Step, why: str, *, doubtful: bool = False) -> Warning_:
        """The warning that the post is live but this step is not, or perhaps not."""
        if step.name == COMMENT:
            code, text = (
                FIRST_COMMENT_FAILED,
                f"the post is live; its first comment {'may be' if doubtful else 'is'} missing",
            )
        else:
            code, text = (
                CHAIN_INCOMPLETE,
                f"the post is live; its thread {'may end' if doubtful else 'ends'} before {step.name}",
            )
        return Warning_(code=code, message=f"{text}: {why}"[:500], channel=step.channel)

    def _given_up(self, step: Step, error: ChannelError) -> Outcome:
        effect = error.effect if error.effect is not Effect.UNKNOWN else Effect.NOT_SENT
        return GivenUp(self.warning(step, str(error)), error.reason, effect)

    def _doubtful(self, step: Step) -> Warning_:
        return self.warning(step, "it is unknown whether the network has it", doubtful=True)


def outcome_of(error: ChannelError, now: datetime, *, last_try: bool) -> Outcome:
    """The outcome of a visible call that failed. Only what is proven not sent is retried or held."""
    if error.effect is Effect.UNKNOWN:
        return Open(NextStep.RECONCILE)
    if error.provider_code == OVERTAKEN:
        return NotSent(NextStep.RECONCILE)
    hold = hold_for(error) if error.effect is Effect.NOT_SENT else None
    cause = failure_from(error, now)
    if hold is None:
        effect = Effect.NOT_SENT if error.effect is Effect.NOT_SENT else Effect.REJECTED
        return Failed(cause, effect)
    if REASONS[error.reason].class_ in (FailureClass.MEDIA, FailureClass.PERMISSION):
        return Held(hold, error.retry_after or PREPARE_AGAIN, cause)
    if hold is HoldReason.OUTAGE and not last_try and (error.retry_after or timedelta(0)) <= SHORT_WAIT:
        return NotSent(retry=True)
    return Held(hold, error.retry_after, cause)
