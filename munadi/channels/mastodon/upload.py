"""Media on their way to the account's server: one request each, then processed. Source: docs/networks/mastodon.md, 3.

A medium that was sent twice because an answer was lost is deleted by the server after a day.
"""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.http import ChannelTools, given_id, no_proof
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.errors import failure
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import IMAGE, MEDIA_LIFE, SPEC, Options, Settings
from munadi.channels.multipart import Multipart
from munadi.channels.uploads import Progress, Uploaded, Uploads, UploadState, count_failure
from munadi.domain.channel import MediaRule
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.media import MediaAsset
from munadi.ports import Publication

QUICK_FOR = timedelta(seconds=20)
ACCEPTED = 202


class Prepared(UploadState):
    """The state of a preparation."""


class MastodonUploads(Uploads[Options, Prepared, Uploaded]):
    """One run over the media of a post."""

    def __init__(
        self, server: Server, settings: Settings, publication: Publication[Options, Prepared], tools: ChannelTools
    ) -> None:
        super().__init__(SPEC.title, publication, tools, settings.processing_timeout)
        self._server, self._settings = server, settings

    def rule(self, asset: MediaAsset) -> MediaRule:
        """An image may be as large as the account's server takes it."""
        return IMAGE.model_copy(update={"max_bytes": Instance.of(self.publication.account).image_bytes})

    async def open(self, index: int, asset: MediaAsset) -> Uploaded:
        """The whole medium, with its alt text and focus."""
        focus = next((f"{one.x},{one.y}" for one in self.publication.options.focus if one.media == index), None)
        fields = {name: text for name, text in (("description", asset.alt), ("focus", focus)) if text}
        try:
            answer = await self._server.upload(await Multipart.of(asset, fields, self.tools.media))
        except ChannelError as error:
            if error.provider_code == "HTTP 500":
                await count_failure(self.publication, error)
            raise
        media_id, now = given_id(answer.field("id")), self.tools.clock.now()
        if media_id is None:
            raise no_proof(answer)
        is_ready = answer.status != ACCEPTED
        return Uploaded(
            id=media_id, expires_at=now + MEDIA_LIFE, finalized_at=now, is_ready=is_ready, is_described=True
        )

    async def read(self, one: Uploaded, age: timedelta) -> Progress:
        """By its id. A server that lost it gets it again."""
        try:
            is_ready = await self._server.medium(one.id)
        except ChannelError as error:
            if error.provider_code != "HTTP 422":
                raise
            return Progress(failed=error.provider_message or "", code="HTTP 422")
        if is_ready is None:
            raise failure(Reason.MEDIA_PROCESSING_FAILED, "the server lost an uploaded medium")
        return Progress(
            is_ready=is_ready, after=self._settings.poll_quick if age < QUICK_FOR else self._settings.poll_slow
        )
