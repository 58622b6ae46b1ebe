"""The deadline gate: a worker that was paused and continues later sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Clock


@dataclass
class DeadlineGate:
    """Open until the deadline, by the wall clock and the monotonic clock: a pause can mislead either of them alone.

    While `passed` is false no byte of the visible request has left. `passed_at` is when it opened last, by the wall
    clock: a request that the network asks to repeat passes it twice.
    """

    clock: Clock
    deadline: datetime
    monotonic_deadline: float
    passed_at: datetime | None = None

    @classmethod
    def open_for(cls, clock: Clock, now: datetime, period: timedelta) -> DeadlineGate:
        """A gate that closes `period` from now."""
        return cls(clock, now + period, clock.monotonic() + period.total_seconds())

    def __call__(self) -> None:
        """Check the deadline just before the first byte. Raises ChannelError (not sent) once it has passed."""
        now = self.clock.now()
        if now >= self.deadline or self.clock.monotonic() >= self.monotonic_deadline:
            raise ChannelError(
                Reason.PROVIDER_OUTAGE,
                Effect.NOT_SENT,
                "the attempt's deadline passed before the request was sent; nothing was sent",
                provider_code="DEADLINE_GATE",
            )
        self.passed_at = now

    @property
    def passed(self) -> bool:
        """Whether it has opened."""
        return self.passed_at is not None

    def late(self) -> ChannelError:
        """The error for a call without an answer by the deadline: not sent, if the request had not begun."""
        if self.passed:
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
