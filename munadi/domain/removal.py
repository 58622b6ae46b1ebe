"""Decides what comes next for one object that is to be removed. Pure: the activity looks, calls and records.

| a look shows | no request yet | answered: done | answered: refused | no answer |
|---|---|---|---|---|
| gone, twice 30 s apart | gone before | withdrawn, at the first look | withdrawn | withdrawn |
| it is there | send | look again; send again when it stays | refused | send again when it stays, 5 times at most |
| nothing certain | send | look again | refused | look again |
| nothing, ever (`blind`) | send | withdrawn, by the answer | refused | send again: the repetition is the look |

A network may not show a post that it has just published. So there a look that finds nothing keeps no request back, and
two requests are made before it counts.

A repetition cannot hit another post: networks never use an id twice, and Bluesky's delete names the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.domain.withdrawal import PRESENT, Ending, LastAnswer, PostedObject, Seen, Verdict

# Two equal looks prove something only when they are this far apart.
APART = timedelta(seconds=30)
# An object that is still there so long after the network said "done" is asked for again.
LAG = timedelta(minutes=5)
MAX_REQUESTS = 5
# For so long after its publication a post may be missing in what a network shows.
FRESH = timedelta(minutes=15)
# The waits between looks while a removal is not certain: each holds until so much time has passed since the request.
_WAITS = tuple(
    (timedelta(seconds=until), timedelta(seconds=wait)) for until, wait in ((20, 5), (120, 30), (600, 120), (3600, 600))
)
LAST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Send:
    """Send the request that removes it."""


@dataclass(frozen=True)
class Wait:
    """Look again after that long."""

    after: timedelta


@dataclass(frozen=True)
class End:
    """It is settled."""

    ending: Ending
    confirmed_by: str


Next = Send | Wait | End


@dataclass(frozen=True)
class Removing:
    """A withdrawal under way: what is left of a publication, and `since` when it is to be removed."""

    publication_id: str
    account_id: str
    channel: str
    epoch: int
    objects: tuple[PostedObject, ...]
    since: datetime
    published_at: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the post is so new that its network may not show it yet."""
        return self.published_at is not None and now - self.published_at < FRESH


def step_of(place: int) -> str:
    """The step that removes an object, by its place among the objects of its publication: `withdraw-1` is the first."""
    return f"withdraw-{place + 1}"


def wait_after(passed: timedelta) -> timedelta:
    """The wait before the next look, when a withdrawal was asked for so long ago."""
    return next((wait for until, wait in _WAITS if passed < until), LAST_WAIT)


def looked_at(one: PostedObject, seen: Seen, now: datetime) -> PostedObject:
    """The object after a look: since when equal looks have shown it gone, or there."""
    gone = one.gone_since or now if seen.verdict is Verdict.GONE else None
    live = one.live_since or now if seen.verdict in PRESENT else None
    return one.model_copy(update={"gone_since": gone, "live_since": live})


def asked(one: PostedObject, answer: LastAnswer, now: datetime) -> PostedObject:
    """The object after a request to remove it. What earlier looks showed is about the time before."""
    return one.model_copy(
        update={
            "asked": one.asked + 1,
            "asked_at": now,
            "answer": answer,
            "gone_since": None,
            "live_since": None,
        }
    )


def next_for(one: PostedObject, seen: Seen, passed: timedelta, now: datetime, *, is_fresh: bool = False) -> Next:
    """What comes next, by the table above. `one` is as `looked_at` returns it; `passed` since the withdrawal began."""
    if one.answer is LastAnswer.REFUSED and seen.verdict is not Verdict.GONE:
        return End(Ending.REFUSED, "answer")
    if seen.verdict is Verdict.GONE:
        is_doubtful = is_fresh and one.answer is not LastAnswer.DONE and one.asked < 2
        return _unshown(one, now) if is_doubtful else _gone(one, now)
    if one.asked == 0:
        return Send()
    if seen.blind:
        return _unseeable(one, passed, now)
    again = Wait(max(wait_after(passed), seen.pause or timedelta(0)))
    if seen.verdict not in PRESENT or one.live_since is None or one.asked_at is None:
        return again
    if one.answer is LastAnswer.DONE and now - one.asked_at < LAG:
        return again
    if now - one.live_since < APART:
        return Wait(APART - (now - one.live_since))
    return Send() if one.asked < MAX_REQUESTS else End(Ending.REFUSED, "look")


def _unshown(one: PostedObject, now: datetime) -> Next:
    """It may be there all the same: another request, half a minute after the first."""
    rest = APART - (now - one.asked_at) if one.asked_at else timedelta(0)
    return Wait(rest) if rest > timedelta(0) else Send()


def _gone(one: PostedObject, now: datetime) -> Next:
    since = one.gone_since or now
    if one.answer is not LastAnswer.DONE and now - since < APART:
        return Wait(APART - (now - since))
    return End(Ending.WITHDRAWN if one.asked else Ending.GONE, "look")


def _unseeable(one: PostedObject, passed: timedelta, now: datetime) -> Next:
    if one.answer is LastAnswer.DONE:
        return End(Ending.WITHDRAWN, "answer")
    rest = APART - (now - (one.asked_at or now))
    if one.asked < MAX_REQUESTS and rest <= timedelta(0):
        return Send()
    return Wait(max(wait_after(passed), rest))
