"""The visible call, and reading how far an accepted one has come (design §5).

Order of `publish`: token → intent (committed) → gate → the one mutating request → outcome (committed). Whatever
dies in between leaves an open attempt, and an open attempt is never sent again without looking.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from temporalio import activity

from activities.access import with_token
from activities.failures import again, failure_from, hold_for, outcome_of
from activities.gate import DeadlineGate
from activities.handles import HandleKeeper
from activities.heartbeat import heartbeats
from activities.messages import PUBLISH_TRIES, PublicationRef
from activities.outcomes import look_again, next_step, settled_as
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.publication import POST, HoldReason, Pending, PublicationStatus, Published
from munadi.domain.reasons import REASONS, failure_of
from munadi.ports import Channels, Clock, Publications, Stage, StaleEpoch, TokenKeeper
from munadi.publishing.model import IntentRefused, NextStep, Outcome, Settled, StepResult, Work

log = logging.getLogger("munadi.publishing")

S = PublicationStatus
CHECK_AGAIN = timedelta(seconds=10)


class PublishingActivities:
    """`publish` and `check`."""

    def __init__(
        self, publications: Publications, channels: Channels, tokens: TokenKeeper, clock: Clock, holder: str
    ) -> None:
        self._publications = publications
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._holder = holder

    @activity.defn(name="publish")
    async def publish(self, ref: PublicationRef) -> StepResult:
        """Make the visible call once, or say why not. Raises only what proves that nothing was sent."""
        async with heartbeats():
            work = await self._publications.load(ref.publication_id)
            if work is None or work.epoch != ref.epoch or work.status is not S.PUBLISHING:
                return look_again(ref.publication_id, ref.epoch, work)
            if work.open_attempt is not None:
                return next_step(work, NextStep.RECONCILE)
            if self._lapsed(work):
                anew = Outcome(effect=Effect.NOT_SENT, hold=HoldReason.OUTAGE, hold_for=timedelta(0))
                return settled_as(work.publication_id, await self._record(work, None, anew))
            try:
                account = await self._tokens.account(work.account_id)
            except ChannelError as error:
                return await self._not_begun(work, error)
            return await self._attempt(work, account)

    @activity.defn(name="check")
    async def check(self, ref: PublicationRef) -> StepResult:
        """Read how far an accepted publication has come; it ends as published, failed or, too late, unconfirmed."""
        async with heartbeats():
            work = await self._publications.load(ref.publication_id)
            if work is None or work.epoch != ref.epoch or work.status is not S.PUBLISHING:
                return look_again(ref.publication_id, ref.epoch, work)
            outcome: Outcome | None = None
            after = CHECK_AGAIN
            try:
                channel = self._channels[work.channel]
                found = await with_token(
                    self._tokens, work.account_id, lambda account: channel.check(work.draft, account, work.handle)
                )
                if isinstance(found, Published):
                    outcome = Outcome(effect=Effect.SENT, published=found)
                elif isinstance(found, Pending):
                    after = found.after
            except ChannelError as error:
                left = max(CHECK_AGAIN, work.publish_by - self._clock.now())
                after = min(max(after, error.retry_after or after), left)
                if error.effect is Effect.REJECTED:
                    outcome = Outcome(
                        effect=Effect.REJECTED,
                        failure=failure_from(error, self._clock.now()),
                        raw=error.raw,
                        credentials_version=error.credentials_version,
                    )
            if outcome is not None:
                accepted = work.open_attempt.id if work.open_attempt else None
                return settled_as(work.publication_id, await self._record(work, accepted, outcome))
            if self._clock.now() >= work.publish_by:
                settled = await self._publications.unconfirmed(
                    work.publication_id, epoch=work.epoch, next_look_after=after, now=self._clock.now()
                )
                return settled_as(work.publication_id, settled)
            return next_step(work, NextStep.CHECK, after)

    async def _attempt(self, work: Work, account: ConnectedAccount, *, may_renew: bool = True) -> StepResult:
        spec = self._channels[work.channel].spec
        now = self._clock.now()
        gate = DeadlineGate.open_for(self._clock, now, spec.deadline_for(work.draft.media_bytes))
        intent = await self._publications.open_attempt(
            work.publication_id,
            epoch=work.epoch,
            stage=POST,
            holder=self._holder,
            now=now,
            deadline=gate.deadline,
        )
        if isinstance(intent, IntentRefused):
            return await self._refused(work, intent)
        outcome, error = await self._call(work, account, gate)
        outcome = outcome.model_copy(update={"credentials_version": account.credentials_version})
        if error is not None:
            await self._tokens.pause(account, error.pause)
        if error is not None and REASONS[error.reason].class_ is FailureClass.TOKEN and outcome.hold is not None:
            renewed = await self._renewed(account, error, may_renew)
            if renewed is not None:
                # Nothing was sent: close this attempt and open another with the new token.
                await self._record(
                    work, intent.attempt_id, Outcome(effect=Effect.NOT_SENT, retry=True, raw=outcome.raw)
                )
                return await self._attempt(work, renewed, may_renew=False)
        settled = await self._record(work, intent.attempt_id, outcome)
        if outcome.retry and error is not None and settled.epoch == work.epoch:
            raise again(error)
        if settled.status is S.PUBLISHING and settled.epoch == work.epoch:
            if outcome.pending:
                return next_step(work, NextStep.CHECK, outcome.hold_for or CHECK_AGAIN, settled.deliveries)
            return next_step(work, NextStep.RECONCILE, deliveries=settled.deliveries)
        return settled_as(work.publication_id, settled)

    async def _call(
        self, work: Work, account: ConnectedAccount, gate: DeadlineGate
    ) -> tuple[Outcome, ChannelError | None]:
        """The one mutating request, under its deadline; every way it can end becomes an outcome."""
        keeper = HandleKeeper(self._publications, work, self._clock)
        channel = self._channels[work.channel]
        try:
            async with asyncio.timeout(gate.seconds_left):
                result = await channel.publish(work.draft, account, work.handle, keeper.save, Stage(gate, POST))
        except ChannelError as error:
            return outcome_of(error, self._clock.now(), last_try=_is_last_try()), error
        except TimeoutError:
            late = gate.late()
            return outcome_of(late, self._clock.now(), last_try=_is_last_try()), late
        except StaleEpoch:
            if gate.passed:
                return Outcome(effect=Effect.UNKNOWN, provider_code="OVERTAKEN"), None
            return Outcome(effect=Effect.NOT_SENT, retry=True, provider_code="OVERTAKEN"), None
        except Exception as error:
            # The handle could not be saved, or a bug of ours: the request may be under way, so the network is checked.
            log.exception("publish of %s ended in an unforeseen error", work.publication_id)
            return Outcome(effect=Effect.UNKNOWN, provider_code=type(error).__name__), None
        if isinstance(result, Published):
            return Outcome(effect=Effect.SENT, published=result), None
        return Outcome(effect=Effect.SENT, pending=True, hold_for=result.after), None

    async def _record(self, work: Work, attempt_id: str | None, outcome: Outcome) -> Settled:
        return await self._publications.record_outcome(
            work.publication_id,
            attempt_id,
            epoch=work.epoch,
            outcome=outcome,
            now=self._clock.now(),
        )

    def _lapsed(self, work: Work) -> bool:
        """An earlier try gave up the preparation: it goes back to be prepared, not to the network half prepared."""
        needed = self._channels[work.channel].lead(work.draft) > timedelta(0)
        return needed and not (work.handle is not None and work.handle.ready)

    async def _renewed(
        self, account: ConnectedAccount, error: ChannelError, may_renew: bool
    ) -> ConnectedAccount | None:
        """A working token in place of one that the network refused, or None.

        A dead grant, or a fresh token that is refused again, is reported to the account: only its owner can help. An
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

    async def _not_begun(self, work: Work, error: ChannelError) -> StepResult:
        """No token: nothing was tried, so whatever the effect says, it is a hold or a failure."""
        hold = hold_for(error) or HoldReason.OUTAGE
        token_class = REASONS[error.reason].class_ is FailureClass.TOKEN
        outcome = Outcome(
            effect=Effect.NOT_SENT,
            hold=HoldReason.TOKEN if token_class else hold,
            hold_for=error.retry_after,
            hold_cause=failure_from(error, self._clock.now()),
            credentials_version=error.credentials_version,
        )
        return settled_as(work.publication_id, await self._record(work, None, outcome))

    async def _refused(self, work: Work, refused: IntentRefused) -> StepResult:
        match refused.code:
            case "PAUSED":
                outcome = Outcome(effect=Effect.NOT_SENT, hold=HoldReason.RATE_LIMIT, hold_for=refused.wait)
                return settled_as(work.publication_id, await self._record(work, None, outcome))
            case "ACCOUNT_GONE":
                gone = Outcome(effect=Effect.NOT_SENT, failure=failure_of(Reason.ACCOUNT_DISCONNECTED))
                return settled_as(work.publication_id, await self._record(work, None, gone))
            case "OPEN_ATTEMPT":
                return next_step(work, NextStep.RECONCILE)
        return next_step(work, NextStep.LOOK)


def _is_last_try() -> bool:
    return activity.info().attempt >= PUBLISH_TRIES
