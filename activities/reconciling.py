"""After an unknown outcome: find out by looking, never by sending again (design §5, reconcile)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.access import with_token
from activities.heartbeat import heartbeats
from activities.messages import PublicationRef
from activities.outcomes import look_again, next_step, settled_as
from munadi.domain.channel import ChannelSpec, Resend
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import (
    LOOK_GROWTH,
    Absent,
    HoldReason,
    PublicationStatus,
    Published,
    Unknown,
    growing,
)
from munadi.ports import Channels, Clock, Publications, TokenKeeper
from munadi.publishing.model import NextStep, OpenAttempt, Outcome, Settled, StepResult, Work

S = PublicationStatus
# Spacing of looks while an absence is not yet proven.
SPACING = timedelta(seconds=5)
# A look goes back a little before the intent: clocks differ.
SKEW = timedelta(seconds=60)


class ReconcilingActivities:
    """`reconcile`."""

    def __init__(self, publications: Publications, channels: Channels, tokens: TokenKeeper, clock: Clock) -> None:
        self._publications = publications
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    @activity.defn(name="reconcile")
    async def reconcile(self, ref: PublicationRef) -> StepResult:
        """Raise the epoch, look, and say what is proven. Read only at the network."""
        async with heartbeats():
            work = await self._publications.begin_reconcile(ref.publication_id, self._clock.now())
            if work is None or work.status not in (S.PUBLISHING, S.UNCONFIRMED):
                return look_again(ref.publication_id, ref.epoch, work)
            if work.open_attempt is None:
                return await self._nothing_open(work, ref.look_first)
            return await self._open(work, work.open_attempt)

    async def _nothing_open(self, work: Work, look_first: bool) -> StepResult:
        """No visible call is in doubt; a late first send looks all the same: the database may be a restored one."""
        if work.look_since is not None:
            return await self._restored(work, work.look_since)
        if look_first:
            found = await self._find(work, work.draft.created_at)
            if isinstance(found, Published):
                return settled_as(work.publication_id, await self._publish_found(work, None, found))
            return next_step(work, NextStep.PUBLISH)
        if work.status is S.UNCONFIRMED:
            return settled_as(work.publication_id, await self._still_unknown(work))
        settled = await self._publications.requeue(work.publication_id, epoch=work.epoch, now=self._clock.now())
        return settled_as(work.publication_id, settled)

    async def _restored(self, work: Work, since: datetime) -> StepResult:
        """The database is older than what may have happened: only a look that proves absence lets it be sent.

        What was prepared since then is not on record either, so an absence by the old handle alone proves nothing.
        Nor is a due time that was earlier: somebody may have published it at once, and asked for it again.
        """
        earlier = work.draft.model_copy(update={"due_at": min(work.draft.due_at, since)})
        work = replace(work, draft=earlier)
        found = await self._find(work, since)
        if isinstance(found, Absent) and not self._channels[work.channel].spec.finds_without_handle:
            found = Unknown(note="it may have been prepared and sent under a handle that is lost")
        elif isinstance(found, Absent) and work.handle is not None:
            found = await self._find(replace(work, handle=None), since)
        if isinstance(found, Published):
            return settled_as(work.publication_id, await self._publish_found(work, None, found))
        if isinstance(found, Unknown):
            return settled_as(work.publication_id, await self._still_unknown(work))
        if work.status is S.PUBLISHING:
            return next_step(work, NextStep.PUBLISH)
        outcome = Outcome(effect=Effect.NOT_SENT, hold=HoldReason.OUTAGE, hold_for=timedelta(0))
        settled = await self._publications.record_outcome(
            work.publication_id, None, epoch=work.epoch, outcome=outcome, now=self._clock.now()
        )
        return settled_as(work.publication_id, settled)

    async def _open(self, work: Work, attempt: OpenAttempt) -> StepResult:
        accepted = attempt.outcome is Effect.SENT
        if accepted and work.status is S.PUBLISHING:
            # The network has it and was still at work on it: only how it ends is open, it is never sent again.
            return next_step(work, NextStep.CHECK)
        channel = self._channels[work.channel]
        spec = channel.spec
        found = await self._find(work, attempt.intent_at)
        if isinstance(found, Published):
            return settled_as(work.publication_id, await self._publish_found(work, attempt, found))
        now = self._clock.now()
        proven_at = attempt.deadline_at + spec.margin + spec.absence_window
        paused = found.pause if isinstance(found, Unknown) and found.pause else timedelta(0)
        if now < proven_at:
            return next_step(work, NextStep.RECONCILE, min(max(SPACING, paused), proven_at - now))
        if isinstance(found, Absent) and not accepted and channel.resend(work.draft) is not Resend.NEVER:
            return await self._absent(work, attempt, spec, now)
        return settled_as(work.publication_id, await self._still_unknown(work, paused))

    async def _absent(self, work: Work, attempt: OpenAttempt, spec: ChannelSpec, now: datetime) -> StepResult:
        """Proven absent: back to queued, at once the first time, then on growing holds."""
        outcome = Outcome(
            effect=Effect.NOT_SENT,
            hold=HoldReason.OUTAGE,
            hold_for=timedelta(0) if work.attempts <= 1 else None,
        )
        settled = await self._publications.record_outcome(
            work.publication_id, attempt.id, epoch=work.epoch, outcome=outcome, now=now
        )
        return settled_as(work.publication_id, settled)

    async def _publish_found(self, work: Work, attempt: OpenAttempt | None, found: Published) -> Settled:
        if found.published_at is None and attempt is not None:
            found = found.model_copy(update={"published_at": attempt.intent_at})
        return await self._publications.record_outcome(
            work.publication_id,
            attempt.id if attempt else None,
            epoch=work.epoch,
            outcome=Outcome(effect=Effect.SENT, published=found),
            now=self._clock.now(),
        )

    async def _still_unknown(self, work: Work, paused: timedelta = timedelta(0)) -> Settled:
        spacing = growing(LOOK_GROWTH, work.looks if work.status is S.UNCONFIRMED else 0)
        return await self._publications.unconfirmed(
            work.publication_id,
            epoch=work.epoch,
            next_look_after=max(spacing, paused),
            now=self._clock.now(),
        )

    async def _find(self, work: Work, since: datetime) -> Published | Absent | Unknown:
        """One look; whatever keeps us from looking is Unknown, never an absence."""
        try:
            channel = self._channels[work.channel]
            found = await with_token(
                self._tokens,
                work.account_id,
                lambda account: channel.find(work.draft, account, work.handle, since - SKEW),
            )
        except ChannelError as error:
            return Unknown(note=str(error)[:200], pause=error.pause)
        return await self._unless_anothers(work, found)

    async def _unless_anothers(self, work: Work, found: Published | Absent | Unknown) -> Published | Absent | Unknown:
        """A post that is only alike and belongs to another publication proves nothing about this one."""
        if not isinstance(found, Published) or not found.by_likeness or found.post_id is None:
            return found
        taken = await self._publications.is_anothers(work.publication_id, found.post_id)
        return Unknown(note="the only post that looks like it is another publication's") if taken else found
