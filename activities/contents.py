"""What the workflow of a post calls: read what is true, claim what is due, do what an operator asks."""

from __future__ import annotations

from temporalio import activity

from activities.messages import ContentRef, OperatorCommand
from munadi.ports import Clock, Operators, Schedule
from munadi.publishing.model import Claim, CommandResult, View


class ContentActivities:
    """Our own database only: idempotent, retried without end."""

    def __init__(self, schedule: Schedule, operators: Operators, clock: Clock, holder: str) -> None:
        self._schedule = schedule
        self._operators = operators
        self._clock = clock
        self._holder = holder

    @activity.defn(name="look")
    async def look(self, ref: ContentRef) -> View | None:
        """Read the truth and acknowledge the wakes; None when there is no such content."""
        return await self._schedule.look(ref.content_id, self._clock.now())

    @activity.defn(name="claim")
    async def claim(self, ref: ContentRef) -> Claim:
        """Take what is due, for a workflow of an earlier version. `publish` claims its own post today."""
        return await self._schedule.claim(ref.content_id, self._clock.now(), self._holder)

    @activity.defn(name="operate")
    async def operate(self, command: OperatorCommand) -> CommandResult:
        """Apply an operator's signal by the API's compare-and-set; a refusal is an answer, not an error."""
        return await self._operators.apply(command.content_id, command.command, command.argument, self._clock.now())
