"""The invisible step: photos unpublished, a reel's or video's bytes, a link's page read again. Saved part by part."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from munadi.channels.facebook.errors import may_upload_again
from munadi.channels.facebook.graph import Graph, succeeded
from munadi.channels.facebook.spec import LINK_LEAD, PHOTO, PHOTO_LEAD, VIDEO_LEAD, Kind, Options, Settings
from munadi.channels.facebook.state import Photo, Prepared, Upload, prepared_of
from munadi.channels.facebook.videos import Videos, died, wanted_offsets
from munadi.channels.facebook.wire import cover_of, film_of, kind_of
from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import MediaReader, SaveHandle

# Uploads of one draft: the first, and so many more.
MAX_RENEWALS = 2


def lead_of(draft: Draft, kind: Kind) -> timedelta:
    """How long before the slot to begin."""
    if film_of(draft, kind):
        return VIDEO_LEAD
    return PHOTO_LEAD if draft.media else LINK_LEAD if draft.link else timedelta(0)


def is_complete(draft: Draft, kind: Kind, prepared: Prepared) -> bool:
    """Whether only the visible call is left."""
    if film_of(draft, kind):
        return prepared.upload is not None and prepared.upload.uploaded_at is not None
    return len(prepared.photos) == len(draft.media) and prepared.link != "unreadable"


async def cover_bytes(media: MediaReader, cover: MediaAsset) -> bytes:
    """The cover as Facebook takes photos. Raises ChannelError."""
    return await media.read(await fitting(media, PHOTO, cover))


class Preparation:
    """One run of preparing one draft; goes on where the handle's state ends, and never sleeps."""

    def __init__(
        self,
        graph: Graph,
        videos: Videos,
        settings: Settings,
        tools: ChannelTools,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
    ) -> None:
        self._graph = graph
        self._videos = videos
        self._timeout = settings.processing_timeout
        self._tools = tools
        self._account = account
        self._save = save
        self._state = prepared_of(handle)
        if self._state.lapsed(tools.clock.now()):
            self._state = Prepared(renewals=self._state.renewals)

    async def run(self, draft: Draft) -> Ready | Pending:
        """Go as far as is possible now. Raises ChannelError."""
        options = Options.model_validate(draft.options)
        kind = kind_of(draft, options)
        try:
            if film := film_of(draft, kind):
                wait = await self._video(kind, film)
                if wait is not None:
                    return Pending(after=wait, note="Facebook is processing the video")
                await self._cover(kind, cover_of(draft, options))
            else:
                for asset in draft.media[len(self._state.photos) :]:
                    await self._photo(asset)
                await self._read_link_again(draft)
        except ChannelError as error:
            if may_upload_again(error):
                await self._anew(error)
            raise
        await self._keep(ready=True)
        return Ready(expires_at=self._state.expires_at)

    async def _photo(self, asset: MediaAsset) -> None:
        sent = await fitting(self._tools.media, PHOTO, asset)
        await self._tools.media.check_stored(sent)
        form = {"url": self._tools.media.public_url(sent), "published": "false"}
        if asset.alt:
            form["alt_text_custom"] = asset.alt
        made = await self._graph.make(f"{self._account.external_id}/photos", self._account, form)
        photo = Photo(id=made, made_at=self._tools.clock.now())
        await self._keep(photos=(*self._state.photos, photo))

    async def _read_link_again(self, draft: Draft) -> None:
        """After a post was refused because its link could not be read: once, and best effort."""
        if self._state.link == "unreadable":
            with suppress(ChannelError):
                await self._graph.post("", self._account, {"id": draft.link or "", "scrape": "true"})
            await self._keep(link="scraped")

    async def _video(self, kind: Kind, asset: MediaAsset) -> timedelta | None:
        """None once only the finish is left, else when to look again."""
        upload, resumed = self._state.upload, True
        if upload is None:
            upload, resumed = await self._videos.start(self._account, kind, asset), False
            await self._keep(upload=upload)
        if upload.uploaded_at is None:
            await (self._send_video(upload, asset) if kind is Kind.VIDEO else self._send_reel(upload, asset, resumed))
        return None if kind is Kind.VIDEO else await self._processed(self._state.upload or upload)

    async def _cover(self, kind: Kind, cover: MediaAsset | None) -> None:
        """A reel's cover, once the reel is processed; a video's goes with its finish."""
        if cover is None or kind is Kind.VIDEO or self._state.has_cover or self._state.upload is None:
            return
        files = {"source": await cover_bytes(self._tools.media, cover)}
        path = f"{self._state.upload.video_id}/thumbnails"
        await self._graph.post(path, self._account, {"is_preferred": "true"}, proof=succeeded, files=files)
        await self._keep(has_cover=True)

    async def _send_reel(self, upload: Upload, asset: MediaAsset, resumed: bool) -> None:
        """Of a reel or story everything from where an earlier run ended, which Facebook knows."""
        offset = 0
        if resumed:
            status = await self._videos.status(self._account, upload.video_id)
            if status.is_dead:
                raise await self._anew(died(status, Sorting.NOT_SENT))
            offset = asset.bytes if status.is_uploaded else min(status.received, asset.bytes)
        if offset < asset.bytes:
            await self._videos.send_rest(self._account, upload, asset, offset)
        await self._keep(upload=upload.model_copy(update={"uploaded_at": self._tools.clock.now()}))

    async def _send_video(self, upload: Upload, asset: MediaAsset) -> None:
        """Part by part; each answer names the next, and a refused part the right one."""
        while upload.offset < asset.bytes:
            try:
                upload = await self._videos.send_part(self._account, upload, asset)
            except ChannelError as error:
                if wanted := wanted_offsets(error):
                    start, until = wanted
                    await self._keep(upload=upload.model_copy(update={"offset": start, "until": until}))
                raise
            await self._keep(upload=upload)
        await self._keep(upload=upload.model_copy(update={"uploaded_at": self._tools.clock.now()}))

    async def _processed(self, upload: Upload) -> timedelta | None:
        """A reel or story is waited for before its finish, so that publishing takes no longer than it must."""
        status = await self._videos.status(self._account, upload.video_id)
        if status.is_dead:
            raise await self._anew(died(status, Sorting.NOT_SENT))
        if status.is_uploaded and status.processing != "in_progress":
            return None
        age = self._tools.clock.now() - (upload.uploaded_at or upload.started_at)
        if age > self._timeout:
            message = f"Facebook: the video was still being processed after {self._timeout}"
            raise ChannelError(Reason.MEDIA_PROCESSING_TIMEOUT, Sorting.REJECTED, message)
        return self._videos.wait(age)

    async def _anew(self, error: ChannelError) -> ChannelError:
        """Forget the upload so that the next run makes another; rejected when that was tried often enough."""
        if self._state.renewals >= MAX_RENEWALS:
            error.sorting = Sorting.REJECTED
        else:
            await self._keep(upload=None, has_cover=False, renewals=self._state.renewals + 1)
        return error

    async def _keep(self, *, ready: bool = False, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        await self._save(self._state.model_dump(mode="json"), ready=ready, expires_at=self._state.expires_at)
