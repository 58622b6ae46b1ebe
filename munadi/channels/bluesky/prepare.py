"""The invisible step: resolve mentions and the quote, upload media and the picture of the card.

Each part is saved as soon as it is known.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from munadi.channels.bluesky.embeds import video_of, wants_card
from munadi.channels.bluesky.metadata import without_metadata
from munadi.channels.bluesky.quotes import resolve_quote
from munadi.channels.bluesky.spec import BLOB_LIFE, MAX_THUMB_BYTES, SPEC, Options
from munadi.channels.bluesky.state import Card, Prepared
from munadi.channels.bluesky.thread import mentioned
from munadi.channels.bluesky.video import VideoUpload
from munadi.channels.bluesky.xrpc import Server
from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST, Pending, Ready
from munadi.ports import LinkCard, Publication

# The server answers a broken picture with 500, as in an outage; after this many failures it is the picture.
MAX_UPLOAD_FAILURES = 3
# Seconds to look up all the handles of a post.
MENTIONS_WITHIN = 60.0
CAPTION_TYPE = "text/vtt"
MAX_CARD_TITLE = 300
MAX_CARD_DESCRIPTION = 1000


def is_complete(draft: Draft, options: Options, prepared: Prepared, step: str = POST) -> bool:
    """Whether only the visible call of this step is left; a part of a thread has no embed."""
    if not all(handle in prepared.mentions for handle in mentioned(draft)):
        return False
    return step != POST or (
        len(prepared.blobs) == len(draft.media)
        and len(prepared.captions) == len(options.captions)
        and (prepared.card is not None or not wants_card(draft))
        and (prepared.quote is not None or not options.quote)
    )


@dataclass(frozen=True)
class Preparation:
    """One run for one post; it continues where its saved state ends."""

    server: Server
    appview: str
    tools: ChannelTools
    publication: Publication[Options, Prepared]
    video: VideoUpload

    @property
    def _state(self) -> Prepared:
        return self.publication.state

    async def run(self) -> Ready | Pending:
        """Do what is missing. Raises ChannelError."""
        draft, options = self.publication.draft, self.publication.options
        await self._mentions(mentioned(draft))
        if options.quote and self._state.quote is None:
            await self.publication.save(quote=await resolve_quote(options.quote, self.server, self.appview))
        video = video_of(draft)
        if video is not None and (waiting := await self.video.run(video)):
            return waiting
        for asset in draft.media[len(self._state.blobs) :]:
            await self._image(asset)
        for caption in options.captions[len(self._state.captions) :]:
            blob = await self.server.upload(caption.text.encode(), CAPTION_TYPE)
            await self.publication.save(captions=(*self._state.captions, blob), blobs_until=self._until())
        if wants_card(draft) and self._state.card is None:
            await self._card(draft.link or "")
        await self.publication.save(ready=True)
        return Ready(expires_at=self._state.blobs_until)

    async def _mentions(self, wanted: list[str]) -> None:
        """A handle that does not exist has no DID: its mention stays plain text."""
        missing = [handle for handle in wanted if handle not in self._state.mentions]
        found: dict[str, str | None] = {}
        try:
            # A post can name fifty handles, and its server may be slow with each.
            async with asyncio.timeout(MENTIONS_WITHIN):
                for handle in missing:
                    found[handle] = await self.server.resolve_handle(handle)
        finally:
            if found:
                await self.publication.save(mentions={**self._state.mentions, **found})

    async def _image(self, asset: MediaAsset) -> None:
        asset = await fitting(self.tools.media, SPEC.media_rules[0], asset)
        content = without_metadata(await self.tools.media.read(asset), asset.mime_type)
        try:
            blob = await self.server.upload(content, asset.mime_type)
        except ChannelError as error:
            if error.provider_code == "InternalServerError":
                await self._count_failure(asset, error)
            raise
        await self.publication.save(blobs=(*self._state.blobs, blob), blobs_until=self._until())

    async def _count_failure(self, asset: MediaAsset, error: ChannelError) -> None:
        await self.publication.save(failures=self._state.failures + 1)
        if self._state.failures >= MAX_UPLOAD_FAILURES:
            error.reason, error.effect = Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED
            error.message = f"Bluesky: the server failed on media {asset.id} {self._state.failures} times"

    async def _card(self, url: str) -> None:
        page = await self.tools.links.card(url) or LinkCard(title="")
        thumb = await self._thumb(page)
        card = Card(
            title=page.title.strip()[:MAX_CARD_TITLE] or urlsplit(url).hostname or url,
            description=page.description.strip()[:MAX_CARD_DESCRIPTION],
            thumb=thumb,
            picture_missing=thumb is None and (page.image_missing or page.image is not None),
        )
        await self.publication.save(card=card, blobs_until=self._until() if card.thumb else self._state.blobs_until)

    async def _thumb(self, page: LinkCard) -> dict[str, object] | None:
        """The card's picture as a blob; a picture that is refused is not worth a failure."""
        mime_type = page.image_type or ""
        if not page.image or len(page.image) > MAX_THUMB_BYTES or not mime_type.startswith("image/"):
            return None
        try:
            return await self.server.upload(page.image, mime_type)
        except ChannelError as error:
            if error.effect is Effect.NOT_SENT:
                raise
            return None

    def _until(self) -> datetime:
        """The end of the first blob counts for all."""
        return self._state.blobs_until or self.tools.clock.now() + BLOB_LIFE
