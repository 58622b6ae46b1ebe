"""Decides from looks whether a live post is still there. Pure: the worker looks and records.

| the last settled verdict | a look shows | what follows |
|---|---|---|
| any | the same | it stays; a doubt is over |
| none, or `processing` | `live` or `processing` | settled at once |
| any | another one | a doubt: looked at again after 15 minutes |
| any, in doubt | the doubtful one again, 15 minutes later | settled: a change |
| any | `unreadable` | nothing: the last verdict stays, with its age |

A post is several objects. It is gone when all of them are; when only some are, it is limited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from munadi.domain.bounds import Name
from munadi.domain.model import Passed, WireModel
from munadi.domain.publication import POST
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

V = Verdict
# Two equal answers settle a change only when they are this far apart.
APART = timedelta(minutes=15)
# The next look at a post in doubt. A little later, so that its answer counts.
AGAIN = timedelta(minutes=16)
# The waits after looks at which nothing could be read; the last one repeats.
UNREADABLE_WAITS = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 360, 1440))
# How long after the last planned look a post that could not be read is looked at again.
GIVEN_UP = timedelta(days=7)
MAX_LOOKS = 12
EXPIRED = "expired"
# Of two verdicts on parts of one post the one that stands first here is reported.
_WORST = (V.REJECTED, V.LIMITED, V.UNSEEN, V.PROCESSING, V.LIVE)


class Liveness(WireModel):
    """What looks at a published post have shown."""

    verdict: Verdict = Field(
        description="`live`, `limited` (not everybody sees it), `processing`, `rejected` (by the network, later), "
        "`gone`, `unseen` (not shown, which proves nothing), or `unreadable` (it was never read)."
    )
    since: datetime = Field(description="Since when the looks have shown this.")
    looked_at: datetime = Field(description="When it was last read: an older verdict is less certain.")
    next_look_at: datetime | None = Field(None, description="When it is looked at next; null: not again.")
    word: str = Field("", description="The network's own word for it; empty without one.")


class Change(StrEnum):
    """A change that is reported."""

    VANISHED = "vanished"
    LIMITED = "limited"
    RESTORED = "restored"


class Sighting(Passed):
    """What looks have shown of one object. `doubt` is another verdict that was seen once, at `doubt_since`."""

    verdict: Verdict | None = None
    since: datetime | None = None
    checked_at: datetime | None = None
    word: Name = ""
    doubt: Verdict | None = None
    doubt_since: datetime | None = None


class Look(Passed):
    """One look, for the record."""

    at: datetime
    verdict: Verdict
    word: Name = ""


class Watch(Passed):
    """All that is known of a publication from looks. `verdict` is the one that was last reported."""

    verdict: Verdict | None = None
    since: datetime | None = None
    looked_at: datetime | None = None
    word: Name = ""
    objects: dict[str, Sighting] = {}
    unread: int = 0
    unread_since: datetime | None = None
    looks: tuple[Look, ...] = ()

    @property
    def in_doubt(self) -> bool:
        """Whether a second look must confirm what the last one showed."""
        return any(one.doubt is not None for one in self.objects.values())

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to look at."""
        return self.verdict is V.GONE

    def view(self, next_look_at: datetime | None) -> Liveness | None:
        """As a client reads it; None before the first look that settled something."""
        if self.verdict is not None and self.since is not None and self.looked_at is not None:
            return Liveness(
                verdict=self.verdict,
                since=self.since,
                looked_at=self.looked_at,
                next_look_at=next_look_at,
                word=self.word,
            )
        if self.unread_since is None or not self.looks:
            return None
        last = self.looks[-1]
        return Liveness(
            verdict=V.UNREADABLE, since=self.unread_since, looked_at=last.at, next_look_at=next_look_at, word=last.word
        )


def as_published(seen: Seen, options: Collection[object]) -> Seen:
    """What a look shows, where the post was published for some people only: then that is no change."""
    chosen = {str(one).casefold() for one in options}
    if seen.verdict is V.LIMITED and seen.word.casefold() in chosen:
        return seen.model_copy(update={"verdict": V.LIVE})
    return seen


