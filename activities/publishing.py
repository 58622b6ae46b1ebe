"""Publishes a post, checks the progress of an accepted one, and takes the steps after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from temporalio import activity

from activities.access import require_permission, with_token
from activities.failures import failure_from
from activities.gate import DeadlineGate
from activities.heartbeat import heartbeats
from activities.messages import EARLY, PublicationRef, read_again
from activities.places import Places, wait_for_host
from activities.policies import CHECK_AGAIN, LaterStepPolicy, PostPolicy, outcome_of
from activities.siblings import Siblings, end_together
from activities.step_runner import SPACING, StepRunner
from activities.turns import Turns
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, PostDropped
from munadi.domain.outcome import CallRecord, Failed, Held, Outcome
from munadi.domain.publication import (
    Absent,
    ClosedBy,
    HoldReason,
    Pending,
    PublicationStatus,
    Published,
    Unknown,
)
from munadi.domain.publishing import PREPARE, Attempt, ClaimResult, NextStep, Step, StepResult
from munadi.ports import Attempts, Calls, Channels, Clock, PreparationStore, Schedule, TokenProvider

log = logging.getLogger("munadi.publishing")

S = PublicationStatus
POST_POLICY = PostPolicy()
LATER = LaterStepPolicy()
PUBLISHED = frozenset({S.PUBLISHED})
# Claims are transactions of one writer: more at once are no faster, and the rest wait in turn by brand.
CLAIMS_AT_ONCE = 8
# A worker whose clock lags by more than the margin lets the workflow wait, for this long at most before it reads again.
MOST_EARLY = EARLY + timedelta(seconds=3)
CLOCK_LAG_WAIT = timedelta(seconds=5)


class PublishingActivities:
    """The activities `publish`, `check`, `finish` and `locate`."""

    def __init__(
        self,
        schedule: Schedule,
        attempts: Attempts,
        channels: Channels,
        tokens: TokenProvider,
        clock: Clock,
        holder: str,
        calls: Calls,
    ) -> None:
        self._schedule = schedule
        self._attempts = attempts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._holder = holder
        self._turns = Turns(CLAIMS_AT_ONCE)
        self._siblings = Siblings()
        self._places = Places(calls, channels)
        self._runner = StepRunner(attempts, channels, tokens, clock, holder)

    @activity.defn(name="publish")
    async def publish(self, ref: PublicationRef) -> StepResult:
        """Make the visible call of the post once, or return why not. Raises only if nothing was sent for certain."""
        async with heartbeats():
            if ref.claim_at is None:
                return await self._publish_claimed(ref)
            with self._siblings.publishing(ref.content_id) as have_ended:
                result = await self._claim_and_publish(ref, ref.claim_at)
            if result.step is NextStep.DONE:
                await end_together(have_ended)
            return result

    async def _claim_and_publish(self, ref: PublicationRef, claim_at: datetime) -> StepResult:
        """Wait for the due time, then claim and publish."""
        early = claim_at - self._clock.now()
        if early > MOST_EARLY:
            # This worker's clock lags. A durable timer waits, not a slot.
            return ref.not_due(min(early, CLOCK_LAG_WAIT))
        account = await self._account(ref.account_id)
        if (refused := self._places.refusal(account)) is not None:
            return await self._held_back(ref, refused)
        while (early := claim_at - self._clock.now()) > timedelta(0):  # noqa: ASYNC110 - a clock has no event to await
            await asyncio.sleep(early.total_seconds())
        async with self._places.place(account) as refused:
            if refused is not None:
                return await self._held_back(ref, refused)
            return await self._claim_and_call(ref, account)

    async def _held_back(self, ref: PublicationRef, refused: ChannelError) -> StepResult:
        """Let a publication that is not claimed wait for its server. Nothing is recorded as an attempt."""
        now = self._clock.now()
        outcome = wait_for_host(refused, now)
        return await self._attempts.record_outcome(
            ref.publication_id, None, step=PREPARE, epoch=ref.epoch, outcome=outcome, now=now
        )

    async def _claim_and_call(self, ref: PublicationRef, account: ConnectedAccount | ChannelError) -> StepResult:
        """Claim what is due, and make its visible call at the place that is kept for it."""
        period = None
        if isinstance(account, ConnectedAccount):
            period = partial(POST_POLICY.deadline, self._channels[account.channel].spec)
        taken, monotonic = await self._claim(ref, period)
        if taken is not None and isinstance(taken.found, timedelta) and taken.found <= EARLY:
            # Not due for milliseconds: the account's pause ends a little after the hold, or the clocks differ.
            await asyncio.sleep(taken.found.total_seconds())
            taken, monotonic = await self._claim(ref, period)
        if taken is None:
            return read_again(ref, None)
        step, attempt = taken.step, taken.attempt
        if isinstance(taken.found, timedelta):
            # This worker's clock lags, or the post was moved to a later time in the last seconds.
            return ref.not_due(min(max(taken.found - EARLY, timedelta(0)), CLOCK_LAG_WAIT))
        if taken.found is NextStep.LOOK_FIRST:
            return step.then(NextStep.LOOK_FIRST)
        if step.status is not S.PUBLISHING or step.epoch == ref.epoch:
            return read_again(ref, step)
        if taken.found is None:
            # An earlier try of this activity has claimed it: its record decides.
            if step.attempts == 0 or step.look_since is not None:
                # The answer to that claim was lost. It may have been to check the network first, as a late first send
                # does, and nothing has been sent since.
                return step.then(NextStep.LOOK_FIRST)
            return await self._publish_claimed(ref.model_copy(update={"epoch": step.epoch}))
        if isinstance(account, ChannelError):
            return await self._runner.without_token(step, account, POST_POLICY)
        assert period is not None, "the account has a token"
        assert attempt is not None, "a claim with a token opens an attempt, or says why not"
        if isinstance(attempt, Attempt):
            gate = DeadlineGate(self._clock, attempt.deadline_at, monotonic + period(step).total_seconds())
            return await self._runner.call(step, account, attempt, gate, POST_POLICY)
        return await self._runner.conclude(step, POST_POLICY.refused(step, attempt))

    async def _claim(
        self, ref: PublicationRef, period: Callable[[Step], timedelta] | None
    ) -> tuple[ClaimResult | None, float]:
        """Claim in the brand's turn; also the monotonic time of the claim, at which the `period` of the call begins."""
        async with self._turns.turn(ref.brand_ref):
            monotonic = self._clock.monotonic()
            taken = await self._attempts.claim(
                ref.content_id,
                ref.publication_id,
                epoch=ref.epoch,
                holder=self._holder,
                now=self._clock.now(),
                period=period,
            )
        return taken, monotonic

    async def _publish_claimed(self, ref: PublicationRef) -> StepResult:
        """Publish a publication that is claimed under the epoch of `ref`."""
        step = await self._schedule.load(ref.publication_id)
        if step is None or step.epoch != ref.epoch or step.status is not S.PUBLISHING:
            return read_again(ref, step)
        if step.attempt is not None:
            return step.then(NextStep.RECONCILE)
        if self._lapsed(step):
            return await self._runner.record(step, None, Held(HoldReason.OUTAGE, timedelta(0)))
        account = await self._account(step.account_id)
        if isinstance(account, ChannelError):
            return await self._runner.without_token(step, account, POST_POLICY)
        async with self._places.place(account) as refused:
            if refused is not None:
                waits = wait_for_host(refused, self._clock.now())
                return await self._runner.record(step, None, waits, CallRecord.of(refused))
            return await self._runner.run(step, account, POST_POLICY)

    async def _account(self, account_id: str) -> ConnectedAccount | ChannelError:
        """The account with a usable token, or the error that explains why there is none."""
        try:
            account = await self._tokens.account(account_id)
            require_permission(account, self._channels[account.channel].spec)
        except ChannelError as error:
            return error
        return account

    @activity.defn(name="check")
    async def check(self, ref: PublicationRef) -> StepResult:
        """Check the progress of an accepted post: published, failed, or unconfirmed once it takes too long."""
        async with heartbeats():
            step = await self._schedule.load(ref.publication_id)
            if step is None or step.epoch != ref.epoch or step.status is not S.PUBLISHING:
                return read_again(ref, step)
            outcome, after, call = await self._how_far(step)
            if outcome is None and self._clock.now() >= step.publish_by:
                outcome = POST_POLICY.unknown(step, Unknown(note="the network still processes it", pause=after))
            if outcome is None:
                return step.then(NextStep.CHECK, after)
            return await self._runner.record(step, step.attempt, outcome, call)

    @activity.defn(name="finish")
    async def finish(self, ref: PublicationRef) -> StepResult:
        """Take the next step after the post. Returns STEP while one is left, else DONE. Never fails the post."""
        async with heartbeats():
            step = await self._schedule.begin(ref.publication_id, self._clock.now(), PUBLISHED)
            if step is None or step.status is not S.PUBLISHED:
                return read_again(ref, step)
            if step.name is None:
                return step.then(NextStep.DONE)
            try:
                account = await self._tokens.account(step.account_id)
            except ChannelError as error:
                return await self._runner.without_token(step, error, LATER)
            if step.attempt is not None:
                return await self._runner.reconcile(step, step.attempt, LATER)
            if (since := self._must_look_since(step)) is not None:
                found = await self._runner.find(step, since)
                if isinstance(found, Published):
                    return await self._runner.record(step, None, LATER.found(found))
                if not isinstance(found, Absent):
                    unclear = LATER.unclear(step, found, since, self._clock.now())
                    return await self._runner.record(step, None, unclear)
            async with self._places.place(account) as refused:
                if refused is not None:
                    return step.then(NextStep.STEP, refused.retry_after or SPACING)
                return await self._runner.run(step, account, LATER)

    @activity.defn(name="locate")
    async def locate(self, ref: PublicationRef) -> StepResult:
        """Read the id of a live post that was published without one. Read only; an error is retried later."""
        async with heartbeats():
            step = await self._schedule.load(ref.publication_id)
            if step is None or step.status is not S.PUBLISHED:
                return read_again(ref, step)
            found: Published | None = None
            try:
                seen = await self._check(step)
                found = seen if isinstance(seen, Published) else None
            except ChannelError as error:
                log.info("the id of %s cannot be read yet: %s", ref.publication_id, error)
            return await self._attempts.record_id(ref.publication_id, found, self._clock.now())

    async def _how_far(self, step: Step) -> tuple[Outcome | None, timedelta, CallRecord]:
        """The outcome of an accepted post, or None, and when to check again."""
        try:
            found = await self._check(step)
        except ChannelError as error:
            left = max(CHECK_AGAIN, step.publish_by - self._clock.now())
            after = min(max(CHECK_AGAIN, error.retry_after or CHECK_AGAIN), left)
            call = replace(CallRecord.of(error), closed_by=ClosedBy.CHECK)
            if isinstance(error, PostDropped) and error.effect is Effect.NOT_SENT:
                again = outcome_of(error, self._clock.now(), last_try=True)
                return replace(again, prepares_again=True) if isinstance(again, Held) else again, after, call
            refused = error.effect is Effect.REJECTED
            return Failed(failure_from(error, self._clock.now())) if refused else None, after, call
        call = CallRecord(closed_by=ClosedBy.CHECK)
        if isinstance(found, Published):
            return POST_POLICY.found(found), CHECK_AGAIN, call
        return None, found.after if isinstance(found, Pending) else CHECK_AGAIN, call

    async def _check(self, step: Step) -> object:
        channel = self._channels[step.channel]
        return await with_token(
            self._tokens,
            step.account_id,
            lambda account: channel.check(channel.publication(step.draft, account, PreparationStore(step.preparation))),
        )

    def _must_look_since(self, step: Step) -> datetime | None:
        """Since when the network may have the step, if that must be checked before it is sent.

        The database was restored and may miss calls, or an earlier attempt may have been received.
        """
        if step.look_since is not None:
            return step.look_since
        doubt = step.doubt
        return doubt.since if doubt is not None and doubt.needs_a_look(self._clock.now()) else None

    def _lapsed(self, step: Step) -> bool:
        """An earlier attempt gave up the preparation: prepare again before sending."""
        needed = self._channels[step.channel].lead(step.draft) > timedelta(0)
        return needed and not (step.preparation is not None and step.preparation.ready)
