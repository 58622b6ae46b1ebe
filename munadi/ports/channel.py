"""The port of a channel, and the tools that a channel gets: media, link cards, a gate, a way to save handles."""

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
    """A network's HTTP response: `headers` with lower-case names, `body` the parsed JSON or None, `text` bounded."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    def field(self, name: str) -> Any:
        """A field of the JSON object, or None: networks' responses are read leniently."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Gate(Protocol):
    """The check just before the first byte of a visible call. Raises ChannelError (not sent) after the deadline."""

    def __call__(self) -> None: ...


@dataclass(frozen=True)
class VisibleStep:
    """One visible step of a publication: `post`, or a later one (`comment`, `part-2`).

    `is_doubtful`: an earlier request of it may have been received. Then the core alone decides what a refusal means.
    """

    gate: Gate
    name: str = "post"
    is_doubtful: bool = False


class SaveHandle(Protocol):
    """Saves a part of a handle as soon as it is known. Raises StaleEpoch when another run has taken over."""

    async def __call__(
        self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None
    ) -> None: ...


@dataclass(frozen=True)
class Connection:
    """A verified connection: the profile that the token belongs to, and the credentials to store."""

    profile: Profile
    credentials: Credentials


class Channel(Protocol):
    """One network, as the core uses it (`munadi.channels.channel.ComposedChannel`). Every failure is a ChannelError."""

    spec: ChannelSpec
    options: type[BaseModel]

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """All violations of the channel's rules, with pointers relative to the draft (`/text`, `/media/0`). Pure."""

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each text, by each limit that `validate` applies to it; pointers as there. Pure."""

    def lead(self, draft: Draft) -> timedelta:
        """How long before the due time `prepare` should begin; zero when the draft has no invisible step."""

    def steps(self, draft: Draft) -> tuple[str, ...]:
        """The visible steps after the post, in order: `comment`, `part-2`, …; empty when there are none."""

    def resend(self, draft: Draft, step: str) -> Resend:
        """Whether this step may be sent again once its visible call is proven to have had no effect."""

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Prepare invisibly and repeatably: uploads, containers. Each id is saved as soon as it is known."""

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        step: VisibleStep,
    ) -> Published | Pending:
        """Make the visible call of a step: exactly one mutating request, with `gate=step.gate`.

        Returns Published or Pending only if the response proves it; otherwise the outcome is unknown.
        Later steps follow in order once the post is published; the handle has what they need.
        """

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """Read the progress of a preparation or of an accepted post. PostDropped when the network gave that up."""

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        step: str = "post",
    ) -> Published | Absent | Unknown:
        """Read whether the step is live, after an unknown outcome. Several candidates mean Unknown."""

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Remove an unused preparation, where the spec says REMOVED. Repeated after a ChannelError.

        What is already gone is no error. What is visible, or may be, stays.
        """

    def explain(self, answer: Answer) -> ChannelError:
        """Map an error response to reason and effect, by a table: (code, subcode). Pure."""

    async def verify(self, given: AccountImport) -> Connection:
        """Verify credentials by read calls, and return their profile.

        Never renews a token: only `munadi.tokens` does, under the account's lease. An expired one is TOKEN_EXPIRED.
        """

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Refresh the credentials, under the account's lease. TOKEN_REVOKED when the grant is dead."""


class MediaReader(Protocol):
    """Reads stored media files for uploads, and signs the URLs that networks pull."""

    async def read(self, asset: MediaAsset, start: int = 0, length: int | None = None) -> bytes:
        """Read `length` bytes from `start` on; all of them by default. A large upload reads part by part.

        Raises ChannelError: rejected when the file is gone or truncated, not sent while the store is unreachable.
        """

    def public_url(self, asset: MediaAsset) -> str: ...

    async def check_stored(self, asset: MediaAsset) -> None:
        """Check that the file is stored before a network pulls it. Raises ChannelError."""

    async def rendition(
        self, asset: MediaAsset, *, mime_type: str, max_bytes: int | None = None, max_side: int | None = None
    ) -> MediaAsset:
        """A stored copy of an image that looks the same, of type `mime_type` and within the limits; created once.

        The asset itself when it fits already. Raises ChannelError, rejected, when there is no such copy: the
        image is transparent or animated, or would lose visible detail.
        """


class MediaReach(Protocol):
    """Checks whether a network can pull our media."""

    async def check(self, asset: MediaAsset) -> None:
        """Raise ChannelError MEDIA_UNREACHABLE when the public URL of the file does not return it."""


@dataclass(frozen=True)
class LinkCard:
    """The description that a web page gives of itself; `image` is the fetched image with its type, if it has one.

    `image_missing`: the page names an image that could not be fetched.
    """

    title: str
    description: str = ""
    image: bytes | None = None
    image_type: str | None = None
    image_missing: bool = False


class LinkReader(Protocol):
    """Reads a page's card through the guard. None when the page cannot be read: a missing card never fails a post."""

    async def card(self, url: str) -> LinkCard | None: ...


@dataclass(frozen=True)
class Channels:
    """All channels by name, and the authorizers of those that have one."""

    by_name: Mapping[ChannelName, Channel] = field(default_factory=dict)
    authorizers: Mapping[ChannelName, Authorizer] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Channel:
        return self.by_name[ChannelName(name)]

    def __contains__(self, name: str) -> bool:
        return name in {channel.value for channel in self.by_name}
