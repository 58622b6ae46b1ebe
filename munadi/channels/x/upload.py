"""The invisible step: media in parts, their processing, their alt texts. Source: docs/networks/x.md, section 3.

Each id is saved at once, and every part that arrived is counted. Nothing waits here; the workflow calls again. Media
that no post uses are gone after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.channels.x.api import Api
from munadi.channels.x.errors import failure
from munadi.channels.x.rules import rule_of
from munadi.channels.x.spec import MEDIA_LIFE, Options, Settings
from munadi.channels.x.state import Prepared, Uploaded
from munadi.channels.x.wire import Medium, category_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.ports import Publication

# X names the time of the next read; without it, and at most.
CHECK_AFTER, LONGEST_CHECK = timedelta(seconds=2), timedelta(seconds=60)
FAILED, WORKING = "failed", ("pending", "in_progress")
# A medium that X lost or failed on so often is not taken.
MAX_FAILURES = 3


@dataclass(frozen=True)
class Uploads:
    """One run for one post; it continues where the handle's state ends."""

    api: Api
    settings: Settings
    tools: ChannelTools
    publication: Publication[Options, Prepared]

    async def run(self) -> Ready | Pending:
        """Send what is missing, and read once what is being processed. Raises ChannelError."""
        for index, media in enumerate(self.publication.draft.media):
            try:
                waiting = await self._forward(index, media)
            except ChannelError as error:
                await self._lost(error)
                raise
            if waiting is not None:
                return waiting
        await self.publication.save(ready=True)
        return Ready(expires_at=self.publication.state.expires_at)

    async def _forward(self, index: int, media: MediaAsset) -> Pending | None:
        """None once this medium is ready for a post."""
        if index == len(self.publication.state.media) or self._one(index).finalized_at is None:
            asset = await fitting(self.tools.media, rule_of(media), media)
            if index == len(self.publication.state.media):
                await self._open(asset)
            if waiting := await self._send(index, asset):
                return waiting
        if not self._one(index).is_ready and (waiting := await self._read(index)):
            return waiting
        one = self._one(index)
        if not one.is_described:
            if media.alt and rule_of(media).takes_alt:
                await self.api.describe(self._token, one.id, media.alt)
            await self._put(index, is_described=True)
        return None

    async def _open(self, asset: MediaAsset) -> None:
        made = await self.api.initialize(self._token, asset, category_of(asset))
        one = Uploaded(id=made.id, key=made.key, expires_at=self.tools.clock.now() + MEDIA_LIFE)
        state = self.publication.state
        await self.publication.save(media=(*state.media, one), keys=(*state.keys, made.key))

    async def _send(self, index: int, asset: MediaAsset) -> Pending | None:
        size = self.settings.chunk_bytes
        parts = -(-asset.bytes // size)
        first = self._one(index).sent
        for part in range(first, min(parts, first + self.settings.chunks_per_run)):
            content = await self.tools.media.read(asset, part * size, min(size, asset.bytes - part * size))
            await self.api.append(self._token, self._one(index).id, part, content)
            await self._put(index, sent=part + 1)
        if self._one(index).sent < parts:
            return Pending(after=timedelta(0), note=f"{self._one(index).sent} of {parts} parts are uploaded")
        made, now = await self.api.finalize(self._token, self._one(index).id), self.tools.clock.now()
        life = MEDIA_LIFE if made.expires_after is None else timedelta(seconds=made.expires_after)
        await self._put(index, finalized_at=now, expires_at=now + life)
        return await self._judge(index, made)

    async def _read(self, index: int) -> Pending | None:
        return await self._judge(index, await self.api.processing(self._token, self._one(index).id))

    async def _judge(self, index: int, made: Medium) -> Pending | None:
        """None once the medium is processed. Raises ChannelError when it cannot be."""
        if made.state == FAILED:
            media = self.publication.draft.media[index]
            message = f"X could not process media {media.id}: {made.problem or 'no reason given'}"
            raise failure(Reason.MEDIA_PROCESSING_FAILED, message, Effect.REJECTED, code=FAILED)
        if made.state not in WORKING:
            await self._put(index, is_ready=True)
            return None
        since = self._one(index).finalized_at
        age = self.tools.clock.now() - since if since else timedelta(0)
        if age > self.settings.processing_timeout:
            message = f"X still processes a medium after {round(age.total_seconds())} s"
            raise failure(Reason.MEDIA_PROCESSING_TIMEOUT, message, Effect.REJECTED)
        wait = CHECK_AFTER if made.check_after is None else timedelta(seconds=made.check_after)
        return Pending(after=min(wait, LONGEST_CHECK), note="X processes a medium")

    async def _lost(self, error: ChannelError) -> None:
        """X does not know an upload any more: forget all of them, so that they are sent again; not endlessly."""
        if error.reason is Reason.TARGET_NOT_ACCESSIBLE:
            await upload_again(self.publication, error)

    def _one(self, index: int) -> Uploaded:
        return self.publication.state.media[index]

    async def _put(self, index: int, **changes: object) -> None:
        media = self.publication.state.media
        changed = media[index].model_copy(update=changes)
        await self.publication.save(media=(*media[:index], changed, *media[index + 1 :]))

    @property
    def _token(self) -> str:
        return self.publication.token


async def upload_again(publication: Publication[Options, Prepared], error: ChannelError) -> None:
    """Forget the uploads and make `error` a wait, or a rejection once that has happened too often."""
    failures = publication.state.failures + 1
    error.reason = Reason.MEDIA_PROCESSING_FAILED
    error.effect = Effect.REJECTED if failures >= MAX_FAILURES else Effect.NOT_SENT
    await publication.replace(publication.state.without_media(failures))
