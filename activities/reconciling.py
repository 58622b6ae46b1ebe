"""Resolves an unknown outcome by reading the network, never by sending again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.heartbeat import heartbeats
from activities.messages import PublicationRef, read_again
from activities.policies import PostPolicy
from activities.step_runner import NOT_SEEN, StepRunner
from munadi.domain.failure import Effect
from munadi.domain.outcome import Held, Requeued
from munadi.domain.publication import Absent, HoldReason, PublicationStatus, Published, Unknown
from munadi.domain.publishing import Doubt, NextStep, Step, StepResult
from munadi.ports import Attempts, Channels, Clock, Schedule, TokenProvider

S = PublicationStatus
IN_DOUBT = frozenset({S.PUBLISHING, S.UNCONFIRMED})
POLICY = PostPolicy()


class ReconcilingActivities:
    """The activity `reconcile`."""

    def __init__(
        self, schedule: Schedule, attempts: Attempts, channels: Channels, tokens: TokenProvider, clock: Clock
    ) -> None:
        self._schedule = schedule
        self._channels = channels
        self._clock = clock
        self._runner = StepRunner(attempts, channels, tokens, clock, holder="")

    @activity.defn(name="reconcile")
    async def reconcile(self, ref: PublicationRef) -> StepResult:
        """Raise the epoch, check the network, and record what is proven. Read only at the network."""
        async with heartbeats():
            step = await self._schedule.begin(ref.publication_id, self._clock.now(), IN_DOUBT)
            if step is None or step.status not in IN_DOUBT:
                return read_again(ref, step)
            if step.attempt is None:
                return await self._nothing_open(step, ref.look_first)
            if step.attempt.effect is Effect.SENT and step.status is S.PUBLISHING:
                # The network accepted the post and still processes it. Only the end is open; it is never sent again.
                return step.then(NextStep.CHECK)
            return await self._runner.reconcile(step, step.attempt, POLICY)

    async def _nothing_open(self, step: Step, look_first: bool) -> StepResult:
        """No attempt is open. A late first send still checks the network: the database may be a restored one."""
        if step.look_since is not None:
            return await self._restored(step, step.look_since)
        if step.doubt is not None and (look_first or step.status is S.UNCONFIRMED):
            return await self._doubtful(step, step.doubt)
        if look_first:
            found = await self._runner.find(step, step.draft.created_at - POLICY.skew)
            if isinstance(found, Published):
                return await self._runner.record(step, None, POLICY.found(found))
            return step.then(NextStep.PUBLISH)
        if step.status is S.UNCONFIRMED:
            return await self._runner.record(step, None, POLICY.unknown(step, Unknown(note=NOT_SEEN)))
        return await self._runner.record(step, None, Requeued())

    async def _doubtful(self, step: Step, doubt: Doubt) -> StepResult:
        """An earlier attempt may have been received: it is sent again only if it is still not seen.

        Once it is unconfirmed, nothing is sent: a person or a later check decides.
        """
        found = await self._runner.find(step, doubt.since - POLICY.skew)
        if isinstance(found, Published):
            return await self._runner.record(step, None, POLICY.found(found))
        if step.status is S.UNCONFIRMED:
            unclear = found if isinstance(found, Unknown) else Unknown(note=NOT_SEEN)
            return await self._runner.record(step, None, POLICY.unknown(step, unclear))
        if isinstance(found, Absent):
            return step.then(NextStep.PUBLISH)
        return await self._runner.record(step, None, Held(HoldReason.OUTAGE, found.pause))

    async def _restored(self, step: Step, since: datetime) -> StepResult:
        """The database was restored and may miss calls: send only after a check has proven absence.

        Preparations since the backup are not on record either, so absence by the old preparation alone proves nothing.
        Nor is a due time that was earlier: the post may have been published at once, and submitted again.
        """
        earlier = step.draft.model_copy(update={"due_at": min(step.draft.due_at, since)})
        step = replace(step, draft=earlier)
        found = await self._runner.find(step, since - POLICY.skew)
        if isinstance(found, Absent) and not self._channels[step.channel].spec.finds_without_handle:
            found = Unknown(note="it may have been prepared and sent under a preparation that is lost")
        elif isinstance(found, Absent) and step.preparation is not None:
            found = await self._runner.find(replace(step, preparation=None), since - POLICY.skew)
        if isinstance(found, Published):
            return await self._runner.record(step, None, POLICY.found(found))
        if isinstance(found, Unknown):
            return await self._runner.record(step, None, POLICY.unknown(step, found))
        if step.status is S.PUBLISHING:
            return step.then(NextStep.PUBLISH)
        return await self._runner.record(step, None, Held(HoldReason.OUTAGE, timedelta(0)))
