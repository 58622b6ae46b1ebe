"""When a live post is looked at next. Pure.

The ages are jittered by a tenth, so that the posts of one minute are not looked at in one minute. A look that showed
nothing, a change that needs a second answer, and a post that its network still works on have times of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.liveness import APART, Watch
from munadi.domain.look_rule import LookRule
from munadi.domain.publication import growing
from munadi.domain.withdrawal import Verdict

JITTER = 0.1
# The waits after looks that showed nothing; the last one repeats.
UNREADABLE_WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
# The waits while the network still works on the post; the last one repeats.
PROCESSING_WAITS = tuple(timedelta(minutes=minutes) for minutes in (10, 30, 60, 180, 720))
# For so long after the last age a look that showed nothing, or that the network still works, is repeated.
GRACE = timedelta(days=7)
# The last useful look at a post that its network takes down by itself.
BEFORE_END = timedelta(hours=1)
# It takes the place of a look that would come so short before it: an age of a day, made less by its jitter.
LAST_COVERS = timedelta(hours=2)
_TENSE = timedelta(minutes=2)


@dataclass(frozen=True)
class LookPlan:
    """When a post is looked at: at these moments, and not from `ends_at` on."""

    moments: tuple[datetime, ...]
    ends_at: datetime | None = None

    @classmethod
    def of(cls, key: str, published_at: datetime, ages: Sequence[timedelta], life: timedelta | None = None) -> LookPlan:
        """The plan of a post with this id. `life`: after that long its network takes it down."""
        moments = sorted(_moment(published_at, age, _drawn(key, place)) for place, age in enumerate(ages))
        if life is None or not moments:
            return cls(tuple(moments))
        last = published_at + life - BEFORE_END * (1 + _drawn(key, len(ages)) / 10)
        earlier = (one for one in moments if one < last - LAST_COVERS)
        return cls((*earlier, last), published_at + life)

    def after(self, now: datetime) -> datetime | None:
        """The first moment after `now`."""
        return next((one for one in self.moments if one > now), None)

    def is_over(self, now: datetime) -> bool:
        """Whether the network has taken the post down by itself by then."""
        return self.ends_at is not None and now >= self.ends_at


def life_of(rule: LookRule, kind: object) -> timedelta | None:
    """How long a post of this kind (its option) lives; None where it stays."""
    return rule.lives.get(kind) if isinstance(kind, str) else None


def next_look(
    watch: Watch, plan: LookPlan, now: datetime, *, apart: timedelta = APART, pause: timedelta | None = None
) -> datetime | None:
    """When a post is looked at after a look at `now`; None: never again. `pause`: not before that."""
    if watch.verdict is Verdict.GONE or not plan.moments:
        return None
    at = _wanted(watch, plan, now, apart)
    if at is not None and pause is not None:
        at = max(at, now + pause)
    return at if at is not None and not plan.is_over(at) else None


def _wanted(watch: Watch, plan: LookPlan, now: datetime, apart: timedelta) -> datetime | None:
    planned, is_late = plan.after(now), now > plan.moments[-1] + GRACE
    if watch.failed:
        return None if is_late else now + growing(UNREADABLE_WAITS, watch.failed - 1)
    if watch.other_since is not None:
        return max(now, watch.other_since + apart)
    if watch.unready and not is_late:
        soon = now + growing(PROCESSING_WAITS, watch.unready - 1)
        return soon if planned is None else min(soon, planned)
    return planned


def _drawn(key: str, place: int) -> float:
    """Between -1 and 1, the same for each call."""
    drawn = int.from_bytes(hashlib.sha256(f"{key}/{place}".encode()).digest()[:4])
    return 2 * drawn / 2**32 - 1


def _moment(published_at: datetime, age: timedelta, drawn: float) -> datetime:
    """Networks are busy at full hours, so not just then."""
    at = published_at + age * (1 + JITTER * drawn)
    start = at.replace(minute=0, second=0, microsecond=0)
    return at + _TENSE if age > _TENSE and at - start < _TENSE else at
