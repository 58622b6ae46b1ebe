"""Edits a live post: reads what the network shows, sends the one request that changes it, and reads again.

One run does what can be done now; the workflow sleeps until there is more. `munadi.domain.live_edit` decides;
`activities.live_requests` makes each request.
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
from munadi.domain.live_edit import Edited, Editing, Says, Shown, Stop, asked, next_for, read_as, step_of
from munadi.domain.publishing import StaleEpoch, StepResult
from munadi.domain.removal import Send, Wait, wait_after
from munadi.ports import Edits


class EditingActivities:
    """The activity `edit`."""

    def __init__(self, edits: Edits, requests: LiveRequests) -> None:
        self._edits = edits
        self._requests = requests

    @activity.defn(name="edit")
    async def edit(self, ref: PublicationRef) -> StepResult:
        """Do what can be done now for the edit of a live publication, and record when to do more."""
        async with heartbeats():
            editing = await self._edits.begin(ref.publication_id, self._requests.clock.now())
            if editing is None:
                return read_again(ref)
            try:
                return await _Run(self._edits, self._requests, editing).to_its_end()
            except StaleEpoch:
                return read_again(ref)


@dataclass
class _Run:
    """One run of an edit. `failure` is what the network last refused, or why it could not be asked."""

    store: Edits
    requests: LiveRequests
    editing: Editing
    failure: Failure | None = None

    def __post_init__(self) -> None:
        self.edit = self.editing.edit
        self.channel = self.requests.channels[self.editing.channel]
        self.clock = self.requests.clock

    async def to_its_end(self) -> StepResult:
        """Read, send, and read once more what was just changed."""
        result: Edited | Stop | timedelta
        try:
            result = await self._to_a_result()
        except ChannelError as error:
            self.failure = self.requests.failure(error)
            if needs_a_person(error) and self.edit.asked == 0:
                result = Stop.REFUSED
            else:
                result = max(self._usual_wait(), error.retry_after or timedelta(0))
        return await self.store.settle(
            self.editing.publication_id,
            self.edit,
            result,
            epoch=self.editing.epoch,
            failure=self.failure,
            now=self.clock.now(),
        )

    async def _to_a_result(self) -> Edited | Stop | timedelta:
        for may_send in (True, False):
            shown, now = await self._shown(), self.clock.now()
            self.edit = read_as(self.edit, shown, now)
            match next_for(self.edit, shown, now, is_fresh=self.editing.is_fresh(now)):
                case Send() if may_send:
                    await self._send()
                case Send():
                    break
                case Wait() as wait:
                    return wait.after
                case end:
                    return end
        return self._usual_wait()

    async def _shown(self) -> Shown:
        """What a read shows. What could not be read proves nothing."""
        version = self.editing.version
        try:
            return await with_token(
                self.requests.tokens, self.editing.account_id, lambda account: self.channel.read_live(version, account)
            )
        except ChannelError as error:
            if needs_a_person(error):
                raise
            return Shown(says=Says.NOTHING, word=str(error)[:200], pause=error.retry_after or error.pause)

    async def _send(self) -> None:
        """The one request. Raises ChannelError only if nothing was sent for certain."""
        version = self.editing.version
        made = await self.requests.make(
            self.store,
            self.editing,
            step_of(self.edit),
            lambda account, attempt: self.channel.edit(version, account, attempt),
        )
        if made.answer is not None:
            self.edit = asked(self.edit, made.answer, self.clock.now())
        await self.store.close_attempt(
            self.editing.publication_id,
            made.attempt,
            epoch=self.editing.epoch,
            after=self.edit,
            effect=made.effect,
            call=made.call,
            now=self.clock.now(),
        )
        if made.error is not None:
            self.failure = self.requests.failure(made.error)
            if made.answer is None:
                raise made.error

    def _usual_wait(self) -> timedelta:
        return wait_after(self.clock.now() - self.edit.shown.at)
