"""The invisible calls: unpublished photos, a reel's or video's bytes, a link's page scraped again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from munadi.channels.facebook import videos
from munadi.channels.facebook.errors import MISSING_IMAGE, codes_of, died, may_upload_again, stuck, wanted_offsets
from munadi.channels.facebook.spec import PHOTO, Kind
from munadi.channels.facebook.state import Case, Photo, Prepared, Upload
from munadi.channels.facebook.wire import VideoStatus
from munadi.channels.meta.graph import succeeded
from munadi.channels.pulls import count_failed_pull
from munadi.channels.renditions import fitted
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready


class Preparation:
    """One run of preparing a post; continues where its saved state ends, and never sleeps."""

    def __init__(self, case: Case) -> None:
        self._case, self._graph = case, case.graph
        if case.state.lapsed(case.graph.now()):
            case.state = Prepared(renewals=case.state.renewals)

    async def run(self) -> Ready | Pending:
        """Go as far as is possible now. Raises ChannelError."""
        try:
            if film := self._case.film:
                wait = await self._video(film)
                if wait is not None:
                    return Pending(after=wait, note="Facebook is processing the video")
                await self._cover()
            else:
                for asset in self._case.draft.media[len(self._case.state.photos) :]:
                    await self._photo(asset)
                await self._read_link_again()
        except ChannelError as error:
            if may_upload_again(error):
                await self._renew(error)
            raise
        await self._case.save(ready=True)
        return Ready(expires_at=self._case.state.expires_at)

    async def _photo(self, asset: MediaAsset) -> None:
        media = self._graph.tools.media
        form = {"url": media.public_url(await fitted(media, PHOTO, asset)), "published": "false"}
        if asset.alt:
            form["alt_text_custom"] = asset.alt
        try:
            made = await self._graph.make(self._case.path("photos"), self._case.token, form)
        except ChannelError as error:
            if MISSING_IMAGE not in codes_of(error):
                raise
            # The same code for a file that is no image: ours was probed, so the address is the likelier cause.
            error.message += " or cannot be fetched: check that MUNADI_PUBLIC_URL can be reached from outside"
            raise await count_failed_pull(self._case, error) from None
        await self._case.save(photos=(*self._case.state.photos, Photo(id=made, made_at=self._graph.now())))

    async def _read_link_again(self) -> None:
        """After a post was refused because its link could not be read: once, and best effort."""
        if self._case.state.link == "unreadable":
            form = {"id": self._case.draft.link or "", "scrape": "true"}
            with suppress(ChannelError):
                await self._graph.post("", self._case.token, form)
            await self._case.save(link="scraped")

    async def _video(self, asset: MediaAsset) -> timedelta | None:
        """None once only the finish is left, else when to read again."""
        upload, resumed, is_plain = self._case.state.upload, True, self._case.kind is Kind.VIDEO
        if upload is None:
            upload, resumed = await videos.start(self._case, asset), False
            await self._case.save(upload=upload)
        if upload.uploaded_at is None:
            upload = await (self._send_parts(upload, asset) if is_plain else self._send_whole(upload, asset, resumed))
            await self._case.save(upload=upload.model_copy(update={"uploaded_at": self._graph.now()}))
        return None if is_plain else await self._processed(self._case.state.upload or upload)

    async def _cover(self) -> None:
        """A reel's cover, once the reel is processed; a video's goes with its finish."""
        cover, upload = self._case.cover, self._case.state.upload
        if cover is None or upload is None or self._case.kind is Kind.VIDEO or self._case.state.has_cover:
            return
        path, form = f"{upload.video_id}/thumbnails", {"is_preferred": "true"}
        files = {"source": await self._graph.photo_bytes(cover)}
        await self._graph.post(path, self._case.token, form, proof=succeeded, files=files)
        await self._case.save(has_cover=True)

    async def _send_whole(self, upload: Upload, asset: MediaAsset, resumed: bool) -> Upload:
        """Everything of a reel or story after what Facebook has received."""
        offset = 0
        if resumed:
            status = await self._unless_dead(upload)
            offset = asset.bytes if status.is_uploaded else min(status.received, asset.bytes)
        if offset < asset.bytes:
            await videos.send_rest(self._case, upload, asset, offset)
        return upload

    async def _send_parts(self, upload: Upload, asset: MediaAsset) -> Upload:
        """Part by part; each answer names the next, and a refused part the right one."""
        while upload.offset < asset.bytes:
            try:
                upload = await videos.send_part(self._case, upload, asset)
            except ChannelError as error:
                if wanted := wanted_offsets(error):
                    await self._case.save(upload=upload.model_copy(update={"offset": wanted[0], "until": wanted[1]}))
                raise
            await self._case.save(upload=upload)
        return upload

    async def _processed(self, upload: Upload) -> timedelta | None:
        """Wait for a reel or story before its finish, so that publishing takes no longer than it must."""
        status, limit = await self._unless_dead(upload), self._graph.settings.processing_timeout
        if status.is_uploaded and not status.is_processing:
            return None
        age = self._graph.now() - (upload.uploaded_at or upload.started_at)
        if age > limit:
            raise stuck(limit)
        return videos.wait(self._case, age)

    async def _unless_dead(self, upload: Upload) -> VideoStatus:
        """The upload's status. Raises ChannelError when it is dead, and then another is made."""
        status = await videos.status_of(self._graph, self._case.account, upload.video_id)
        if status.is_dead:
            raise await self._renew(died(status.name, status.error, Effect.NOT_SENT))
        return status

    async def _renew(self, error: ChannelError) -> ChannelError:
        """Forget the upload so that the next run makes another; rejected when that was tried often enough."""
        if left := self._case.state.without_upload(error):
            await self._case.replace(left)
        return error
