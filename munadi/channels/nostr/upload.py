"""Files on their way to a media server (Blossom): one request each. Source: docs/networks/nostr.md, section 3.

A file is known by its hash, so an upload that is repeated stores nothing twice.
"""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.nostr.relays import Relays
from munadi.channels.nostr.spec import SPEC, Options
from munadi.channels.uploads import Progress, Uploaded, Uploads, UploadState
from munadi.domain.channel import MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import Publication

# A server keeps files as long as it likes. A post is prepared again before this is over.
FILE_LIFE = timedelta(days=30)


class Stored(Uploaded):
    """A file at its server: `key` is its address, `mime_type` and the sides are those of the rendition."""

    mime_type: str = ""
    width: int = 0
    height: int = 0


class Prepared(UploadState):
    """The state of a preparation. `stamp`: the time that the note bears, in seconds; by it the id stays the same."""

    media: tuple[Stored, ...] = ()
    stamp: int | None = None


class NostrUploads(Uploads[Options, Prepared, Stored]):
    """One run over the media of a post."""

    def __init__(self, relays: Relays, publication: Publication[Options, Prepared], tools: ChannelTools) -> None:
        super().__init__(SPEC.title, publication, tools, FILE_LIFE)
        self._relays = relays

    def rule(self, asset: MediaAsset) -> MediaRule:
        """By its kind."""
        return next(one for one in SPEC.media_rules if one.kind is asset.kind)

    async def open(self, index: int, asset: MediaAsset) -> Stored:
        """The whole file."""
        content, now = await self.tools.media.read(asset), self.tools.clock.now()
        url, sha256 = await self._relays.upload(self.publication.account, asset, content)
        return Stored(
            id=sha256, key=url, expires_at=now + FILE_LIFE, finalized_at=now, is_ready=True, is_described=True,
            mime_type=asset.mime_type, width=asset.width or 0, height=asset.height or 0,
        )  # fmt: skip

    async def read(self, one: Stored, age: timedelta) -> Progress:
        """A file is ready when its upload is answered."""
        return Progress(is_ready=True)
