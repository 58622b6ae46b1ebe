"""The visible steps after the post: a first comment, the parts of a thread. The post is live whatever becomes of them.

The same protocol as the post's own call: intent, gate, one request, outcome; an open attempt is looked for and never
sent again blindly. What cannot be done is a warning on the publication.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from temporalio import activity

from activities.access import with_token
from activities.gate import DeadlineGate
from activities.handles import HandleKeeper
from activities.heartbeat import heartbeats
from activities.messages import PublicationRef
from activities.outcomes import look_again, next_step, settled_as
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import Resend
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, PublicationStatus, Published, Unknown, Warning_
from munadi.ports import Channels, Clock, Publications, Stage, Stages, StaleEpoch, TokenKeeper
from munadi.publishing.model import Intent, IntentRefused, NextStep, OpenAttempt, StepResult, Work

log = logging.getLogger("munadi.staging")

MAX_TRIES = 4
SPACING = timedelta(seconds=5)
COMMENT = "comment"
# What a channel says while the network still works on a part that this step made: a wait, not a failed try.
IN_PROGRESS = "IN_PROGRESS"


class StagingActivities:
    """`finish`."""

    def __init__(
        self,
        publications: Publications,
        stages: Stages,
        channels: Channels,
        tokens: TokenKeeper,
        clock: Clock,
        holder: str,
    ) -> None:
        self._publications = publications
        self._stages = stages
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._holder = holder

    @activity.defn(name="finish")
    async def finish(self, ref: PublicationRef) -> StepResult:
        """Take the next later step: STAGE while something is left, else DONE. Never fails the publication."""
        async with heartbeats():
            work = await self._stages.begin(ref.publication_id, self._clock.now())
            if work is None or work.status is not PublicationStatus.PUBLISHED:
                return look_again(ref.publication_id, ref.epoch, work)
            if work.stage is None:
                return next_step(work, NextStep.DONE)
            try:
                account = await self._tokens.account(work.account_id)
            except ChannelError as error:
                if error.reason is Reason.RATE_LIMITED and error.retry_after is not None:
                    return next_step(work, NextStep.STAGE, error.retry_after)
                return await self._give_up(work, None, error)
            if work.stage_attempt is not None:
                return await self._look(work, work.stage, work.stage_attempt, account)
            if work.look_since is not None:
                return await self._restored(work, work.stage, work.look_since, account)
            return await self._attempt(work, work.stage, account)

    @activity.defn(name="locate")
    async def locate(self, ref: PublicationRef) -> StepResult:
        """Look for the id of a live post that was published without one. Read only; what fails is tried again later."""
        async with heartbeats():
            work = await self._publications.load(ref.publication_id)
            if work is None or work.status is not PublicationStatus.PUBLISHED:
                return look_again(ref.publication_id, ref.epoch, work)
            channel = self._channels[work.channel]
            found: Published | None = None
            try:
                seen = await with_token(
                    self._tokens, work.account_id, lambda account: channel.check(work.draft, account, work.handle)
                )
                found = seen if isinstance(seen, Published) else None
            except ChannelError as error:
                log.info("the id of %s cannot be read yet: %s", ref.publication_id, error)
            settled = await self._stages.located(ref.publication_id, found, self._clock.now())
            return settled_as(ref.publication_id, settled)

    async def _attempt(self, work: Work, stage: str, account: ConnectedAccount) -> StepResult:
        spec = self._channels[work.channel].spec
        now = self._clock.now()
        gate = DeadlineGate.open_for(self._clock, now, spec.publish_deadline)
        intent = await self._publications.open_attempt(
            work.publication_id, epoch=work.epoch, stage=stage, holder=self._holder, now=now, deadline=gate.deadline
        )
        if isinstance(intent, IntentRefused):
            if intent.code == "PAUSED" and intent.wait is not None:
                return next_step(work, NextStep.STAGE, intent.wait)
            return look_again(work.publication_id, work.epoch, work)
        error = await self._call(work, stage, account, gate)
        if error is None:
            return await self._record(work, intent.attempt_id, Effect.SENT)
        await self._tokens.pause(account, error.pause)
        if error.effect is Effect.UNKNOWN:
            await self._record(work, intent.attempt_id, Effect.UNKNOWN, error=error)
            return next_step(work, NextStep.STAGE, SPACING)
        still_processing = error.provider_code == IN_PROGRESS and self._clock.now() < work.publish_by
        if error.effect is Effect.NOT_SENT and (intent.number < MAX_TRIES or still_processing):
            await self._record(work, intent.attempt_id, Effect.NOT_SENT, error=error)
            return next_step(work, NextStep.STAGE, error.retry_after or SPACING * intent.number)
        return await self._give_up(work, intent, error)

    async def _call(self, work: Work, stage: str, account: ConnectedAccount, gate: DeadlineGate) -> ChannelError | None:
        """The one mutating request; None when the network has it."""
        keeper = HandleKeeper(self._publications, work, self._clock)
        try:
            async with asyncio.timeout(gate.seconds_left):
                await self._channels[work.channel].publish(
                    work.draft, account, work.handle, keeper.save, Stage(gate, stage)
                )
        except ChannelError as error:
            return error
        except StaleEpoch:
            effect = Effect.UNKNOWN if gate.passed else Effect.NOT_SENT
            return ChannelError(Reason.INTERNAL_ERROR, effect, "overtaken", provider_code="OVERTAKEN")
        except TimeoutError:
            return gate.late()
        except Exception as error:
            log.exception("step %s of %s ended in an unforeseen error", stage, work.publication_id)
            return ChannelError(Reason.INTERNAL_ERROR, Effect.UNKNOWN, type(error).__name__)
        return None

    async def _look(self, work: Work, stage: str, attempt: OpenAttempt, account: ConnectedAccount) -> StepResult:
        channel = self._channels[work.channel]
        try:
            found = await channel.find(work.draft, account, work.handle, attempt.intent_at - SPACING, stage)
        except ChannelError as error:
            log.warning("cannot look for step %s of %s: %s", stage, work.publication_id, error)
            found = None
        if isinstance(found, Unknown):
            await self._tokens.pause(account, found.pause)
        if isinstance(found, Published):
            return await self._record(work, attempt.id, Effect.SENT)
        now = self._clock.now()
        proven_at = attempt.deadline_at + channel.spec.margin + channel.spec.absence_window
        if now < proven_at:
            return next_step(work, NextStep.STAGE, min(SPACING, proven_at - now))
        may_resend = isinstance(found, Absent) and channel.resend(work.draft) is not Resend.NEVER
        if may_resend and attempt.number < MAX_TRIES:
            await self._record(work, attempt.id, Effect.NOT_SENT)
            return next_step(work, NextStep.STAGE)
        effect = Effect.NOT_SENT if may_resend else Effect.UNKNOWN
        return await self._record(work, attempt.id, effect, warning=_warning(work, stage, "nobody can tell", None))

    async def _restored(self, work: Work, stage: str, since: datetime, account: ConnectedAccount) -> StepResult:
        """The database is older than what may have happened: the step is taken only if it is proven absent."""
        try:
            found = await self._channels[work.channel].find(work.draft, account, work.handle, since, stage)
        except ChannelError as error:
            found = Unknown(note=str(error)[:200])
        if isinstance(found, Published):
            return await self._record(work, None, Effect.SENT)
        if isinstance(found, Absent):
            return await self._attempt(work, stage, account)
        return await self._record(
            work, None, Effect.NOT_SENT, warning=_warning(work, stage, f"nobody can tell: {found.note}", None)
        )

    async def _record(
        self,
        work: Work,
        attempt_id: str | None,
        effect: Effect,
        *,
        error: ChannelError | None = None,
        warning: Warning_ | None = None,
    ) -> StepResult:
        assert work.stage is not None
        settled = await self._stages.record_outcome(
            work.publication_id,
            attempt_id,
            stage=work.stage,
            effect=effect,
            warning=warning,
            provider_code=error.provider_code if error else None,
            raw=(error.raw or error.provider_message) if error else None,
            now=self._clock.now(),
        )
        return settled_as(work.publication_id, settled)

    async def _give_up(self, work: Work, intent: Intent | None, error: ChannelError) -> StepResult:
        assert work.stage is not None
        effect = error.effect if error.effect is not Effect.UNKNOWN else Effect.NOT_SENT
        warning = _warning(work, work.stage, str(error), error.provider_code)
        attempt_id = intent.attempt_id if intent else None
        return await self._record(work, attempt_id, effect, error=error, warning=warning)


def _warning(work: Work, stage: str, why: str, code: str | None) -> Warning_:
    """What a person should know: the post is live, this step is not."""
    if stage == COMMENT:
        name, text = "FIRST_COMMENT_FAILED", "the post is live; its first comment is not"
    else:
        name, text = "CHAIN_INCOMPLETE", f"the post is live; its thread ends before {stage}"
    return Warning_(code=name, message=f"{text}: {why}"[:500], channel=work.channel)
