"""The deadline gate: a worker that was paused and continues later sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Clock


@dataclass
class DeadlineGate:
    """Open until the deadline, by the wall clock and the monotonic clock: a pause can mislead either of them alone."""

    clock: Clock
    deadline: datetime
    monotonic_deadline: float

    @classmethod
    def open_for(cls, clock: Clock, now: datetime, period: timedelta) -> DeadlineGate:
        """A gate that closes `period` from now."""
        return cls(clock, now + period, clock.monotonic() + period.total_seconds())

    def __call__(self) -> datetime:
        """The time now. Raises ChannelError (not sent) once the deadline has passed."""
        now = self.clock.now()
        if now >= self.deadline or self.clock.monotonic() >= self.monotonic_deadline:
            raise ChannelError(
                Reason.PROVIDER_OUTAGE,
                Effect.NOT_SENT,
                "the attempt's deadline passed before the request was sent; nothing was sent",
                provider_code="DEADLINE_GATE",
            )
        return now

    @staticmethod
    def late(passed: bool) -> ChannelError:
        """The error for a call without an answer by the deadline: not sent, if the request had not begun."""
        if passed:
            message = "no answer by the deadline"
            return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, message, provider_code="DEADLINE", raw=message)
        return ChannelError(
            Reason.NETWORK_UNREACHABLE,
            Effect.NOT_SENT,
            "the network was not reached by the attempt's deadline; nothing was sent",
            provider_code="DEADLINE",
        )

    @property
    def seconds_left(self) -> float:
        """Seconds until it closes, by the stricter clock."""
        by_wall = (self.deadline - self.clock.now()).total_seconds()
        return max(0.0, min(by_wall, self.monotonic_deadline - self.clock.monotonic()))
