"""The port of a channel, and what a channel is given: media, links, a gate, a way to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import BaseModel

from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName, ChannelSpec, Resend, TextLength
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.failure import ChannelError
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports.connecting import Authorizer
from munadi.ports.imports import AccountImport as AccountImport


@dataclass(frozen=True)
class Answer:
    """A network's answer, whole: `headers` with lower-case names, `body` the parsed JSON or None, `text` bounded."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    def field(self, name: str) -> Any:
        """A field of a JSON object answer, or None: vendor answers are read leniently."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Gate(Protocol):
    """Called just before the first byte of a visible call; raises ChannelError (not sent) after the deadline."""

    def __call__(self) -> None: ...


@dataclass(frozen=True)
class VisibleStep:
    """One visible step of a publication: `post`, or a later one (`comment`, `part-2`)."""

    gate: Gate
    name: str = "post"


class SaveHandle(Protocol):
    """Store what a network gave us as soon as it is known; raises StaleEpoch when another run has taken over."""

    async def __call__(
        self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None
    ) -> None: ...


@dataclass(frozen=True)
class Connection:
    """A verified import: who the token speaks for, and the credentials to keep."""

    profile: Profile
    credentials: Credentials


class Channel(Protocol):
    """One network, as the core uses it: `munadi.channels.channel.ComposedChannel`. Every failure is a ChannelError."""

    spec: ChannelSpec
    options: type[BaseModel]

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Pure: every violation, with pointers relative to the draft (`/text`, `/media/0`, `/options/kind`)."""

    def lengths(self, draft: Draft) -> list[TextLength]:
        """Pure: the length of each text, by each limit that `validate` applies to it; pointers as there."""

    def lead(self, draft: Draft) -> timedelta:
        """How long before the slot `prepare` should begin; zero when the draft has no invisible step."""

    def steps(self, draft: Draft) -> tuple[str, ...]:
        """The visible steps after the post, in order: `comment`, `part-2`, …; empty when there are none."""

    def resend(self, draft: Draft) -> Resend:
        """What may be sent again once the visible call is proven to have had no effect."""

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Invisible and repeatable: uploads, containers. Each id is saved as soon as it is known."""

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        step: VisibleStep,
    ) -> Published | Pending:
        """Visible, once per step: exactly one mutating request, made with `gate=step.gate`.

        Published or Pending only by the network's own proof in the answer; without it the outcome is unknown.
        Later steps follow in order once the post is published; the handle has what they need.
        """

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """Read only: how far a preparation or an accepted post is."""

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        step: str = "post",
    ) -> Published | Absent | Unknown:
        """Read only, after an unknown outcome: whether the step is live. Never "the latest": several are Unknown."""

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Remove what was prepared and is not needed, where the spec says REMOVED; repeated after a ChannelError.

        What is gone already is no error. What is, or may be, visible after all stays.
        """

    def explain(self, answer: Answer) -> ChannelError:
        """Pure, by table: (code, subcode) → reason and effect."""

    async def verify(self, given: AccountImport) -> Connection:
        """Read calls that prove credentials and name their owner.

        Never renews a token: only `munadi.tokens` does, under the account's lease. An expired one is TOKEN_EXPIRED.
        """

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """New credentials for old. TOKEN_REVOKED when the grant is dead; the caller holds the account's lease."""


class MediaReader(Protocol):
    """The stored bytes of a media, for uploads, and the signed URL that a network pulls."""

    async def read(self, asset: MediaAsset, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start` on; all of them by default. A large upload reads part by part.

        Raises ChannelError: rejected when the file is gone or shorter than it was, not sent while the store is away.
        """

    def public_url(self, asset: MediaAsset) -> str: ...

    async def check_stored(self, asset: MediaAsset) -> None:
        """Check that the file is stored before a network pulls it: a failed pull is final. Raises ChannelError."""

    async def rendition(
        self, asset: MediaAsset, *, mime_type: str, max_bytes: int | None = None, max_side: int | None = None
    ) -> MediaAsset:
        """A stored copy of an image that looks the same, as `mime_type`, within the limits; made once.

        The asset itself when it is within them already. Raises ChannelError, rejected, when there is no such copy: the
        image is transparent or animated, or would lose visible detail.
        """


class MediaReach(Protocol):
    """Whether a network could pull our media."""

    async def check(self, asset: MediaAsset) -> None:
        """Raises ChannelError MEDIA_UNREACHABLE when its public URL does not lead to it."""


@dataclass(frozen=True)
class LinkCard:
    """A page's own description; `image` is fetched bytes with their type, when it has one.

    `image_missing`: it names one that could not be fetched.
    """

    title: str
    description: str = ""
    image: bytes | None = None
    image_type: str | None = None
    image_missing: bool = False


class LinkReader(Protocol):
    """Reads a page's card through the guard; None when the page cannot be read (a card is never worth a failure)."""

    async def card(self, url: str) -> LinkCard | None: ...


@dataclass(frozen=True)
class Channels:
    """The registry, built: every channel by name, and the authorization servers of those that have one."""

    by_name: Mapping[ChannelName, Channel] = field(default_factory=dict)
    authorizers: Mapping[ChannelName, Authorizer] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Channel:
        return self.by_name[ChannelName(name)]

    def __contains__(self, name: str) -> bool:
        return name in {channel.value for channel in self.by_name}
