"""The invisible step: resolve mentions and the quote, upload media and the picture of the card.

Each part is saved as soon as it is known.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from munadi.channels.bluesky.embeds import video_of, wants_card
from munadi.channels.bluesky.metadata import without_metadata
from munadi.channels.bluesky.quotes import resolve_quote
from munadi.channels.bluesky.spec import BLOB_LIFE, MAX_THUMB_BYTES, SPEC, Options
from munadi.channels.bluesky.state import Card, Prepared
from munadi.channels.bluesky.thread import mentioned
from munadi.channels.bluesky.video import VideoUpload
from munadi.channels.bluesky.video_service import VideoService
from munadi.channels.bluesky.xrpc import Server
from munadi.channels.channel import Post
from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.channels.state import SavedState
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST, Pending, Ready
from munadi.ports import LinkCard, SaveHandle

# The server answers a broken picture with 500, as in an outage; after this many failures it is the picture.
MAX_UPLOAD_FAILURES = 3
# Blobs are uploaded again a little before the server may delete them, so that none lapses just before its use.
BLOB_SLACK = timedelta(minutes=5)
# Seconds to look up all the handles of a post.
MENTIONS_WITHIN = 60.0
CAPTION_TYPE = "text/vtt"
MAX_CARD_TITLE = 300
MAX_CARD_DESCRIPTION = 1000


def is_complete(draft: Draft, options: Options, prepared: Prepared, step: str = POST) -> bool:
    """Whether only the visible call of this step is left; a part of a thread has no embed."""
    return all(handle in prepared.mentions for handle in mentioned(draft)) and (
        step != POST or _has_embed(draft, options, prepared)
    )


def _has_embed(draft: Draft, options: Options, prepared: Prepared) -> bool:
    return (
        len(prepared.blobs) == len(draft.media)
        and len(prepared.captions) == len(options.captions)
        and (prepared.card is not None or not wants_card(draft))
        and (prepared.quote is not None or not options.quote)
    )


class Preparation:
    """One run for one post; it continues where the handle's state ends."""

    def __init__(
        self,
        server: Server,
        service: VideoService,
        appview: str,
        tools: ChannelTools,
        post: Post[Options],
        save: SaveHandle,
    ) -> None:
        self._server = server
        self._appview = appview
        self._tools = tools
        self._post = post
        state = Prepared.of(post.handle)
        if state.blobs_until is not None and state.blobs_until - BLOB_SLACK <= tools.clock.now():
            state = state.without_uploads()
        self._saved = SavedState(state, save)
        self._video = VideoUpload(service, self._saved, server, tools.clock)

    @property
    def _state(self) -> Prepared:
        return self._saved.state

    async def run(self) -> Ready | Pending:
        """Do what is missing. Raises ChannelError."""
        draft, options = self._post.draft, self._post.options
        await self._mentions(mentioned(draft))
        if options.quote and self._state.quote is None:
            await self._saved.put(quote=await resolve_quote(options.quote, self._server, self._appview))
        video = video_of(draft)
        if video is not None and (waiting := await self._video.run(video)):
            return waiting
        for asset in draft.media[len(self._state.blobs) :]:
            await self._image(asset)
        for caption in options.captions[len(self._state.captions) :]:
            blob = await self._server.upload(caption.text.encode(), CAPTION_TYPE)
            await self._saved.put(captions=(*self._state.captions, blob), blobs_until=self._until())
        if wants_card(draft) and self._state.card is None:
            await self._card(draft.link or "")
        await self._saved.put(ready=True)
        return Ready(expires_at=self._state.blobs_until)

    async def _mentions(self, wanted: list[str]) -> None:
        """A handle that does not exist has no DID: its mention stays plain text."""
        missing = [handle for handle in wanted if handle not in self._state.mentions]
        found: dict[str, str | None] = {}
        try:
            # A post can name fifty handles, and its server may be slow with each.
            async with asyncio.timeout(MENTIONS_WITHIN):
                for handle in missing:
                    found[handle] = await self._server.resolve_handle(handle)
        finally:
            if found:
                await self._saved.put(mentions={**self._state.mentions, **found})

    async def _image(self, asset: MediaAsset) -> None:
        asset = await fitting(self._tools.media, SPEC.media_rules[0], asset)
        content = without_metadata(await self._tools.media.read(asset), asset.mime_type)
        try:
            blob = await self._server.upload(content, asset.mime_type)
        except ChannelError as error:
            if error.provider_code == "InternalServerError":
                await self._count_failure(asset, error)
            raise
        await self._saved.put(blobs=(*self._state.blobs, blob), blobs_until=self._until())

    async def _count_failure(self, asset: MediaAsset, error: ChannelError) -> None:
        await self._saved.put(failures=self._state.failures + 1)
        if self._state.failures >= MAX_UPLOAD_FAILURES:
            raise ChannelError(
                Reason.MEDIA_PROCESSING_FAILED,
                Effect.REJECTED,
                f"Bluesky: the server failed on media {asset.id} {self._state.failures} times",
                provider_code=error.provider_code,
                provider_message=error.provider_message,
                raw=error.raw,
            ) from error

    async def _card(self, url: str) -> None:
        page = await self._tools.links.card(url) or LinkCard(title="")
        thumb = await self._thumb(page)
        card = Card(
            title=page.title.strip()[:MAX_CARD_TITLE] or urlsplit(url).hostname or url,
            description=page.description.strip()[:MAX_CARD_DESCRIPTION],
            thumb=thumb,
            picture_missing=thumb is None and (page.image_missing or page.image is not None),
        )
        await self._saved.put(card=card, blobs_until=self._until() if card.thumb else self._state.blobs_until)

    async def _thumb(self, page: LinkCard) -> dict[str, object] | None:
        """The card's picture as a blob; a picture that is refused is not worth a failure."""
        mime_type = page.image_type or ""
        if not page.image or len(page.image) > MAX_THUMB_BYTES or not mime_type.startswith("image/"):
            return None
        try:
            return await self._server.upload(page.image, mime_type)
        except ChannelError as error:
            if error.effect is Effect.NOT_SENT:
                raise
            return None

    def _until(self) -> datetime:
        """The end of the first blob counts for all."""
        return self._state.blobs_until or self._tools.clock.now() + BLOB_LIFE
