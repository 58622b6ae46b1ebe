"""The rows that every network has, and what the control API and the page show of a profile and a post."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from munadi.sandbox.media import StoredMedia


@dataclass
class Account:
    """A profile; a network adds its own columns. `site` is the address of its page there."""

    site: ClassVar[str]

    id: str
    username: str
    status: str = field(default="active", kw_only=True)

    @property
    def name(self) -> str:
        return self.username

    @property
    def url(self) -> str:
        return self.site.format(self)


@dataclass
class Comment:
    id: str
    post_id: str
    profile_id: str
    text: str
    created_at: float  # the sandbox's clock


@dataclass(kw_only=True)
class Processed:
    """A file that a network takes a while to process, from the moment that all of its bytes are there."""

    digest: str | None = None  # known when its bytes are
    ready_at: float = 0.0  # the sandbox's clock
    problem: str = ""

    def state(self, now: float, waiting: str, processing: str, failed: str, ready: str) -> str:
        """How far it is, in the network's words."""
        if self.digest is None:
            return waiting
        return processing if now < self.ready_at else failed if self.problem else ready


@dataclass(frozen=True)
class ProfileView:
    channel: str
    id: str
    name: str
    status: str
    url: str


@dataclass(frozen=True)
class PostState:
    """What happened to a post after it was published; `words` is it in short, `title` and `shows` are its change's.

    `is_gone`: no read of the network finds it. `is_final`: nothing undoes it.
    """

    control: str
    way: str
    words: str
    title: str
    shows: str
    is_gone: bool
    is_final: bool


class UnknownProfileError(LookupError):
    """The network has no profile with this id or name."""


class UnsupportedError(ValueError):
    """This network does not support the request."""


@dataclass(frozen=True)
class PostView:
    """One thing that followers would see. `received_at` is real time; `raw` is the network's own record."""

    channel: str
    profile: str
    profile_name: str
    id: str
    url: str
    text: str
    kind: str
    received_at: float
    media: list[tuple[StoredMedia, str]]  # each with its alt text
    raw: dict[str, Any]
    link: str | None = None
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what the page shows besides: who may reply, captions
    state: PostState | None = None  # None: as it was published
