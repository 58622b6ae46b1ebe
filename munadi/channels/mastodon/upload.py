"""The invisible step: media to the account's server, and its waiting until they are processed.

Each id is saved at once. Nothing waits here; the workflow calls again while a server works. A medium that was sent
twice because an answer was lost is deleted by the server after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.http import ChannelTools, given_id, no_proof
from munadi.channels.mastodon.api import Server
from munadi.channels.mastodon.errors import failure
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import IMAGE, Options, Settings
from munadi.channels.mastodon.state import Prepared, Uploaded
from munadi.channels.multipart import Multipart
from munadi.channels.renditions import fitting
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Pending, Ready
from munadi.ports import Publication

# A server that fails so often on a medium does not take it.
MAX_FAILURES = 3
QUICK_FOR = timedelta(seconds=20)
ACCEPTED = 202


@dataclass(frozen=True)
class Uploads:
    """One run for one post; it continues where the handle's state ends."""

    server: Server
    settings: Settings
    tools: ChannelTools
    publication: Publication[Options, Prepared]

    async def run(self) -> Ready | Pending:
        """Send what is missing, and read once what is being processed. Raises ChannelError."""
        for index in range(len(self.publication.state.media), len(self.publication.draft.media)):
            await self._send(index)
        for index, one in enumerate(self.publication.state.media):
            if not one.is_ready and (waiting := await self._read(index, one)):
                return waiting
        await self.publication.save(ready=True)
        return Ready(expires_at=self.publication.state.expires_at)

    async def _send(self, index: int) -> None:
        rule = IMAGE.model_copy(update={"max_bytes": Instance.of(self.publication.account).image_bytes})
        asset = await fitting(self.tools.media, rule, self.publication.draft.media[index])
        focus = next((f"{one.x},{one.y}" for one in self.publication.options.focus if one.media == index), None)
        fields = {name: text for name, text in (("description", asset.alt), ("focus", focus)) if text}
        form = await Multipart.of(asset, fields, self.tools.media)
        try:
            answer = await self.server.upload(form.content(), form.headers)
        except ChannelError as error:
            if error.provider_code == "HTTP 500":
                await self._count_failure(error)
            raise
        media_id = given_id(answer.field("id"))
        if media_id is None:
            raise no_proof(answer)
        one = Uploaded(id=media_id, since=self.tools.clock.now(), is_ready=answer.status != ACCEPTED)
        await self.publication.save(media=(*self.publication.state.media, one))

    async def _read(self, index: int, one: Uploaded) -> Pending | None:
        """None once it is processed. Raises ChannelError when it cannot be."""
        try:
            is_ready = await self.server.medium(one.id)
        except ChannelError as error:
            if error.provider_code == "HTTP 422":
                error.reason, error.effect = Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED
                error.message = f"Mastodon: the server could not process media {self.publication.draft.media[index].id}"
            raise
        media = self.publication.state.media
        if is_ready:
            ready = one.model_copy(update={"is_ready": True})
            await self.publication.save(media=(*media[:index], ready, *media[index + 1 :]))
            return None
        if is_ready is None:
            lost = failure(Reason.MEDIA_PROCESSING_FAILED, "the server lost an uploaded medium")
            await self._count_failure(lost)
            await self.publication.save(media=media[:index])
            raise lost
        age = self.tools.clock.now() - one.since
        if age > self.settings.processing_timeout:
            message = f"the server still processes a medium after {round(age.total_seconds())} s"
            raise failure(Reason.MEDIA_PROCESSING_TIMEOUT, message, Effect.REJECTED)
        wait = self.settings.poll_quick if age < QUICK_FOR else self.settings.poll_slow
        return Pending(after=wait, note="the server processes a medium")

    async def _count_failure(self, error: ChannelError) -> None:
        await self.publication.save(failures=self.publication.state.failures + 1)
        if self.publication.state.failures >= MAX_FAILURES:
            error.reason, error.effect = Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED
            error.message = f"Mastodon: the server failed on the media {self.publication.state.failures} times"
