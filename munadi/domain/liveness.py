"""What is known of a live post, and what one more look changes. Pure: `worker.looking` looks and records.

A change is reported after two equal answers, some time apart. An answer that says nothing changes nothing, so a lost
permission or an outage never looks like a removal.

| the answer is | known so far | what follows |
|---|---|---|
| live, processing | nothing | known at once, not reported |
| live | processing | known at once, not reported |
| unreadable, processing | anything | the last verdict stays; processing keeps the next look near |
| the same as known | | nothing; a different answer before it is forgotten |
| another | anything | a second equal answer makes it known, and reported |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import Field

from munadi.domain.bounds import Name
from munadi.domain.model import Model, WireModel
from munadi.domain.publication import POST
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

V = Verdict

# Two equal answers prove a change only when they are this far apart.
APART = timedelta(minutes=15)
# So many posts of an account that are all missing at once say something about the account, not about the posts.
MANY = 3
# What the public does not see, or not all of it.
HIDDEN = frozenset({V.LIMITED, V.REJECTED, V.UNSEEN})
MISSING = frozenset({V.GONE, V.UNSEEN})
# What a post counts as that is several objects: the first of these that one of them is.
_WORST = (V.REJECTED, V.LIMITED, V.UNSEEN, V.PROCESSING)
ALL_MISSING = "no post of the account is shown"


class Liveness(WireModel):
    """Whether a published post is still there, by the last looks."""

    verdict: Verdict = Field(description="What the looks show. Only `gone` is proof that the post is not there.")
    since: datetime = Field(description="The first look that showed this.")
    looked_at: datetime | None = Field(description="The last look that showed anything; null: none did.")
    next_look_at: datetime | None = Field(description="When the next look is planned; null: none is.")
    word: str = Field(description="The network's own word for it; empty if it has none.")


class Watch(Model):
    """What is known of a live post. `other` is an answer that differs, until a second one confirms it.

    `failed` looks in a row showed nothing, the first of them at `failed_since`; `unready` in a row showed that the
    network still works on the post.
    """

    verdict: Verdict | None = None
    word: Name = ""
    since: datetime | None = None
    looked_at: datetime | None = None
    other: Verdict | None = None
    other_since: datetime | None = None
    failed: int = 0
    failed_since: datetime | None = None
    unready: int = 0

    def shown(self, next_look_at: datetime | None) -> Liveness | None:
        """As a client reads it; None before the first answer."""
        if self.verdict is not None and self.since is not None:
            return Liveness(
                verdict=self.verdict,
                since=self.since,
                looked_at=self.looked_at,
                next_look_at=next_look_at,
                word=self.word,
            )
        if self.failed_since is None:
            return None
        return Liveness(
            verdict=V.UNREADABLE, since=self.failed_since, looked_at=None, next_look_at=next_look_at, word=self.word
        )


class Report(StrEnum):
    """What a change means for a person."""

    VANISHED = "vanished"
    LIMITED = "limited"
    RESTORED = "restored"


class Looked(NamedTuple):
    """A watch after a look, and what is to be reported."""

    watch: Watch
    report: Report | None = None


def answer_for(objects: Sequence[PostedObject], seen: Sequence[Seen]) -> Seen:
    """What a look says about a whole post, from what it showed of each object.

    The post is gone when all of its own objects are; a part that is missing limits it. A part that cannot be read
    says nothing.
    """
    pairs = list(zip(objects, seen, strict=True))
    own = [one for one in pairs if one[0].step == POST] or pairs
    unread = [sight for _, sight in own if sight.verdict is V.UNREADABLE]
    if unread:
        blind, left_out = all(one.blind for one in unread), any(one.left_out for one in unread)
        return unread[0].model_copy(update={"blind": blind, "left_out": left_out})
    if all(sight.verdict is V.GONE for _, sight in own):
        return own[0][1]
    for verdict in _WORST:
        for _, sight in own:
            if sight.verdict is verdict:
                return sight
    lost = [
        _words(one.step, sight) for one, sight in pairs if sight.verdict not in (V.LIVE, V.PROCESSING, V.UNREADABLE)
    ]
    return Seen(verdict=V.LIMITED, word=", ".join(lost)) if lost else own[0][1]


def as_published(seen: Seen, options: Mapping[str, Any]) -> Seen:
    """The same, but live where the post is limited to what its options asked for, such as an unlisted video."""
    chosen = {one.casefold() for one in options.values() if isinstance(one, str)}
    is_wanted = seen.verdict is V.LIMITED and seen.word.casefold() in chosen
    return seen.model_copy(update={"verdict": V.LIVE}) if is_wanted else seen


def is_about_account(answers: Sequence[tuple[Watch, Seen]]) -> bool:
    """Whether the answers of one look say that the account is not shown, rather than its posts: all are missing."""
    news = [watch for watch, seen in answers if seen.verdict in MISSING and watch.verdict not in MISSING]
    return len(answers) >= MANY and all(seen.verdict in MISSING for _, seen in answers) and bool(news)


def after_look(watch: Watch, seen: Seen, at: datetime, apart: timedelta = APART) -> Looked:
    """The watch after a look at `at`, by the table above."""
    if seen.verdict is V.UNREADABLE:
        known = {} if watch.verdict is not None else {"word": seen.word}
        failed = {"failed": watch.failed + 1, "failed_since": watch.failed_since or at, **known}
        return Looked(watch.model_copy(update=failed))
    read = watch.model_copy(update={"looked_at": at, "failed": 0, "failed_since": None})
    if seen.verdict is V.PROCESSING and watch.verdict is not None:
        return Looked(read.model_copy(update={"unready": watch.unready + 1}))
    unready = watch.unready + 1 if seen.verdict is V.PROCESSING else 0
    read = read.model_copy(update={"unready": unready})
    if seen.verdict is watch.verdict:
        return Looked(read.model_copy(update={"word": seen.word, "other": None, "other_since": None}))
    if watch.verdict in (None, V.PROCESSING) and seen.verdict in (V.LIVE, V.PROCESSING):
        return Looked(_known(read, seen, at))
    if watch.other is not seen.verdict or watch.other_since is None:
        return Looked(read.model_copy(update={"other": seen.verdict, "other_since": at}))
    if at - watch.other_since < apart:
        return Looked(read)
    return Looked(_known(read, seen, watch.other_since), _report(watch.verdict, seen.verdict))


def _known(watch: Watch, seen: Seen, since: datetime) -> Watch:
    given = {"verdict": seen.verdict, "word": seen.word, "since": since, "other": None, "other_since": None}
    return watch.model_copy(update=given)


def _report(before: Verdict | None, after: Verdict) -> Report | None:
    if after is V.GONE:
        return Report.VANISHED
    if after in HIDDEN:
        return Report.LIMITED
    return Report.RESTORED if before in HIDDEN else None


def _words(step: str, seen: Seen) -> str:
    what = "a message" if step == POST else step
    return f"{what}: {seen.word or seen.verdict.value}"
