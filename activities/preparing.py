"""Prepares a publication before its due time, invisibly and repeatably: uploads, containers, private videos."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from temporalio import activity

from activities.access import require_permission, with_token
from activities.failures import SHORT_WAIT, again, failure_from, hold_for
from activities.heartbeat import heartbeats
from activities.messages import PREPARE_TRIES, PublicationRef, read_again
from activities.preparations import preparation_store
from activities.waiting import WaitingRoom
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.outcome import CallRecord, Failed, Held
from munadi.domain.publication import (
    HOLD_GROWTH,
    LAPSE_MARGIN,
    WAITING,
    HoldReason,
    Pending,
    Preparation,
    PublicationStatus,
    Ready,
)
from munadi.domain.publishing import PREPARE, NextStep, StaleEpoch, Step, StepResult
from munadi.ports import AnyChannel, Attempts, Channels, Clock, Renditions, Schedule, TokenProvider


class PreparingActivities:
    """The activity `prepare`."""

    def __init__(
        self,
        schedule: Schedule,
        attempts: Attempts,
        channels: Channels,
        tokens: TokenProvider,
        renditions: Renditions,
        clock: Clock,
        room: WaitingRoom,
    ) -> None:
        self._schedule = schedule
        self._attempts = attempts
        self._channels = channels
        self._tokens = tokens
        self._renditions = renditions
        self._clock = clock
        self._room = room

    @activity.defn(name="prepare")
    async def prepare(self, ref: PublicationRef) -> StepResult:
        """Do all that is possible now. Returns READY, AGAIN after a while, or LOOK if the publication failed or is
        held. Where the network only needs a moment, the result comes later, from the waiting room."""
        info = activity.info()
        async with heartbeats():
            result = await self._part(ref, info.attempt)
        if self._room.takes(result):
            handle = activity.client().get_async_activity_handle(task_token=info.task_token)
            self._room.take(handle, result, lambda: self._part(ref, info.attempt))
            activity.raise_complete_async()
        return result

    async def _part(self, ref: PublicationRef, number: int) -> StepResult:
        """Do the next part. `number` counts the tries of the activity."""
        step = await self._schedule.load(ref.publication_id)
        if (
            step is None
            or step.status not in WAITING
            or step.draft_version != ref.draft_version
            or step.epoch != ref.epoch
            or self._clock.now() >= step.publish_by
        ):
            return read_again(ref, step)
        # The start of its workflow may not be recorded yet; for the workflow, what is accepted is queued.
        step = replace(step, status=PublicationStatus.QUEUED)
        channel = self._channels[step.channel]
        try:
            fitted = await self._fitted(step, channel)
        except StaleEpoch:
            return read_again(ref, step)
        except ChannelError as error:
            return await self._ended(step, error, number)
        if isinstance(fitted, timedelta):
            return step.then(NextStep.AGAIN, fitted)
        step = fitted
        store = preparation_store(self._attempts, step, self._clock, self._usable(step))

        async def prepare(account: ConnectedAccount) -> Ready | Pending:
            require_permission(account, channel.spec)
            return await channel.prepare(channel.publication(step.draft, account, store))

        try:
            result = await with_token(self._tokens, step.account_id, prepare, to_prepare=True)
            if isinstance(result, Pending):
                return step.then(NextStep.AGAIN, result.after)
            await store.ready(result.expires_at)
        except StaleEpoch:
            return read_again(ref, step)
        except ChannelError as error:
            return await self._ended(step, error, number)
        return step.then(NextStep.READY)

    async def _fitted(self, step: Step, channel: AnyChannel) -> Step | timedelta:
        """The step once its renditions are made, or how long to wait. They are begun ahead of the channel's own lead,
        so what is done early waits for that: what is uploaded may expire."""
        if not step.draft.renditions:
            return step
        if step.unfitted:
            now = self._clock.now()
            wait = await self._renditions.fit(step.publication_id, step.unfitted, epoch=step.epoch, now=now)
            loaded = await self._schedule.load(step.publication_id) if wait is None else None
            if loaded is None or loaded.unfitted or loaded.epoch != step.epoch:
                return wait or SHORT_WAIT
            step = replace(loaded, status=step.status)
        early = step.draft.due_at - channel.lead(step.draft) - self._clock.now()
        return early if early > timedelta(0) else step

    def _usable(self, step: Step) -> Preparation | None:
        """The preparation so far, unless it would expire before the visible call."""
        preparation = step.preparation
        if preparation is None or preparation.expires_at is None:
            return preparation
        needed_until = max(step.draft.due_at, self._clock.now()) + LAPSE_MARGIN
        return preparation if preparation.expires_at > needed_until else None

    async def _ended(self, step: Step, error: ChannelError, number: int) -> StepResult:
        """Fail what the network refused; retry an outage a few times, then hold. Nothing visible has happened."""
        hold = hold_for(error)
        if error.effect is not Effect.REJECTED and hold is None:
            hold = HoldReason.OUTAGE
        if error.effect is Effect.REJECTED and hold is not HoldReason.TOKEN:
            hold = None
        is_short = (error.retry_after or timedelta(0)) <= SHORT_WAIT
        if hold is HoldReason.OUTAGE and is_short and number < PREPARE_TRIES:
            raise again(error)
        failure = failure_from(error, self._clock.now())
        wait: timedelta | None = None if hold is HoldReason.TOKEN else error.retry_after or HOLD_GROWTH[0]
        return await self._attempts.record_outcome(
            step.publication_id,
            None,
            step=PREPARE,
            epoch=step.epoch,
            outcome=Failed(failure) if hold is None else Held(hold, wait, failure),
            now=self._clock.now(),
            call=CallRecord.of(error),
        )
