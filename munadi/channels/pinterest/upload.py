"""The invisible step of a video: registered, uploaded, processed. Source: docs/networks/pinterest.md, section 3.

An upload that was cut off is registered again: a video that no pin uses is never shown.
"""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.spec import MEDIA_LIFE, SPEC, VIDEO, Options, Settings
from munadi.channels.uploads import Progress, Uploaded, Uploads, UploadState
from munadi.domain.channel import MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import Publication

# `registered` after an upload: Pinterest has not seen the file, so it is sent again.
SUCCEEDED, FAILED = "succeeded", ("failed", "registered")
QUICK_FOR = timedelta(minutes=1)


class Prepared(UploadState):
    """The state of a preparation. `board` is the board that was seen to exist; `media` has a video alone."""

    slack = timedelta(0)

    board: str | None = None


class PinterestUploads(Uploads[Options, Prepared, Uploaded]):
    """One run over the video of a pin."""

    fails_for_good = False

    def __init__(
        self, api: Api, settings: Settings, publication: Publication[Options, Prepared], tools: ChannelTools
    ) -> None:
        super().__init__(SPEC.title, publication, tools, settings.processing_timeout)
        self._api, self._settings = api, settings

    def rule(self, asset: MediaAsset) -> MediaRule:
        return VIDEO

    async def open(self, index: int, asset: MediaAsset) -> Uploaded:
        """Register a video and send the whole of it."""
        media_id, now = await self._api.upload(self.publication.token, asset), self.tools.clock.now()
        return Uploaded(id=media_id, expires_at=now + MEDIA_LIFE, finalized_at=now, is_described=True)

    async def read(self, one: Uploaded, age: timedelta) -> Progress:
        status = await self._api.media_status(self.publication.token, one.id)
        wait = self._settings.poll_quick if age < QUICK_FOR else self._settings.poll_slow
        failed = f"it is {status} after its upload" if status in FAILED else None
        return Progress(is_ready=status == SUCCEEDED, failed=failed, after=wait, code=status)
