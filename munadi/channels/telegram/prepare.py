"""The invisible steps: files and the text to the storage chat, and the chat's last id where posts are looked for.

Each id is saved at once. Only its members see what is in the storage chat. Source: docs/networks/telegram.md,
sections 3 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import failure
from munadi.channels.telegram.lookup import Lookup, chat_of, is_probed
from munadi.channels.telegram.rules import rule_of
from munadi.channels.telegram.spec import Options, Settings
from munadi.channels.telegram.state import Prepared, Stored
from munadi.channels.telegram.wire import file_in, file_name, ids_in, kind_of, media_call, post_call, shown_name
from munadi.domain.failure import Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Ready
from munadi.ports import Publication


def storage_of(options: Options, settings: Settings) -> str | None:
    """The chat to upload to: the post's own, or that of the installation."""
    return options.storage_chat or settings.storage_chat


@dataclass(frozen=True)
class Preparation:
    """One run for one post; it continues where its saved state ends."""

    api: Api
    settings: Settings
    tools: ChannelTools
    publication: Publication[Options, Prepared]

    async def run(self) -> Ready:
        """Send what is missing to the storage chat. Raises ChannelError."""
        storage, media = storage_of(self.publication.options, self.settings), self.publication.draft.media
        if storage is None:
            for asset in media:  # renditions are made now, and sent with the visible call
                await fitting(self.tools.media, rule_of(asset, self.publication.options), asset)
        else:
            await self._store(storage, media)
        if self.settings.probe and self._state.floor is None and is_probed(self.publication.account, self._state):
            chat, misses = chat_of(self.publication.account, self._state), self.settings.probe_misses
            floor = await Lookup(self.api, self.publication.token, chat, misses).last_id()
            await self.publication.save(ready=True, floor=floor)
        return Ready()

    async def _store(self, storage: str, media: tuple[MediaAsset, ...]) -> None:
        if self._state.storage != storage:
            await self.publication.save(storage=storage, stored=(), rehearsal=None)
        for index in range(len(self._state.stored), len(media)):
            stored = await self._upload(storage, index, media[index])
            await self.publication.save(stored=(*self._state.stored, stored))
        if not media and self.publication.options.poll is None and self._state.rehearsal is None:
            method, form = post_call(storage, self.publication.draft, self._hidden, ())
            answer = await self.api.store(self.publication.token, method, form)
            await self.publication.save(rehearsal=(ids_in(answer) or [0])[0])

    async def _upload(self, storage: str, index: int, media: MediaAsset) -> Stored:
        """One file; the first has the caption, so that Telegram judges it here."""
        asset = await fitting(self.tools.media, rule_of(media, self.publication.options), media)
        name, text = file_name(asset, index), self.publication.draft.text if index == 0 else ""
        method, form = media_call(storage, media, text, self._hidden, f"attach://{name}")
        files = {name: (shown_name(asset, index), await self.tools.media.read(asset))}
        answer = await self.api.store(self.publication.token, method, form, files)
        kind = kind_of(media, self.publication.options)
        message = object_in(answer.body, "result")
        file_id = file_in(message, kind)
        if file_id is None:
            problem = f"Telegram did not take media {media.id} as {kind}, but as another kind of file"
            raise failure(Reason.MEDIA_VALIDATION_FAILED, problem, Effect.REJECTED)
        unique_id = file_in(message, kind, "file_unique_id")
        return Stored(file_id=file_id, unique_id=unique_id, message_id=(ids_in(answer) or [0])[0])

    @property
    def _hidden(self) -> Options:
        """The options for the storage chat, which has no topics."""
        return self.publication.options.model_copy(update={"topic_id": None, "silent": True})

    @property
    def _state(self) -> Prepared:
        return self.publication.state