def after_look(watch: Watch, objects: Sequence[PostedObject], seen: Mapping[str, Seen], now: datetime) -> Watch:
    """What is known after a look, by the table above. `seen` is by the ids of objects."""
    shown = [seen[one.id] for one in objects if one.id in seen]
    read = [one for one in shown if one.verdict is not V.UNREADABLE]
    if not read:
        word = next((one.word for one in shown if one.word), "")
        return watch.model_copy(
            update={
                "unread": watch.unread + 1,
                "unread_since": watch.unread_since or now,
                "looks": _noted(watch, Look(at=now, verdict=V.UNREADABLE, word=word)),
            }
        )
    sightings = {one.id: _after(watch.objects.get(one.id, Sighting()), seen.get(one.id), now) for one in objects}
    verdict, word, since = _overall(objects, sightings)
    found = [(one, seen[one.id]) for one in objects if one.id in seen]
    raw, raw_word = _of_all([(one, each.verdict, each.word) for one, each in found if each.verdict is not V.UNREADABLE])
    is_same = verdict is watch.verdict
    return watch.model_copy(
        update={
            "objects": sightings,
            "verdict": verdict,
            "since": watch.since if is_same else since,
            "looked_at": now,
            "word": word,
            "unread": 0,
            "unread_since": None,
            "looks": _noted(watch, Look(at=now, verdict=raw or V.UNREADABLE, word=raw_word)),
        }
    )


def expired(watch: Watch, now: datetime) -> Watch:
    """A post that has ended by itself, as its kind does."""
    return watch.model_copy(update={"verdict": V.GONE, "since": now, "looked_at": now, "word": EXPIRED})


def change_of(before: Watch, after: Watch) -> Change | None:
    """What is reported of a look. What a post was published as is not a change."""
    if after.verdict is before.verdict or after.verdict is None:
        return None
    if after.verdict is V.GONE:
        return None if after.word == EXPIRED else Change.VANISHED
    if after.verdict in (V.LIMITED, V.REJECTED, V.UNSEEN):
        return Change.LIMITED
    was_seen_less = before.verdict in (V.LIMITED, V.REJECTED, V.UNSEEN, V.GONE)
    return Change.RESTORED if after.verdict is V.LIVE and was_seen_less else None


def wait_after(watch: Watch) -> timedelta | None:
    """The wait before the next look that no plan has: after a doubt, or when nothing could be read; None otherwise."""
    if watch.unread:
        return UNREADABLE_WAITS[min(watch.unread, len(UNREADABLE_WAITS)) - 1]
    return AGAIN if watch.in_doubt else None


def _after(before: Sighting, seen: Seen | None, now: datetime) -> Sighting:
    if seen is None or seen.verdict is V.UNREADABLE:
        return before
    verdict, word = seen.verdict, seen.word
    checked = {"checked_at": now, "doubt": None, "doubt_since": None}
    if verdict is before.verdict:
        return before.model_copy(update={**checked, "word": word})
    if before.verdict in (None, V.PROCESSING) and verdict in (V.LIVE, V.PROCESSING):
        return before.model_copy(update={**checked, "verdict": verdict, "since": now, "word": word})
    since = (before.doubt_since if before.doubt is verdict else None) or now
    if now - since >= APART:
        return before.model_copy(update={**checked, "verdict": verdict, "since": since, "word": word})
    return before.model_copy(update={"checked_at": now, "doubt": verdict, "doubt_since": since})


def _overall(
    objects: Sequence[PostedObject], sightings: Mapping[str, Sighting]
) -> tuple[Verdict | None, str, datetime | None]:
    """The verdict on the whole post, the word for it, and since when."""
    settled = [(one, sightings[one.id]) for one in objects]
    verdict, word = _of_all([(one, each.verdict, each.word) for one, each in settled if each.verdict is not None])
    dates = [each.since for _, each in settled if each.since is not None]
    return verdict, word, max(dates, default=None)


def _of_all(found: Sequence[tuple[PostedObject, Verdict, str]]) -> tuple[Verdict | None, str]:
    if not found:
        return None, ""
    missing = [one for one, verdict, _ in found if verdict is V.GONE]
    if len(missing) == len(found):
        return V.GONE, found[0][2]
    if missing:
        return V.LIMITED, f"gone: {', '.join(dict.fromkeys(one.step for one in missing))}"
    for worst in _WORST:
        for one, verdict, word in found:
            if verdict is worst:
                return verdict, word if one.step == POST or not word else f"{one.step}: {word}"
    return None, ""


def _noted(watch: Watch, look: Look) -> tuple[Look, ...]:
    return (*watch.looks, look)[-MAX_LOOKS:]
