"""Attempts of a visible call: what one record says, its gate, and whether earlier ones may have been received. Pure.

While an earlier attempt of a step may have been received, a refusal of a later one is evidence and no failure
(decision 030). So every attempt carries since when that is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from munadi.domain.failure import Effect
from munadi.domain.publication import POST, ClosedBy

# For so long a check that found nothing is good enough to send again after it.
LOOK_IS_FRESH = timedelta(seconds=30)


def _no_call() -> datetime:
    raise RuntimeError("this attempt was read to check the network; it makes no call")


@dataclass
class Attempt:
    """One visible call of a step, as recorded, which may begin until `deadline_at`. Open until its outcome is certain.

    `effect` is what its caller recorded: UNKNOWN, SENT when the network accepted it and still works on it, REJECTED
    when it was refused and an earlier attempt may be live, else None. `uncertain_since` is when the first earlier
    attempt of this step was made that may have been received; None where there is none. `deadline` returns the time, or
    raises ChannelError (not sent) once it is too late; the step runner sets it.
    """

    id: str
    number: int
    intent_at: datetime
    deadline_at: datetime
    effect: Effect | None = None
    uncertain_since: datetime | None = None
    provider_code: str | None = None
    step: str = POST
    deadline: Callable[[], datetime] = _no_call
    # When the gate opened last, by the wall clock: a request that the network asks to repeat passes it twice.
    passed_at: datetime | None = None

    def gate(self) -> None:
        """Check the deadline, just before the first byte of the visible request."""
        self.passed_at = self.deadline()

    @property
    def passed(self) -> bool:
        """Whether the gate has opened: until then, no byte of the visible request has left."""
        return self.passed_at is not None

    @property
    def is_doubtful(self) -> bool:
        """Whether an earlier request of this step may have been received: the core decides what a refusal means."""
        return self.uncertain_since is not None

    @property
    def is_evidence(self) -> bool:
        """Whether the network refused this attempt while an earlier one is uncertain: nothing is sent again."""
        return self.effect is Effect.REJECTED

    @property
    def looks_since(self) -> datetime:
        """From when on a check of the network must look: the first attempt that may be live."""
        return min(self.uncertain_since or self.intent_at, self.intent_at)


@dataclass(frozen=True)
class Doubt:
    """Earlier attempts of a step that may have been received: `since` the first was made.

    `looked_at` is when a check of the network last found nothing.
    """

    since: datetime
    looked_at: datetime | None = None

    def needs_a_look(self, now: datetime) -> bool:
        """Whether the network must be checked again before anything is sent."""
        return self.looked_at is None or now - self.looked_at > LOOK_IS_FRESH


class PastAttempt(Protocol):
    """What of an attempt's row says whether it may have been received."""

    @property
    def was_uncertain(self) -> bool: ...

    @property
    def closed_by(self) -> str | None: ...

    @property
    def intent_at(self) -> datetime: ...

    @property
    def ended_at(self) -> datetime | None: ...

    @property
    def uncertain_since(self) -> datetime | None: ...


def doubt_about(attempts: Iterable[PastAttempt]) -> Doubt | None:
    """Whether one of these closed attempts of a step, in order, may have been received.

    An answer, a check and the post's own key are certain; a look in a list is not, because lists lag. A person who says
    that the post is not there ends the doubt about everything before.
    """
    doubtful: list[PastAttempt] = []
    for one in attempts:
        if one.closed_by == ClosedBy.PERSON:
            doubtful = []
        elif (one.was_uncertain and one.closed_by in (ClosedBy.LOOK, None)) or (
            one.uncertain_since is not None and not doubtful
        ):
            doubtful.append(one)
    if not doubtful:
        return None
    since = min(one.uncertain_since or one.intent_at for one in doubtful)
    looked = [one.ended_at for one in doubtful if one.was_uncertain and one.ended_at is not None]
    return Doubt(since, max(looked, default=None))
