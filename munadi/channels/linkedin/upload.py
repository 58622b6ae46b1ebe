"""The invisible step: images, documents, videos in parts, the card of a link.

Source: docs/networks/linkedin.md, section 3.

Each URN is saved at once, and every part that arrived is kept. Nothing waits here; the workflow calls again. A file of
a page and every video are read until LinkedIn has processed them; a member's image or document cannot be read, so it is
given time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from munadi.channels.http import ChannelTools
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.errors import failure
from munadi.channels.linkedin.spec import IMAGE, MAX_DESCRIPTION, MAX_TITLE, RULES, Options, Settings, is_page
from munadi.channels.linkedin.state import Asset, Card, Part, Prepared
from munadi.channels.linkedin.wire import kind_of, wants_card
from munadi.channels.multipart import read_in_pieces
from munadi.channels.renditions import fitting
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Pending, Ready
from munadi.ports import LinkCard, Publication

READY, FAILED = "AVAILABLE", "PROCESSING_FAILED"
# A file that LinkedIn lost or failed on so often is not taken.
MAX_FAILURES = 3
# A file that was just uploaded may not be found yet.
SETTLING = timedelta(seconds=30)
GONE = frozenset({Reason.TARGET_NOT_ACCESSIBLE, Reason.MEDIA_PROCESSING_FAILED})


@dataclass(frozen=True)
class Uploads:
    """One run for one post; it continues where the handle's state ends."""

    api: Api
    settings: Settings
    tools: ChannelTools
    publication: Publication[Options, Prepared]

    async def run(self) -> Ready | Pending:
        """Send what is missing, and read once what is being processed. Raises ChannelError."""
        try:
            if wants_card(self.publication.draft) and self.publication.state.card is None:
                await self._card(self.publication.draft.link or "")
            for index in range(max(len(self.publication.draft.media), len(self.publication.state.assets))):
                if waiting := await self._forward(index):
                    return waiting
        except ChannelError as error:
            if error.reason in GONE:
                await upload_again(self.publication, error)
            raise
        await self.publication.save(ready=True)
        return Ready(expires_at=self.publication.state.expires_at)

    async def _forward(self, index: int) -> Pending | None:
        """None once this file is ready for a post."""
        if index == len(self.publication.state.assets) or self._one(index).uploaded_at is None:
            media = self.publication.draft.media[index]
            asset = await fitting(self.tools.media, RULES[media.kind], media)
            if index == len(self.publication.state.assets):
                await self._keep(await self._open(kind_of(asset), asset.bytes))
            if waiting := await self._send(index, asset):
                return waiting
        return None if self._one(index).is_ready else await self._read(index)

    async def _open(self, kind: str, size: int) -> Asset:
        made = await self.api.open_upload(self._token, kind, self.publication.account.external_id, size)
        now = self.tools.clock.now()
        return Asset(urn=made.urn, kind=kind, opened_at=now, token=made.token, parts=made.parts)

    async def _keep(self, one: Asset, card: Card | None = None) -> None:
        state = self.publication.state
        await self.publication.save(assets=(*state.assets, one), keys=(*state.keys, one.urn), card=card)

    async def _send(self, index: int, asset: MediaAsset) -> Pending | None:
        one = self._one(index)
        missing = [number for number, part in enumerate(one.parts) if part.tag is None]
        for number in missing[: self.settings.parts_per_run]:
            part = self._one(index).parts[number]
            tag = await self._send_part(one.kind, part, asset)
            parts = self._one(index).parts
            await self._put(index, parts=(*parts[:number], part.model_copy(update={"tag": tag}), *parts[number + 1 :]))
        left = len(missing) - self.settings.parts_per_run
        if left > 0:
            return Pending(after=timedelta(0), note=f"{len(one.parts) - left} of {len(one.parts)} parts are uploaded")
        if one.kind == "videos":
            tags = [part.tag or "" for part in self._one(index).parts]
            await self.api.finish_upload(self._token, one.urn, one.token, tags)
        await self._put(index, uploaded_at=self.tools.clock.now())
        return None

    async def _send_part(self, kind: str, part: Part, asset: MediaAsset) -> str:
        if kind == "documents":  # up to 100 MB in one request
            pieces = read_in_pieces(self.tools.media, asset)
            return await self.api.send_part(part, pieces, self._token, asset.bytes)
        content = await self.tools.media.read(asset, part.first, part.size)
        return await self.api.send_part(part, content, self._token if kind == "images" else None)

    async def _read(self, index: int) -> Pending | None:
        """None once the file is processed. Raises ChannelError when it cannot be."""
        one, now = self._one(index), self.tools.clock.now()
        age = now - (one.uploaded_at or now)
        if one.kind != "videos" and not is_page(self.publication.account):
            left = self.settings.grace - age
            if left > timedelta(0):
                return Pending(after=left, note=f"a member's {one.kind} are given time to be processed")
        elif waiting := await self._processed(one, age):
            return waiting
        await self._put(index, is_ready=True)
        return None

    async def _processed(self, one: Asset, age: timedelta) -> Pending | None:
        try:
            state, reason = await self.api.processing(self._token, one.kind, one.urn)
        except ChannelError as error:
            if error.reason is not Reason.TARGET_NOT_ACCESSIBLE or age > SETTLING:
                raise
            state, reason = "", ""
        if state == FAILED:
            message = f"LinkedIn could not process a file: {reason or 'no reason given'}"
            raise failure(Reason.MEDIA_PROCESSING_FAILED, message, Effect.REJECTED, code=FAILED)
        if state == READY:
            return None
        if age > self.settings.processing_timeout:
            message = f"a file is still being processed after {round(age.total_seconds())} s"
            raise failure(Reason.MEDIA_PROCESSING_TIMEOUT, message, Effect.REJECTED)
        return Pending(after=self.settings.poll, note="LinkedIn processes a file")

    async def _card(self, url: str) -> None:
        """What the page says of itself; a picture that LinkedIn refuses is not worth a failure."""
        page = await self.tools.links.card(url) or LinkCard(title="")
        title = page.title.strip()[:MAX_TITLE] or urlsplit(url).hostname or url
        card = Card(title=title, description=page.description.strip()[:MAX_DESCRIPTION])
        if not page.image or (page.image_type or "") not in IMAGE.mime_types or len(page.image) > IMAGE.max_bytes:
            await self.publication.save(card=card)
            return
        try:
            one = await self._open("images", len(page.image))
            await self.api.send_part(one.parts[0], page.image, self._token)
        except ChannelError as error:
            if error.effect is not Effect.REJECTED:
                raise
            await self.publication.save(card=card)
            return
        await self._keep(one.model_copy(update={"uploaded_at": self.tools.clock.now()}), card)

    def _one(self, index: int) -> Asset:
        return self.publication.state.assets[index]

    async def _put(self, index: int, **changes: object) -> None:
        assets = self.publication.state.assets
        await self.publication.save(
            assets=(*assets[:index], assets[index].model_copy(update=changes), *assets[index + 1 :])
        )

    @property
    def _token(self) -> str:
        return self.publication.token


async def upload_again(publication: Publication[Options, Prepared], error: ChannelError, *, same: bool = False) -> None:
    """Make `error` a wait, or a rejection once that has happened too often; forget the uploads unless they stay."""
    failures = publication.state.failures + 1
    if not same:
        error.reason = Reason.MEDIA_PROCESSING_FAILED
    error.effect = Effect.REJECTED if failures >= MAX_FAILURES else Effect.NOT_SENT
    state = publication.state
    await publication.replace(
        state.model_copy(update={"failures": failures}) if same else state.without_assets(failures)
    )
