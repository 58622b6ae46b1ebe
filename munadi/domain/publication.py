"""A publication: one content × one account. Its states, the only arrows between them, and what holds it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

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

ENDED = frozenset({S.PUBLISHED, S.FAILED, S.UNCONFIRMED, S.CANCELED})
WAITING = frozenset({S.ACCEPTED, S.QUEUED})


class HoldReason(StrEnum):
    """What a queued publication waits for besides its time."""

    TOKEN = "TOKEN"
    OUTAGE = "OUTAGE"
    RATE_LIMIT = "RATE_LIMIT"
    DAILY_CAP = "DAILY_CAP"


class Hold(WireModel):
    """A condition that keeps a publication queued past its time. `until` None: until somebody acts."""

    reason: HoldReason
    since: datetime
    until: datetime | None = None


# A hold grows with every try that met the same condition.
HOLD_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
# Looks at an unconfirmed publication; the last spacing repeats until publishBy.
LOOK_GROWTH = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))


# Looks for the id of a post that is live without one (TikTok, stories, some Meta answers).
ID_LOOK_GROWTH = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600))
POST_ID_PENDING = "POST_ID_PENDING"
# A preparation that would lapse this soon after the slot is made again.
LAPSE_MARGIN = timedelta(minutes=1)


def growing(steps: tuple[timedelta, ...], count: int) -> timedelta:
    """The spacing after `count` earlier ones; the last one repeats."""
    return steps[min(count, len(steps) - 1)]


class Warning_(WireModel):
    """Something a person should know that changes no status."""

    code: str
    message: str
    channel: str | None = None
    pointer: str | None = None


class Handle(Model):
    """What a network gave us for one draft: container ids, blob references, a record key. Survives attempts.

    `ready` means that only the visible call is left; `expires_at` is the network's own limit.
    """

    draft_version: int
    state: dict[str, Any] = {}
    ready: bool = False
    expires_at: datetime | None = None


class Published(Model):
    """The network accepted it. Id and URL may be known only later (warning POST_ID_PENDING).

    `by_likeness`: a look found a post that has our words, without a key of ours. If it is another publication's, it
    says nothing about this one.
    """

    post_id: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    warnings: tuple[Warning_, ...] = ()
    by_likeness: bool = False

    def alike(self) -> Self:
        """The same, found by its words alone."""
        return self.model_copy(update={"by_likeness": True})


class Pending(Model):
    """Not yet: look again after that long."""

    after: timedelta
    note: str = ""


class Ready(Model):
    """Only the visible call is left. `expires_at` is when the preparation lapses."""

    expires_at: datetime | None = None


class Absent(Model):
    """A look proved that it is not there (now)."""


class Unknown(Model):
    """A look could not tell; `note` says why (reads down, several candidates), `pause` how long not to look again."""

    note: str
    pause: timedelta | None = None
