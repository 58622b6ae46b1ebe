"""Takes a live post back: looks at each of its objects, sends the requests that remove them, and looks again.

One run does what can be done now. What remains is looked at later: the workflow sleeps until then. The order of each
request is that of a post: the intent is committed, then the one call is made behind its gate, then the answer is
recorded. `munadi.domain.removal` decides.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio import activity

from activities.access import with_token
from activities.failures import failure_from
from activities.gate import DeadlineGate
from activities.heartbeat import heartbeats
from activities.messages import PublicationRef
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Failure, FailureClass
from munadi.domain.outcome import CallRecord
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Attempt, NextStep, StaleEpoch, StepResult
from munadi.domain.reasons import REASONS
from munadi.domain.removal import End, Removing, Send, Wait, asked, looked_at, next_for, wait_after
from munadi.domain.withdrawal import LastAnswer, PostedObject, Seen, Verdict
from munadi.ports import AnyChannel, Channels, Clock, TokenProvider, Withdrawals

# How long one request that removes something may take.
CALL = timedelta(seconds=30)
# What may end by itself: the withdrawal waits for it. Everything else needs a person.
PASSING = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT, FailureClass.UNKNOWN})


class WithdrawingActivities:
    """The activity `withdraw`."""

    def __init__(
        self, withdrawals: Withdrawals, channels: Channels, tokens: TokenProvider, clock: Clock, holder: str
    ) -> None:
        self._withdrawals = withdrawals
        self._channels = channels
        self._tokens = tokens
        self._clock = clock
        self._holder = holder

    @activity.defn(name="withdraw")
    async def withdraw(self, ref: PublicationRef) -> StepResult:
        """Do what can be done now for the withdrawal of a publication, and record when to do more."""
        async with heartbeats():
            removing = await self._withdrawals.begin(ref.publication_id, self._clock.now())
            if removing is None:
                return _read_again(ref)
            run = _Run(self, removing, self._channels[removing.channel])
            try:
                return await run.to_its_end()
            except StaleEpoch:
                return _read_again(ref)


@dataclass
class _Run:
    """One run of a withdrawal. `failure` is what the network last refused, or why it could not be asked."""

    within: WithdrawingActivities
    removing: Removing
    channel: AnyChannel
    failure: Failure | None = None

    def __post_init__(self) -> None:
        self.objects = list(self.removing.objects)
        self.wait: timedelta | None = None

    async def to_its_end(self) -> StepResult:
        """Look, send, and look once more at what was just asked for."""
        within, removing = self.within, self.removing
        try:
            if await self._round():
                await self._round(may_send=False)
        except ChannelError as error:
            self.failure = failure_from(error, within._clock.now())
            if _needs_a_person(error) and all(one.asked == 0 for one in self._open()):
                return await within._withdrawals.refuse(
                    removing.publication_id, self.failure, epoch=removing.epoch, now=within._clock.now()
                )
            self._wait_for(max(wait_after(self._passed()), error.retry_after or timedelta(0)))
        return await within._withdrawals.settle(
            removing.publication_id,
            self.objects,
            epoch=removing.epoch,
            after=self.wait or timedelta(0),
            failure=self.failure,
            now=within._clock.now(),
        )

    async def _round(self, *, may_send: bool = True) -> bool:
        """Look at what is open and decide; True when something was sent. Raises ChannelError."""
        seen, has_sent, self.wait = await self._seen(), False, None
        for place, sight in seen.items():
            now = self.within._clock.now()
            one = self.objects[place] = looked_at(self.objects[place], sight, now)
            match next_for(one, sight, self._passed(), now, is_fresh=self.removing.is_fresh(now)):
                case End() as end:
                    ended = {"ending": end.ending, "confirmed_by": end.confirmed_by}
                    self.objects[place] = one.model_copy(update=ended)
                case Wait() as wait:
                    self._wait_for(wait.after)
                case Send() if may_send:
                    await self._send(place)
                    has_sent = True
                case Send():
                    self._wait_for(wait_after(self._passed()))
        return has_sent

    async def _seen(self) -> dict[int, Seen]:
        """What a look shows of each open object, by place. What could not be read proves nothing."""
        places = [place for place, one in enumerate(self.objects) if one.ending is None]
        objects = [self.objects[place] for place in places]
        try:
            found = await with_token(
                self.within._tokens, self.removing.account_id, lambda account: self.channel.look(objects, account)
            )
        except ChannelError as error:
            if _needs_a_person(error):
                raise
            pause = error.retry_after or error.pause
            found = [Seen(verdict=Verdict.UNREADABLE, word=str(error), pause=pause)] * len(places)
        return dict(zip(places, found, strict=True))

    async def _send(self, place: int) -> None:
        """One request that removes an object. Raises ChannelError only if nothing was sent for certain."""
        within, clock = self.within, self.within._clock
        now = clock.now()
        gate = DeadlineGate.open_for(clock, now, CALL)
        key, epoch = self.removing.publication_id, self.removing.epoch
        attempt = await within._withdrawals.open_attempt(
            key, place, epoch=epoch, holder=within._holder, now=now, deadline=gate.deadline
        )
        attempt.deadline = gate
        error = await self._call(place, attempt, gate)
        answer, effect = _meaning(error)
        call = replace(CallRecord.of(error) if error else CallRecord(), first_byte_at=attempt.passed_at)
        after = self.objects[place]
        if answer is not None:
            after = asked(after, answer, clock.now())
        await within._withdrawals.close_attempt(
            key, place, attempt, epoch=epoch, after=after, effect=effect, call=call, now=clock.now()
        )
        self.objects[place] = after
        if error is not None:
            self.failure = failure_from(error, clock.now())
        if answer is None and error is not None:
            raise error

    async def _call(self, place: int, attempt: Attempt, gate: DeadlineGate) -> ChannelError | None:
        one = self.objects[place]

        async def call(account: ConnectedAccount) -> None:
            await self.channel.withdraw(one, account, attempt)

        try:
            async with asyncio.timeout(gate.seconds_left):
                await with_token(self.within._tokens, self.removing.account_id, call)
        except ChannelError as error:
            return error
        except TimeoutError:
            return gate.late(attempt.passed)
        return None

    def _open(self) -> list[PostedObject]:
        return [one for one in self.objects if one.ending is None]

    def _passed(self) -> timedelta:
        return self.within._clock.now() - self.removing.since

    def _wait_for(self, wait: timedelta) -> None:
        """The soonest of what must be waited for."""
        self.wait = wait if self.wait is None else min(self.wait, wait)


def _meaning(error: ChannelError | None) -> tuple[LastAnswer | None, Effect]:
    """What the end of a request says; no answer when it was not sent."""
    if error is None:
        return LastAnswer.DONE, Effect.SENT
    if error.effect is Effect.NOT_SENT:
        return None, Effect.NOT_SENT
    if error.effect is Effect.REJECTED:
        return LastAnswer.REFUSED, Effect.REJECTED
    return LastAnswer.UNKNOWN, Effect.UNKNOWN


def _needs_a_person(error: ChannelError) -> bool:
    return REASONS[error.reason].class_ not in PASSING


def _read_again(ref: PublicationRef) -> StepResult:
    return StepResult(
        publication_id=ref.publication_id, status=PublicationStatus.PUBLISHED, step=NextStep.LOOK, epoch=ref.epoch
    )
