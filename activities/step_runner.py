"""Runs one visible step of a publication: token → intent (committed) → gate → the one call → outcome (committed).

The post and the steps after it share this order. A crash in between leaves an open attempt. An open attempt is
never sent again before the network was checked. A `StepPolicy` decides what each ending means; there are two.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from activities.absences import Absences
from activities.access import with_token
from activities.failures import OVERTAKEN, again
from activities.gate import DeadlineGate
from activities.preparations import preparation_store
from munadi.domain.account import ConnectedAccount
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelSpec, Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.outcome import NO_CALL, CallRecord, Held, InProgress, NotSent, Open, Outcome
from munadi.domain.publication import LOOK_GROWTH, POST, Absent, ClosedBy, HoldReason, Pending, Published, Unknown
from munadi.domain.publishing import Attempt, NextStep, Refused, StaleEpoch, Step, StepResult
from munadi.ports import Attempts, Channels, Clock, PreparationStore, TokenProvider

log = logging.getLogger("munadi.publishing")

# Spacing of checks while an absence is not yet proven.
SPACING = timedelta(seconds=5)
DAY = timedelta(days=1)
# Why a check that found nothing proves nothing here.
NOT_SEEN = "it was accepted, or may appear later, and it is not seen at the network; it is not sent again"
REFUSED = (
    "an earlier request had no answer, and the network refused a further one ({code}), perhaps because the earlier one "
    "is live; it is not seen there yet, and it is not sent again"
)
LOOKED = CallRecord(closed_by=ClosedBy.LOOK)
# How a visible call ends.
Answer = Published | Pending | ChannelError


class StepPolicy(Protocol):
    """Decides the outcome of each ending of a step. Pure: the runner records."""

    reconcile: NextStep
    # A check goes back a little before the intent, because clocks differ.
    skew: timedelta

    def deadline(self, spec: ChannelSpec, step: Step) -> timedelta:
        """How long the visible call may take."""

    def no_token(self, step: Step, error: ChannelError, now: datetime) -> Outcome | StepResult:
        """The outcome when there is no usable token: no call was made."""

    def refused(self, step: Step, refused: Refused) -> Outcome | StepResult:
        """The outcome when no attempt could be opened."""

    def ended(self, step: Step, attempt: Attempt, answer: Answer, now: datetime) -> Outcome:
        """The outcome when the call ended with an answer or an error."""

    def found(self, published: Published) -> Outcome:
        """The outcome when a check found the post at the network."""

    def absent(self, step: Step, attempt: Attempt) -> Outcome:
        """The outcome when the post is proven absent and may be sent again."""

    def unclear(self, step: Step, found: Unknown, since: datetime, now: datetime) -> Outcome:
        """The outcome when the network's answer is unclear, or the step must not be sent again.

        `since` is when the first request was made that may be live.
        """


class StepRunner:
    """Runs a step by a policy. One per worker."""

    def __init__(
        self, attempts: Attempts, channels: Channels, tokens: TokenProvider, clock: Clock, holder: str
    ) -> None:
        self._attempts = attempts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._holder = holder
        self._absences = Absences()

    async def run(
        self, step: Step, account: ConnectedAccount, policy: StepPolicy, *, may_renew: bool = True
    ) -> StepResult:
        """Make the visible call once, or return why not. Raises only if nothing was sent for certain."""
        now = self._clock.now()
        gate = DeadlineGate.open_for(self._clock, now, policy.deadline(self._channels[step.channel].spec, step))
        attempt = await self._attempts.open_attempt(
            step.publication_id,
            step=step.name or POST,
            epoch=step.epoch,
            holder=self._holder,
            now=now,
            deadline=gate.deadline,
        )
        if isinstance(attempt, Refused):
            return await self.conclude(step, policy.refused(step, attempt))
        return await self.call(step, account, attempt, gate, policy, may_renew=may_renew)

    async def call(
        self,
        step: Step,
        account: ConnectedAccount,
        attempt: Attempt,
        gate: DeadlineGate,
        policy: StepPolicy,
        *,
        may_renew: bool = True,
    ) -> StepResult:
        """Make the visible call of an open attempt, and record its outcome. Raises as `run` does."""
        answer = await self._call(step, account, gate, attempt)
        outcome = evidence(attempt, answer, policy) or policy.ended(step, attempt, answer, self._clock.now())
        error = answer if isinstance(answer, ChannelError) else None
        about = CallRecord.of(error) if error is not None else CallRecord()
        about = replace(about, credentials_version=account.credentials_version, first_byte_at=attempt.passed_at)
        if error is not None:
            await self._tokens.pause(account, error.pause)
            is_post = (step.name or POST) == POST
            await self._tokens.pause_app(account, error, Paused.PUBLISHING if is_post else None)
            if isinstance(outcome, Held) and outcome.reason is HoldReason.TOKEN:
                renewed = await self._renewed(account, error, may_renew)
                if renewed is not None:
                    # Nothing was sent: close this attempt and open another with the new token.
                    await self.record(step, attempt, NotSent(retry=True), about)
                    return await self.run(step, renewed, policy, may_renew=False)
        result = await self.record(step, attempt, outcome, about)
        if isinstance(outcome, NotSent) and outcome.retry and error is not None and _is_unchanged(step, result):
            raise again(error)
        return result

    async def without_token(self, step: Step, error: ChannelError, policy: StepPolicy) -> StepResult:
        """Record that no call was made, because there is no usable token."""
        return await self.conclude(step, policy.no_token(step, error, self._clock.now()), CallRecord.of(error))

    async def reconcile(self, step: Step, attempt: Attempt, policy: StepPolicy) -> StepResult:
        """Check the network for an open attempt, and record what is proven. Read only at the network."""
        spec = self._channels[step.channel].spec
        found = await self.find(step, attempt.looks_since - policy.skew)
        if isinstance(found, Published):
            return await self.record(step, attempt, policy.found(found), LOOKED)
        now = self._clock.now()
        resend = self._channels[step.channel].resend(step.draft, step.name or POST)
        window, absent_for = spec.absence_window, timedelta(0)
        if isinstance(found, Absent):
            absent_for = self._absences.duration(attempt.id, now)
            if not found.by_key and _may_resend(resend, attempt):
                window = spec.proof_of_absence(resend)
        else:
            self._absences.end(attempt.id)
        proven_at = attempt.deadline_at + spec.margin + window
        if now < proven_at:
            # The longer it is not seen, the rarer the checks: networks count them, and some charge for them.
            wait = max(spec.look_every, (now - attempt.intent_at) / 2, _pause_of(found))
            return step.then(policy.reconcile, min(wait, proven_at - now))
        if isinstance(found, Absent) and _may_resend(resend, attempt):
            if spec.looks_twice and absent_for < SPACING:
                return step.then(policy.reconcile, SPACING - absent_for)
            self._absences.end(attempt.id)
            closed_by = ClosedBy.KEY if found.by_key else ClosedBy.LOOK
            return await self.record(step, attempt, policy.absent(step, attempt), CallRecord(closed_by=closed_by))
        unclear = _why_unclear(attempt, found)
        if spec.looks_a_day is not None and step.looks >= len(LOOK_GROWTH):
            unclear = unclear.model_copy(update={"pause": max(DAY / spec.looks_a_day, _pause_of(found))})
        outcome = policy.unclear(step, unclear, attempt.looks_since, now)
        return await self.record(step, attempt, outcome, LOOKED)

    async def find(self, step: Step, since: datetime) -> Published | Absent | Unknown:
        """Check the network once. An error while checking is Unknown, never Absent."""
        channel, name = self._channels[step.channel], step.name or POST
        try:
            found = await with_token(
                self._tokens,
                step.account_id,
                lambda account: channel.find(
                    channel.publication(step.draft, account, PreparationStore(step.preparation)), since, name
                ),
            )
        except ChannelError as error:
            return Unknown(note=str(error)[:200], pause=error.pause)
        if not isinstance(found, Published) or not found.by_likeness or found.post_id is None:
            return found
        # A post that was found by its text only, and belongs to another publication, proves nothing about this one.
        taken = await self._attempts.belongs_to_another(step.publication_id, found.post_id)
        return Unknown(note="the only post that looks like it is another publication's") if taken else found

    async def conclude(self, step: Step, answer: Outcome | StepResult, call: CallRecord = NO_CALL) -> StepResult:
        """Record an outcome that has no attempt; a StepResult is returned as it is."""
        return answer if isinstance(answer, StepResult) else await self.record(step, None, answer, call)

    async def record(
        self, step: Step, attempt: Attempt | None, outcome: Outcome, call: CallRecord = NO_CALL
    ) -> StepResult:
        """Record an outcome. If the publication does not change, the outcome decides the next step."""
        result = await self._attempts.record_outcome(
            step.publication_id,
            attempt.id if attempt else None,
            step=step.name or POST,
            epoch=step.epoch,
            outcome=outcome,
            now=self._clock.now(),
            call=call,
        )
        if isinstance(outcome, InProgress | NotSent | Open) and outcome.then and _is_unchanged(step, result):
            return result.model_copy(update={"step": outcome.then, "after": outcome.after})
        return result

    async def _call(self, step: Step, account: ConnectedAccount, gate: DeadlineGate, attempt: Attempt) -> Answer:
        """The one mutating request, under its deadline."""
        channel = self._channels[step.channel]
        store = preparation_store(self._attempts, step, self._clock, step.preparation)
        attempt.deadline = gate
        try:
            async with asyncio.timeout(gate.seconds_left):
                return await channel.publish(channel.publication(step.draft, account, store), attempt)
        except ChannelError as error:
            return error
        except TimeoutError:
            return gate.late(attempt.passed)
        except StaleEpoch:
            effect = Effect.UNKNOWN if attempt.passed else Effect.NOT_SENT
            return ChannelError(Reason.INTERNAL_ERROR, effect, "overtaken", provider_code=OVERTAKEN)
        except Exception as error:
            # The preparation was not saved, or this is a bug: the request may be under way, so the network is checked.
            log.exception("step %s of %s failed unexpectedly", step.name, step.publication_id)
            name = type(error).__name__
            return ChannelError(Reason.INTERNAL_ERROR, Effect.UNKNOWN, name, provider_code=name)

    async def _renewed(
        self, account: ConnectedAccount, error: ChannelError, may_renew: bool
    ) -> ConnectedAccount | None:
        """A fresh token for one that the network refused, or None.

        A dead grant, or a fresh token that is refused again, is recorded at the account: only its owner can fix it. An
        account that its owner has connected again meanwhile has another token already.
        """
        if error.reason is not Reason.TOKEN_EXPIRED or not may_renew:
            is_replaced = await self._tokens.lost(account, error)
            if not (is_replaced and may_renew):
                return None
        try:
            return await self._tokens.renew(account)
        except ChannelError:
            return None


def evidence(attempt: Attempt, answer: Answer, policy: StepPolicy) -> Open | None:
    """The outcome of a refusal while an earlier attempt may be live; None for every other answer.

    The refusal may be caused by that earlier request, and it never proves that it had no effect. So it is no failure,
    and nothing is sent again: checks of the network follow.
    """
    if attempt.uncertain_since is None or not isinstance(answer, ChannelError):
        return None
    if answer.effect is not Effect.REJECTED and not answer.may_be_ours:
        return None
    return Open(policy.reconcile, SPACING, is_refused=True)


def _may_resend(resend: Resend, attempt: Attempt) -> bool:
    """Whether the step may be sent again once this attempt is proven absent."""
    if attempt.effect is Effect.SENT or attempt.is_evidence or resend is Resend.NEVER:
        return False
    once = resend in (Resend.ONCE_AFTER_ABSENCE, Resend.ONCE_AFTER_LONG_ABSENCE)
    return attempt.uncertain_since is None or not once


def _why_unclear(attempt: Attempt, found: Absent | Unknown) -> Unknown:
    if not attempt.is_evidence:
        return found if isinstance(found, Unknown) else Unknown(note=NOT_SEEN)
    note = REFUSED.format(code=(attempt.provider_code or "no code")[:80])
    return Unknown(note=note, pause=_pause_of(found), blind=isinstance(found, Unknown) and found.blind)


def _pause_of(found: Absent | Unknown) -> timedelta:
    return (found.pause if isinstance(found, Unknown) else None) or timedelta(0)


def _is_unchanged(step: Step, result: StepResult) -> bool:
    """Whether the publication still has the status and the epoch in which the step was loaded."""
    return result.status is step.status and result.epoch == step.epoch
