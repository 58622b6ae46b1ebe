"""The ports of what a channel publishes beside text: stored media, and the cards of linked pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from munadi.domain.media import MediaAsset


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
