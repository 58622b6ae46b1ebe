"""Media on their way to X: in parts, processed, described. Source: docs/networks/x.md, section 3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.uploads import Progress, Uploaded, Uploads, UploadState
from munadi.channels.x.api import Api
from munadi.channels.x.rules import rule_of
from munadi.channels.x.spec import MEDIA_LIFE, SLACK, SPEC, Options, Settings
from munadi.domain.channel import MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import Publication


class Prepared(UploadState):
    """The state of a preparation."""

    slack = SLACK


class XUploads(Uploads[Options, Prepared, Uploaded]):
    """One run over the media of a post."""

    def __init__(
        self, api: Api, settings: Settings, publication: Publication[Options, Prepared], tools: ChannelTools
    ) -> None:
        super().__init__(SPEC.title, publication, tools, settings.processing_timeout)
        self._api, self._size, self.parts_per_run = api, settings.chunk_bytes, settings.chunks_per_run
        self._token = publication.token

    def rule(self, asset: MediaAsset) -> MediaRule:
        """A GIF is a kind of its own."""
        return rule_of(asset, None).media

    async def open(self, index: int, asset: MediaAsset) -> Uploaded:
        """Its id, and the key that shows it in a post."""
        made = await self._api.initialize(self._token, asset)
        return Uploaded(id=made.id, key=made.key, expires_at=self.tools.clock.now() + MEDIA_LIFE)

    def parts(self, one: Uploaded, asset: MediaAsset) -> int:
        return -(-asset.bytes // self._size)

    async def send_part(self, one: Uploaded, number: int, asset: MediaAsset) -> Mapping[str, Any]:
        """Send one part; a repeat replaces it."""
        start = number * self._size
        content = await self.tools.media.read(asset, start, min(self._size, asset.bytes - start))
        await self._api.append(self._token, one.id, number, content)
        return {}

    async def finish(self, one: Uploaded) -> tuple[Mapping[str, Any], Progress | None]:
        """X says when the medium ends, and how far it is."""
        made = await self._api.finalize(self._token, one.id)
        life = MEDIA_LIFE if made.life is None else made.life
        return {"expires_at": self.tools.clock.now() + life}, made.progress

    async def read(self, one: Uploaded, age: timedelta) -> Progress:
        return (await self._api.processing(self._token, one.id)).progress

    async def describe(self, one: Uploaded, asset: MediaAsset) -> None:
        """A request of its own."""
        if asset.alt and rule_of(asset, None).media.takes_alt:
            await self._api.describe(self._token, one.id, asset.alt)
