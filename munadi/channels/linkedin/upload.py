"""Files on their way to LinkedIn: images, documents, videos in parts, the card of a link.

Source: docs/networks/linkedin.md, section 3. A file of a page and every video are read until LinkedIn has processed
them; a member's image or document cannot be read, so it is given time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from munadi.channels.http import ChannelTools
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.spec import (
    ASSET_LIFE,
    IMAGE,
    MAX_DESCRIPTION,
    MAX_TITLE,
    RULES,
    SPEC,
    Options,
    Settings,
    is_page,
)
from munadi.channels.linkedin.state import Asset, Card, Prepared
from munadi.channels.linkedin.wire import kind_of, wants_card
from munadi.channels.multipart import read_in_pieces
from munadi.channels.uploads import Progress, Uploads
from munadi.domain.channel import MediaRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.ports import LinkCard, Publication

READY, FAILED = "AVAILABLE", "PROCESSING_FAILED"
# A file that was just uploaded may not be found yet.
SETTLING = timedelta(seconds=30)


class LinkedInUploads(Uploads[Options, Prepared, Asset]):
    """One run over the files of a post, and the picture of a card."""

    fails_for_good = False

    def __init__(
        self, api: Api, settings: Settings, publication: Publication[Options, Prepared], tools: ChannelTools
    ) -> None:
        super().__init__(SPEC.title, publication, tools, settings.processing_timeout)
        self._api, self._settings, self.parts_per_run = api, settings, settings.parts_per_run
        self._token = publication.token

    @property
    def is_needed(self) -> bool:
        """The picture of a card is uploaded too."""
        return super().is_needed or wants_card(self.publication.draft)

    def rule(self, asset: MediaAsset) -> MediaRule:
        return RULES[asset.kind]

    async def begin(self) -> None:
        """The card of a link: what the page says of itself; a refused picture is not worth a failure."""
        link = self.publication.draft.link or ""
        if not wants_card(self.publication.draft) or self.publication.state.card is not None:
            return
        page = await self.tools.links.card(link) or LinkCard(title="")
        title = page.title.strip()[:MAX_TITLE] or urlsplit(link).hostname or link
        card = Card(title=title, description=page.description.strip()[:MAX_DESCRIPTION])
        if not page.image or (page.image_type or "") not in IMAGE.mime_types or len(page.image) > IMAGE.max_bytes:
            await self.publication.save(card=card)
            return
        try:
            one = await self._open("images", len(page.image))
            await self._api.send_part(one.parts[0], page.image, self._token)
        except ChannelError as error:
            if error.effect is not Effect.REJECTED:
                raise
            await self.publication.save(card=card)
            return
        await self.keep(one.model_copy(update={"finalized_at": self.tools.clock.now()}), card=card)

    async def open(self, index: int, asset: MediaAsset) -> Asset:
        """Its URN, and the addresses of its parts."""
        return await self._open(kind_of(asset), asset.bytes)

    def parts(self, one: Asset, asset: MediaAsset) -> int:
        """As many as LinkedIn named instructions for."""
        return len(one.parts)

    async def send_part(self, one: Asset, number: int, asset: MediaAsset) -> Mapping[str, Any]:
        """A document of up to 100 MB is one request. The tag of a part names it when all are there."""
        part = one.parts[number]
        if one.kind == "documents":
            pieces = read_in_pieces(self.tools.media, asset)
            tag = await self._api.send_part(part, pieces, self._token, asset.bytes)
        else:
            content = await self.tools.media.read(asset, part.first, part.size)
            tag = await self._api.send_part(part, content, self._token if one.kind == "images" else None)
        return {"parts": (*one.parts[:number], part.model_copy(update={"tag": tag}), *one.parts[number + 1 :])}

    async def finish(self, one: Asset) -> tuple[Mapping[str, Any], Progress | None]:
        """Only a video is finished by a request."""
        if one.kind == "videos":
            await self._api.finish_upload(self._token, one.id, one.token, [part.tag or "" for part in one.parts])
        return {}, None

    async def read(self, one: Asset, age: timedelta) -> Progress:
        """By its URN, or by its age."""
        if one.kind != "videos" and not is_page(self.publication.account):
            left = self._settings.grace - age
            return Progress(is_ready=left <= timedelta(0), after=left)
        try:
            state, reason = await self._api.processing(self._token, one.kind, one.id)
        except ChannelError as error:
            if error.reason is not Reason.TARGET_NOT_ACCESSIBLE or age > SETTLING:
                raise
            state, reason = "", ""
        failed = reason if state == FAILED else None
        return Progress(is_ready=state == READY, failed=failed, after=self._settings.poll, code=FAILED)

    async def _open(self, kind: str, size: int) -> Asset:
        made = await self._api.open_upload(self._token, kind, self.publication.account.external_id, size)
        ends = self.tools.clock.now() + ASSET_LIFE
        return Asset(id=made.urn, kind=kind, expires_at=ends, token=made.token, parts=made.parts)
