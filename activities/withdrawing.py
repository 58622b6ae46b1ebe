"""Takes a live post back: looks at each of its objects, sends the requests that remove them, and looks again.

One run does what can be done now. What remains is looked at later: the workflow sleeps until then.
`munadi.domain.removal` decides; `activities.live_requests` makes each request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity

from activities.access import with_token
from activities.heartbeat import heartbeats
from activities.live_requests import LiveRequests, needs_a_person, read_again
from activities.messages import PublicationRef
from munadi.domain.failure import ChannelError, Failure
from munadi.domain.publishing import StaleEpoch, StepResult
from munadi.domain.removal import End, Removing, Send, Wait, asked, looked_at, next_for, step_of, wait_after
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Withdrawals


class WithdrawingActivities:
    """The activity `withdraw`."""

    def __init__(self, withdrawals: Withdrawals, requests: LiveRequests) -> None:
        self._withdrawals = withdrawals
        self._requests = requests

    @activity.defn(name="withdraw")
    async def withdraw(self, ref: PublicationRef) -> StepResult:
        """Do what can be done now for the withdrawal of a publication, and record when to do more."""
        async with heartbeats():
            removing = await self._withdrawals.begin(ref.publication_id, self._requests.clock.now())
            if removing is None:
                return read_again(ref)
            try:
                return await _Run(self._withdrawals, self._requests, removing).to_its_end()
            except StaleEpoch:
                return read_again(ref)


@dataclass
class _Run:
    """One run of a withdrawal. `failure` is what the network last refused, or why it could not be asked."""

    store: Withdrawals
    requests: LiveRequests
    removing: Removing
    failure: Failure | None = None

    def __post_init__(self) -> None:
        self.objects = list(self.removing.objects)
        self.channel = self.requests.channels[self.removing.channel]
        self.clock = self.requests.clock
        self.wait: timedelta | None = None

    async def to_its_end(self) -> StepResult:
        """Look, send, and look once more at what was just asked for."""
        key, epoch = self.removing.publication_id, self.removing.epoch
        try:
            if await self._round():
                await self._round(may_send=False)
        except ChannelError as error:
            self.failure = self.requests.failure(error)
            if needs_a_person(error) and all(one.asked == 0 for one in self._open()):
                return await self.store.refuse(key, self.failure, epoch=epoch, now=self.clock.now())
            self._wait_for(max(wait_after(self._passed()), error.retry_after or timedelta(0)))
        after = self.wait or timedelta(0)
        return await self.store.settle(
            key, self.objects, epoch=epoch, after=after, failure=self.failure, now=self.clock.now()
        )

    async def _round(self, *, may_send: bool = True) -> bool:
        """Look at what is open and decide; True when something was sent. Raises ChannelError."""
        seen, has_sent, self.wait = await self._seen(), False, None
        for place, sight in seen.items():
            now = self.clock.now()
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
                self.requests.tokens, self.removing.account_id, lambda account: self.channel.look(objects, account)
            )
        except ChannelError as error:
            if needs_a_person(error):
                raise
            pause = error.retry_after or error.pause
            found = [Seen(verdict=Verdict.UNREADABLE, word=str(error), pause=pause)] * len(places)
        return dict(zip(places, found, strict=True))

    async def _send(self, place: int) -> None:
        """One request that removes an object. Raises ChannelError only if nothing was sent for certain."""
        one = self.objects[place]
        made = await self.requests.make(
            self.store,
            self.removing,
            step_of(place),
            lambda account, attempt: self.channel.withdraw(one, account, attempt),
        )
        after = asked(one, made.answer, self.clock.now()) if made.answer is not None else one
        await self.store.close_attempt(
            self.removing.publication_id,
            place,
            made.attempt,
            epoch=self.removing.epoch,
            after=after,
            effect=made.effect,
            call=made.call,
            now=self.clock.now(),
        )
        self.objects[place] = after
        if made.error is not None:
            self.failure = self.requests.failure(made.error)
            if made.answer is None:
                raise made.error

    def _open(self) -> list[PostedObject]:
        return [one for one in self.objects if one.ending is None]

    def _passed(self) -> timedelta:
        return self.clock.now() - self.removing.since

    def _wait_for(self, wait: timedelta) -> None:
        """The soonest of what must be waited for."""
        self.wait = wait if self.wait is None else min(self.wait, wait)
