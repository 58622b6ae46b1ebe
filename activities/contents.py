"""The activities of a post's workflow that use only the database: read the plans, apply operators' signals."""

from __future__ import annotations

from temporalio import activity

from activities.messages import ContentRef, OperatorCommand
from munadi.domain.publishing import CommandResult, View
from munadi.ports import Clock, Operators, Schedule


class ContentActivities:
    """Activities over Munadi's own database: idempotent, retried without end."""

    def __init__(self, schedule: Schedule, operators: Operators, clock: Clock) -> None:
        self._schedule = schedule
        self._operators = operators
        self._clock = clock

    @activity.defn(name="look")
    async def look(self, ref: ContentRef) -> View | None:
        """Read the state of the post and acknowledge its wakes; None when there is no such post."""
        return await self._schedule.look(ref.content_id, self._clock.now())

    @activity.defn(name="operate")
    async def operate(self, command: OperatorCommand) -> CommandResult:
        """Apply an operator's signal by the API's compare-and-set. A refusal is returned, not raised."""
        return await self._operators.apply(command.content_id, command.command, command.argument, self._clock.now())
