"""Pinning: a video is uploaded ahead, images are fetched by Pinterest during the one visible call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelTools, could_not_read
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.errors import failure
from munadi.channels.pinterest.lookup import address_of, find_pin
from munadi.channels.pinterest.spec import IMAGE, SENT_IMAGE, SPEC, Options, Settings
from munadi.channels.pinterest.state import Live, Prepared
from munadi.channels.pinterest.upload import Uploading
from munadi.channels.pinterest.wire import (
    encoding_overhead,
    id_in,
    image_source,
    is_video,
    pin_body,
    sent_source,
    video_source,
)
from munadi.channels.pulls import count_failed_pull
from munadi.channels.renditions import fitting
from munadi.domain.channel import SLOWEST_UPLINK
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Attempt, Publication


class PinterestChannel(NetworkChannel[Options, Prepared]):
    """One pin."""

    options, state = Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Check the board, upload a video and wait until Pinterest has processed it."""
        board = publication.options.board_id or ""
        ends = publication.state.expires_at
        if ends is not None and ends <= self._tools.clock.now():
            await publication.save(video=None)
        if publication.state.board != board:
            await self._api.board(publication.token, board)
            await publication.save(board=board)
        if is_video(publication.draft.media[0]):
            waiting = await Uploading(self._api, self._settings, self._tools, publication).run()
            if waiting is not None:
                return waiting
        await publication.save(ready=True)
        return Ready(expires_at=publication.state.expires_at)

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        if known := publication.state.pin:
            return Published(post_id=known.id, url=known.url)
        if attempt.step != POST:
            raise failure(Reason.INTERNAL_ERROR, f"a pin has no step {attempt.step!r}")
        source = await self._source(publication, publication.state)
        body = pin_body(publication.draft, publication.options, source)
        # The deadline counts the bytes of the media, the client all that it sends.
        timeout = self._timeout - encoding_overhead(source) / SLOWEST_UPLINK
        try:
            answer = await self._api.create(publication.token, body, attempt.gate, timeout)
        except ChannelError as error:
            if error.reason is Reason.MEDIA_UNREACHABLE:
                await count_failed_pull(publication, error)
            raise
        pin_id = id_in(answer) or ""
        url = address_of(self._site, pin_id)
        await publication.keep(pin=Live(id=pin_id, url=url))
        return Published(post_id=pin_id, url=url, published_at=self._tools.clock.now())

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """A pin is live at once, so this only looks for it."""
        prepared = publication.state
        found = await self._find(publication, publication.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if not is_video(publication.draft.media[0]) or (prepared.video and prepared.video.is_ready):
            return Ready(expires_at=prepared.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def _find(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """See `lookup`."""
        if known := publication.state.pin:
            return Published(post_id=known.id, url=known.url)
        try:
            return await find_pin(self._api, self._site, publication, since)
        except ChannelError as error:
            return could_not_read(error)

    async def _source(self, publication: Publication[Options, Prepared], prepared: Prepared) -> dict[str, Any]:
        """What the pin shows: the processed video, or the addresses of images that are stored. Raises ChannelError."""
        media = publication.draft.media
        if is_video(media[0]):
            if prepared.video is None or not prepared.video.is_ready:
                raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
            return video_source(prepared.video.id, publication.options)
        store, is_sent = self._tools.media, self._settings.send_images
        fit = [await fitting(store, SENT_IMAGE if is_sent else IMAGE, asset) for asset in media]
        if is_sent:
            return sent_source([(asset.mime_type, await store.read(asset)) for asset in fit])
        for asset in fit:
            await store.check_stored(asset)
        return image_source([store.public_url(asset) for asset in fit])
