"""Attempts of a visible call: what one record says, and whether earlier ones may have been received. Pure.

While an earlier attempt of a step may have been received, a refusal of a later one is evidence and no failure
(decision 030). So every attempt carries since when that is so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from munadi.domain.failure import Effect
from munadi.domain.publication import ClosedBy

# For so long a check that found nothing is good enough to send again after it.
LOOK_IS_FRESH = timedelta(seconds=30)


@dataclass(frozen=True)
class Attempt:
    """The record of one visible call, which may begin until `deadline_at`. Open until its outcome is certain.

    `effect` is what its caller recorded: UNKNOWN, SENT when the network accepted it and still works on it, REJECTED
    when it was refused and an earlier attempt may be live, else None. `uncertain_since` is when the first earlier
    attempt of this step was made that may have been received; None where there is none.
    """

    id: str
    number: int
    intent_at: datetime
    deadline_at: datetime
    effect: Effect | None = None
    uncertain_since: datetime | None = None
    provider_code: str | None = None

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
