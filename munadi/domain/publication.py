"""A publication: one post at one account. Its states, its transitions, and the results of a channel's calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from munadi.domain.bounds import Code, GivenId, Message, Name, WebAddress
from munadi.domain.model import Model, WireModel


class PublicationStatus(StrEnum):
    """The state of a publication. The glossary in the documentation says what each means."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    CANCELED = "canceled"


S = PublicationStatus

# The first step of every publication. The later visible steps have names of their own (`comment`, `part-2`).
POST = "post"
COMMENT = "comment"

ENDED = frozenset({S.PUBLISHED, S.FAILED, S.UNCONFIRMED, S.CANCELED})
WAITING = frozenset({S.ACCEPTED, S.QUEUED})


class HoldReason(StrEnum):
    """What a queued publication waits for besides its time."""

    TOKEN = "TOKEN"
    OUTAGE = "OUTAGE"
    RATE_LIMIT = "RATE_LIMIT"
    DAILY_CAP = "DAILY_CAP"
    HOST_SLOW = "HOST_SLOW"
    APPROVAL = "APPROVAL"
    QUEUE_PAUSED = "QUEUE_PAUSED"


class Hold(WireModel):
    """A condition that keeps a publication queued past its time."""

    reason: HoldReason = Field(description="What it waits for.")
    since: datetime = Field(description="When it began to wait.")
    until: datetime | None = Field(None, description="When it is tried again. Null: once a person acts.")


class DismissedAs(StrEnum):
    """Why a person needs to do nothing more about a failure, or about a live post that lacks a part."""

    NOT_NEEDED = "not_needed"
    SENT_ELSEWHERE = "sent_elsewhere"


class Dismissal(WireModel):
    """A failure, or a live post that lacks a part, that a person has dealt with: it needs no attention any more. The
    status stays."""

    at: datetime = Field(description="When it happened.")
    because: DismissedAs = Field(description="Why nothing more has to be done.")


# A hold becomes longer with every attempt that met the same condition.
HOLD_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
# The waits between checks of an unconfirmed publication; the last one repeats until publishBy.
LOOK_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))


# The waits between checks for the id of a live post without one (TikTok, stories, some Meta responses).
ID_LOOK_GROWTH = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600))
POST_ID_PENDING = "POST_ID_PENDING"
# The account of an accepted post must be connected again before the post can be published.
ACCOUNT_REAUTH_REQUIRED = "ACCOUNT_REAUTH_REQUIRED"
# Why it is unknown whether a post is live; gone once that is known.
OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
# Warnings of a live post that lacks something that a person wanted, and may add at the network.
FIRST_COMMENT_FAILED = "FIRST_COMMENT_FAILED"
CHAIN_INCOMPLETE = "CHAIN_INCOMPLETE"
THUMBNAIL_FAILED = "THUMBNAIL_FAILED"
LACKS_A_PART = frozenset({FIRST_COMMENT_FAILED, CHAIN_INCOMPLETE, THUMBNAIL_FAILED})
# A preparation that would expire this soon after the due time is repeated.
LAPSE_MARGIN = timedelta(minutes=1)


def growing(steps: tuple[timedelta, ...], count: int) -> timedelta:
    """The wait after `count` earlier waits; the last one repeats."""
    return steps[min(count, len(steps) - 1)]


# Fields that warnings had not at first.
_ADDED = ("content_id", "account_id")


class Warning_(WireModel):
    """A warning for a person. It changes no status."""

    code: Code = Field(description="What it is about, for programs; stable.")
    message: Message = Field(description="What is wrong or worth knowing, for people.")
    channel: str | None = Field(None, description="The network, as `GET /v1/channels` names it.")
    pointer: Name | None = Field(
        None, description="A JSON pointer into the request; `?name` is a parameter of the query."
    )
    content_id: str | None = Field(None, description="Another post that the warning is about.")
    account_id: str | None = Field(None, description="The account that its owner must connect again.")

    def stored(self) -> dict[str, Any]:
        """As a row has it. An older process reads it too, and knows not every id: only where one is needed."""
        return self.model_dump(mode="json", exclude={name for name in _ADDED if getattr(self, name) is None})


class Preparation(Model):
    """The data that a network returned while a draft was prepared: container ids, blob references, a record key.

    `ready` means that only the visible call is left; `expires_at` is the network's own limit.
    """

    draft_version: int
    state: dict[str, Any] = {}
    ready: bool = False
    expires_at: datetime | None = None


class PostedId(Model):
    """One object that a step made at the network. Its removal, or a look at it, may need `version` beside the id."""

    id: GivenId
    version: Name | None = None


class Published(Model):
    """The network accepted the post. Id and URL may be known only later (warning POST_ID_PENDING).

    An address that is none, or is too long, is None. ValidationError for an id that is too long.

    `by_likeness`: a check found a post with the same text, but without a key of ours. If it belongs to another
    publication, it proves nothing about this one.
    """

    post_id: GivenId | None = None
    url: WebAddress = None
    published_at: datetime | None = None
    warnings: tuple[Warning_, ...] = ()
    by_likeness: bool = False
    # Where the post is more than one object, or its removal must name more than its id.
    objects: tuple[PostedId, ...] = ()

    @property
    def made(self) -> tuple[PostedId, ...]:
        """Its objects at the network: those that the channel names, else the post itself, once its id is known."""
        return self.objects or ((PostedId(id=self.post_id),) if self.post_id else ())

    def alike(self) -> Self:
        """The same, found by its text alone."""
        return self.model_copy(update={"by_likeness": True})


class Pending(Model):
    """Not yet ready or live: check again after that long."""

    after: timedelta
    note: Name = ""


class Ready(Model):
    """Only the visible call is left. `expires_at` is when the preparation lapses."""

    expires_at: datetime | None = None


class Absent(Model):
    """A check showed that the post is not at the network now.

    `by_key`: the check read the post's own key (a record, a container, an upload), so nothing appears later. Without it
    a list was read, and lists lag: the post may still appear.
    """

    by_key: bool = False


class Unknown(Model):
    """A check gave no clear answer; `note` says why (reads down, several candidates), `pause` is how long to wait.

    `blind`: the network shows this to no app, so a later check gives no other answer.
    """

    note: Name
    pause: timedelta | None = None
    blind: bool = False


class ClosedBy(StrEnum):
    """What closed an attempt: the answer to its call, a check of its progress, a look in a list or at the post's own
    key, or a person. Only after LOOK may the request still have arrived."""

    ANSWER = "answer"
    CHECK = "check"
    LOOK = "look"
    KEY = "key"
    PERSON = "person"
