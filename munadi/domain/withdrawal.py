"""What a published post has at its network, and how it is taken back.

A post is one object there or several: later parts, a first comment, the messages of an album. Each is removed by a
request of its own. `munadi.domain.removal` decides what comes next for one; `Withdrawal` is what a client reads.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from munadi.domain.bounds import GivenId, Name, WebAddress
from munadi.domain.failure import Failure
from munadi.domain.model import Model, WireModel
from munadi.domain.publication import POST


class Verdict(StrEnum):
    """What a look at a live object shows (docs/networks). Only GONE is a proof that it is not there.

    LIMITED: it exists, but not everybody sees it. UNSEEN: asked properly, not returned, yet the network offers no
    proof. UNREADABLE: nothing could be learned.
    """

    LIVE = "live"
    LIMITED = "limited"
    PROCESSING = "processing"
    REJECTED = "rejected"
    GONE = "gone"
    UNSEEN = "unseen"
    UNREADABLE = "unreadable"


# The network shows that the object exists.
PRESENT = frozenset({Verdict.LIVE, Verdict.LIMITED, Verdict.PROCESSING, Verdict.REJECTED})


class Seen(Model):
    """What a look showed of one object; `word` is the network's own word for it.

    `blind`: the network shows such an object to no app, so a later look shows no more. `left_out`: the look had no
    request left for it, so the next one reads it. `pause` is how long to wait.
    """

    verdict: Verdict
    word: Name = ""
    blind: bool = False
    left_out: bool = False
    pause: timedelta | None = None


class Ending(StrEnum):
    """What became of an object: removed by our request, gone before it, or still up because the network refused."""

    WITHDRAWN = "withdrawn"
    GONE = "gone"
    REFUSED = "refused"


class LastAnswer(StrEnum):
    """What the network last said to a request to remove an object."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class PostedObject(Model):
    """One object of a post: `step` made it, `id` names it at the network. `version` is what a delete must name beside
    it (Bluesky's version), or what a look needs (Pinterest's board, Telegram's chat after a move).

    What follows is how far its removal is: `asked` requests were made, `answer` came to the last, at `asked_at`.
    `gone_since` and `live_since` are the first of the equal looks; `confirmed_by` is a look or the network's answer.
    `goes_along`: it is a comment that the network removes with its post, so a withdrawal makes no request for it.
    """

    step: str = POST
    id: GivenId
    version: Name | None = None
    goes_along: bool = False
    asked: int = 0
    asked_at: datetime | None = None
    answer: LastAnswer | None = None
    gone_since: datetime | None = None
    live_since: datetime | None = None
    ending: Ending | None = None
    confirmed_by: Name | None = None


class WithdrawalStatus(StrEnum):
    """How far a withdrawal is. `unconfirmed` is not an end: the network is still looked at."""

    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"


class LeftObject(WireModel):
    """Something of the post that is still up, or may be."""

    step: str = Field(description="`post`, `comment`, or `part-2` and so on.")
    id: str = Field(description="The network's own id of it.")
    url: WebAddress = Field(None, description="Where a person finds it, as far as it is known.")


class Withdrawal(WireModel):
    """The withdrawal of a live publication. The publication itself stays `published`: that is history."""

    status: WithdrawalStatus = Field(description="How far it is.")
    requested_at: datetime = Field(description="When it was asked for.")
    ended_at: datetime | None = Field(None, description="When its outcome was known; null before.")
    unconfirmed_since: datetime | None = Field(
        None, description="Since when it is not certain. The network is looked at for a week from then."
    )
    failure: Failure | None = Field(None, description="Why it was refused or is not certain, and what to do.")
    left: tuple[LeftObject, ...] = Field((), description="What of the post is still up, or may be.")
    confirmed_by: str | None = Field(
        None, description="`look`: the network was read; `answer`: only its answer says so; null before the end."
    )


# A removal or an edit that has no outcome for so long is reported as unconfirmed; it is looked at all the same.
SURE_WITHIN = timedelta(minutes=3)
# How long a whole removal is looked after once it is unconfirmed.
LOOKED_AFTER = timedelta(days=7)
