"""An edit of a live post: what it says, how far it is, and what comes next. Pure: the activity reads, calls, records.

| the network shows | no request yet | answered: done | answered: refused | no answer |
|---|---|---|---|---|
| the new version | edited | edited | edited | edited |
| the old version | send | read again; send again after 5 min | refused | send when two reads, 30 s apart, show it |
| something else | stop: somebody changed it | edited, by the answer | refused | stop: somebody changed it |
| no such post, twice 30 s apart | stop: it is gone | stop | refused | stop |
| nothing certain | read again | edited by the answer after 5 min | refused, or read again | read again |
| nothing, ever (`blind`) | send | edited, by the answer | refused | send again: the repetition is the look |

Five requests are the most. After a refusal it is read on only while an earlier request has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from munadi.domain.bounds import Name
from munadi.domain.content import Draft
from munadi.domain.edits import EditStatus, PostEdit
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.domain.removal import APART, FRESH, LAG, MAX_REQUESTS, Send, Wait, wait_after
from munadi.domain.withdrawal import LastAnswer, PostedObject

OPEN = (EditStatus.EDITING, EditStatus.UNCONFIRMED)
# The version that was published; the first edit is the next one.
PUBLISHED_VERSION = 1


class LiveEdit(Model):
    """An edit as it is stored: what a client reads, and how far its requests are.

    `options`, `link` and `alts` (of each file) are all of the new version; an empty link is none, and a null one is as
    it was published. `replaces`: an earlier edit found that somebody had changed the post, and the
    person asks all the same. `is_doubtful`: a request had no answer. `gone_since` and `old_since` are the first of the
    equal reads.
    """

    shown: PostEdit
    options: dict[str, Any] = {}
    link: str | None = None
    alts: tuple[str, ...] | None = None
    replaces: bool = False
    asked: int = 0
    asked_at: datetime | None = None
    answer: LastAnswer | None = None
    is_doubtful: bool = False
    old_since: datetime | None = None
    gone_since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether its outcome is not known."""
        return self.shown.status in OPEN and self.shown.ended_at is None

    def draft(self, published: Draft) -> Draft:
        """The post as this version says it."""
        changes: dict[str, Any] = {"text": self.shown.text, "options": self.options}
        if self.link is not None:
            changes["link"] = self.link or None
        if self.alts is not None:
            changes["media"] = with_alts(published.media, self.alts)
        return published.model_copy(update=changes)


def with_alts(media: Sequence[MediaAsset], alts: Sequence[str]) -> tuple[MediaAsset, ...]:
    """The files with these alt texts; an empty one is none."""
    return tuple(one.model_copy(update={"alt": alt or None}) for one, alt in zip(media, alts, strict=True))


class Says(StrEnum):
    """What a read of a live post shows, compared with an edit of it."""

    NEW = "new"
    OLD = "old"
    OTHER = "other"
    GONE = "gone"
    NOTHING = "nothing"


class Shown(Model):
    """What a read shows; `word` is the network's own word for it.

    `blind`: the network shows no app what a post says.
    """

    says: Says
    word: Name = ""
    blind: bool = False
    pause: timedelta | None = None


class Version(Model):
    """What a channel edits: the object, what it is to say, and what it may say before (the likeliest last)."""

    object: PostedObject
    new: Draft
    old: tuple[Draft, ...]


@dataclass(frozen=True)
class Editing:
    """An edit under way."""

    publication_id: str
    account_id: str
    channel: str
    epoch: int
    edit: LiveEdit
    version: Version
    published_at: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether the post is so new that its network may not show it yet."""
        return self.published_at is not None and now - self.published_at < FRESH


@dataclass(frozen=True)
class Edited:
    """The network has the new version."""

    confirmed_by: str


class Stop(StrEnum):
    """Why an edit ends without an effect."""

    REFUSED = "refused"
    CHANGED = "changed"
    GONE = "gone"


Next = Send | Wait | Edited | Stop


def step_of(edit: LiveEdit) -> str:
    """The step of an edit in the log of attempts."""
    return f"edit-{edit.shown.version}"


def read_as(edit: LiveEdit, shown: Shown, now: datetime) -> LiveEdit:
    """The edit after a read: since when equal reads have shown the old version, or no post."""
    old = edit.old_since or now if _is_old(edit, shown) else None
    gone = edit.gone_since or now if shown.says is Says.GONE else None
    return edit.model_copy(update={"old_since": old, "gone_since": gone})


def asked(edit: LiveEdit, answer: LastAnswer, now: datetime) -> LiveEdit:
    """The edit after a request. What earlier reads showed is about the time before."""
    return edit.model_copy(
        update={
            "asked": edit.asked + 1,
            "asked_at": now,
            "answer": answer,
            "is_doubtful": edit.is_doubtful or answer is LastAnswer.UNKNOWN,
            "old_since": None,
            "gone_since": None,
        }
    )


def next_for(edit: LiveEdit, shown: Shown, now: datetime, *, is_fresh: bool = False) -> Next:
    """What comes next, by the table above. `edit` is as `read_as` returns it."""
    if shown.says is Says.NEW:
        return Edited("look")
    if edit.answer is LastAnswer.REFUSED and not (edit.is_doubtful and shown.says is Says.NOTHING):
        return Stop.REFUSED
    again = Wait(max(wait_after(now - edit.shown.at), shown.pause or timedelta(0)))
    if _is_old(edit, shown):
        return _old(edit, again, now)
    if shown.says is Says.NOTHING:
        return _blind(edit, again, now) if shown.blind else _unreadable(edit, again, now)
    if shown.says is Says.GONE:
        if is_fresh:
            return again
        return _apart(edit.gone_since, now) or Stop.GONE
    return Edited("answer") if edit.answer is LastAnswer.DONE else Stop.CHANGED


def _is_old(edit: LiveEdit, shown: Shown) -> bool:
    return shown.says is Says.OLD or (shown.says is Says.OTHER and edit.replaces and edit.answer is not LastAnswer.DONE)


def _old(edit: LiveEdit, again: Wait, now: datetime) -> Next:
    if edit.asked == 0 or edit.asked_at is None:
        return Send()
    if edit.answer is LastAnswer.DONE and now - edit.asked_at < LAG:
        return again
    if wait := _apart(edit.old_since, now):
        return wait
    return Send() if edit.asked < MAX_REQUESTS else Stop.REFUSED


def _unreadable(edit: LiveEdit, again: Wait, now: datetime) -> Next:
    is_late = edit.asked_at is not None and now - edit.asked_at >= LAG
    return Edited("answer") if edit.answer is LastAnswer.DONE and is_late else again


def _blind(edit: LiveEdit, again: Wait, now: datetime) -> Next:
    if edit.asked == 0:
        return Send()
    if edit.answer is LastAnswer.DONE:
        return Edited("answer")
    if wait := _apart(edit.asked_at, now):
        return wait
    return Send() if edit.asked < MAX_REQUESTS else again


def _apart(since: datetime | None, now: datetime) -> Wait | None:
    """The wait until half a minute has passed; None when it has."""
    rest = APART - (now - (since or now))
    return Wait(rest) if rest > timedelta(0) else None
