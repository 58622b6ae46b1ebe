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
from munadi.ports import Attempts, Channels, Clock, Schedule, TokenProvider


class PreparingActivities:
    """The activity `prepare`."""

    def __init__(
        self,
        schedule: Schedule,
        attempts: Attempts,
        channels: Channels,
        tokens: TokenProvider,
        clock: Clock,
        room: WaitingRoom,
    ) -> None:
        self._schedule = schedule
        self._attempts = attempts
        self._channels = channels
        self._tokens = tokens
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
        store = preparation_store(self._attempts, step, self._clock, self._usable(step))
        channel = self._channels[step.channel]

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
