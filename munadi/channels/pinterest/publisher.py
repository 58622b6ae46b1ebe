"""Pinning: a video is uploaded ahead, images are fetched by Pinterest during the one visible call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from munadi.channels.channel import Post, Publisher
from munadi.channels.http import ChannelTools, could_not_read, token_of
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
from munadi.channels.state import SavedState
from munadi.domain.channel import SLOWEST_UPLINK
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import SaveHandle, VisibleStep


class PinterestPublisher(Publisher[Options]):
    """One pin."""

    def __init__(self, settings: Settings, api: Api, tools: ChannelTools) -> None:
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Check the board, upload a video and wait until Pinterest has processed it."""
        saved, board = SavedState(Prepared.of(post.handle), save), post.options.board_id or ""
        ends = saved.state.expires_at
        if ends is not None and ends <= self._tools.clock.now():
            await saved.put(video=None)
        if saved.state.board != board:
            await self._api.board(token_of(post.account), board)
            await saved.put(board=board)
        if is_video(post.draft.media[0]):
            waiting = await Uploading(self._api, self._settings, self._tools, post, saved).run()
            if waiting is not None:
                return waiting
        await saved.put(ready=True)
        return Ready(expires_at=saved.state.expires_at)

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        saved = SavedState(Prepared.of(post.handle), save)
        if known := saved.state.pin:
            return Published(post_id=known.id, url=known.url)
        if step.name != POST:
            raise failure(Reason.INTERNAL_ERROR, f"a pin has no step {step.name!r}")
        source = await self._source(post, saved.state)
        body = pin_body(post.draft, post.options, source)
        # The deadline counts the bytes of the media, the client all that it sends.
        timeout = self._timeout - encoding_overhead(source) / SLOWEST_UPLINK
        try:
            answer = await self._api.create(token_of(post.account), body, step.gate, timeout)
        except ChannelError as error:
            if error.reason is Reason.MEDIA_UNREACHABLE:
                await count_failed_pull(saved, error)
            raise
        pin_id = id_in(answer) or ""
        url = address_of(self._site, pin_id)
        await saved.record_success(pin=Live(id=pin_id, url=url))
        return Published(post_id=pin_id, url=url, published_at=self._tools.clock.now())

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """A pin is live at once, so this only looks for it."""
        prepared = Prepared.of(post.handle)
        found = await self.find(post, post.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if not is_video(post.draft.media[0]) or (prepared.video and prepared.video.is_ready):
            return Ready(expires_at=prepared.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """See `lookup`."""
        if known := Prepared.of(post.handle).pin:
            return Published(post_id=known.id, url=known.url)
        try:
            return await find_pin(self._api, self._site, post, since)
        except ChannelError as error:
            return could_not_read(error)

    async def _source(self, post: Post[Options], prepared: Prepared) -> dict[str, Any]:
        """What the pin shows: the processed video, or the addresses of images that are stored. Raises ChannelError."""
        media = post.draft.media
        if is_video(media[0]):
            if prepared.video is None or not prepared.video.is_ready:
                raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
            return video_source(prepared.video.id, post.options)
        store, is_sent = self._tools.media, self._settings.send_images
        fit = [await fitting(store, SENT_IMAGE if is_sent else IMAGE, asset) for asset in media]
        if is_sent:
            return sent_source([(asset.mime_type, await store.read(asset)) for asset in fit])
        for asset in fit:
            await store.check_stored(asset)
        return image_source([store.public_url(asset) for asset in fit])
