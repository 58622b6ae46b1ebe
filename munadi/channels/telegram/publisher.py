"""Posting to Telegram: files ahead to the storage chat, then one request for each message (see `prepare`, `lookup`)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from munadi.channels.answers import object_in, parse_json
from munadi.channels.channel import Parts, parent_of
from munadi.channels.http import ChannelTools, NamedFile, given_id
from munadi.channels.renditions import fitting
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import TITLE, UNREMOVABLE, UPGRADED, failure
from munadi.channels.telegram.lookup import Lookup, address_of, chat_of, is_probed
from munadi.channels.telegram.prepare import Preparation, storage_of, upload_again
from munadi.channels.telegram.rules import rule_of
from munadi.channels.telegram.spec import Options, Settings
from munadi.channels.telegram.state import Prepared
from munadi.channels.telegram.wire import file_name, ids_in, kind_of, post_call, reply_call, shown_name
from munadi.channels.thread import Live, ThreadChannel, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import (
    POST,
    POST_ID_PENDING,
    Absent,
    Pending,
    Published,
    Ready,
    Unknown,
    Warning_,
)
from munadi.ports import Attempt, Publication

# Before a request is repeated with what was learned from its refusal.
SOON = timedelta(seconds=5)


class TelegramChannel(ThreadChannel[Options, Prepared]):
    """A message, an album or a poll, and the later parts as answers."""

    title, options, state = TITLE, Options, Prepared

    def __init__(
        self, parts: Parts[Options], settings: Settings, spec: ChannelSpec, api: Api, tools: ChannelTools
    ) -> None:
        super().__init__(parts, tools)
        self._settings, self._api, self._tools = settings, api, tools
        self._timeout = spec.publish_deadline.total_seconds()

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload to the storage chat, rehearse the text there, and note where a look for the post begins."""
        return await Preparation(self._api, self._settings, self._tools, publication).run()

    async def send(
        self, publication: Publication[Options, Prepared], attempt: Attempt, text: str, parent: str | None
    ) -> Published:
        """Raises ChannelError."""
        chat, files = chat_of(publication.account, publication.state), dict[str, NamedFile]()
        if parent is not None:
            method, form = reply_call(chat, text, publication.options, int(parent))
        else:
            sources, files = await self._sources(publication, publication.state)
            method, form = post_call(chat, publication.draft, publication.options, sources)
        try:
            answer = await self._api.send(
                publication.token, method, form, files, gate=attempt.gate, timeout=self._timeout
            )
        except ChannelError as error:
            await self._refused(publication, error)
            raise
        found = self._published(publication, publication.state, (ids_in(answer) or [0])[0])
        return found.model_copy(update={"published_at": self._tools.clock.now()})

    async def look(
        self, publication: Publication[Options, Prepared], since: datetime, step: str, parent: str | None
    ) -> Published | Absent | Unknown:
        """See `lookup`: only by the ids above the last known one, and only where the setting allows it."""
        if not self._settings.probe:
            return Unknown(note="Telegram lists no posts to a bot, and MUNADI_CHANNELS__TELEGRAM__PROBE is off")
        state = publication.state
        if not is_probed(publication.account, state):
            return Unknown(note="the bot cannot tell its own messages from others' in this chat")
        floor, size = state.floor, max(len(publication.draft.media), 1)
        if parent is not None:  # the last message of an album, if that is what the first part answers
            floor = int(parent) + (size - 1 if parent_of(step) == POST else 0)
        if floor is None:
            return Unknown(note="no message before this one is known")
        chat = chat_of(publication.account, state)
        lookup = Lookup(self._api, publication.token, chat, self._settings.probe_misses)
        found = await lookup.find(floor, size if step == POST else 1)
        if not isinstance(found, int):
            return found
        storage = storage_of(publication.options, self._settings)
        media = publication.draft.media if step == POST else ()
        if storage is None:
            return Unknown(note="the bot has a new message, which only a storage chat would show")
        unique = [*(one.unique_id for one in state.stored), *[None] * len(media)]
        files = [(kind_of(one, publication.options), sent) for one, sent in zip(media, unique, strict=False)]
        if not await lookup.shows(found, text_of(publication.draft, step) or "", files, storage):
            return Unknown(note="the bot has a new message, which is not this post")
        return self._published(publication, state, found).alike()

    def known(self, live: Live) -> Published:
        """A message may have no id yet."""
        return super().known(live) if live.id else self._queued()

    async def _discard(self, account: ConnectedAccount, state: Prepared) -> None:
        """Delete what is in the storage chat. What is too old to be deleted stays there, unseen by readers."""
        if not state.storage_ids or state.storage is None:
            return
        try:
            await self._api.remove(account.token, state.storage, json.dumps(state.storage_ids))
        except ChannelError as error:
            if error.provider_code not in UNREMOVABLE:
                raise

    async def _sources(
        self, publication: Publication[Options, Prepared], state: Prepared
    ) -> tuple[list[str], dict[str, NamedFile]]:
        """The media as the visible call names them, and the files that it carries. Nothing is sent here."""
        if storage_of(publication.options, self._settings) is not None:
            if len(state.stored) < len(publication.draft.media):
                raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
            return [one.file_id for one in state.stored], {}
        files: dict[str, NamedFile] = {}
        for index, media in enumerate(publication.draft.media):
            asset = await fitting(self._tools.media, rule_of(media, publication.options), media)
            files[file_name(asset, index)] = (shown_name(asset, index), await self._tools.media.read(asset))
        return [f"attach://{name}" for name in files], files

    async def _refused(self, publication: Publication[Options, Prepared], error: ChannelError) -> None:
        """A file that Telegram does not know is uploaded again; a group that moved is followed, once."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED:
            await upload_again(publication, error)
        elif error.provider_code == UPGRADED and publication.state.chat is None:
            parameters = object_in(parse_json((error.raw or "").encode()), "parameters")
            if chat := given_id(parameters.get("migrate_to_chat_id")):
                await publication.save(chat=chat)
                again = _again(f"the group is the supergroup {chat} now; connect the account with this id", UPGRADED)
                error.reason, error.effect = again.reason, again.effect
                error.message, error.retry_after = again.message, again.retry_after

    def _published(self, publication: Publication[Options, Prepared], state: Prepared, message_id: int) -> Published:
        """Without a time: a bot cannot read when a message was made."""
        if not message_id:
            return self._queued()
        url = address_of(
            self._settings.hosts.site, publication.account, state, message_id, publication.options.topic_id
        )
        return Published(post_id=str(message_id), url=url)

    def _queued(self) -> Published:
        message = "Telegram still converts the video, and has not named the message's id"
        warning = Warning_(code=POST_ID_PENDING, message=message, channel=ChannelName.TELEGRAM)
        return Published(warnings=(warning,))


def _again(message: str, code: str) -> ChannelError:
    error = failure(Reason.PROVIDER_OUTAGE, message, Effect.NOT_SENT, code)
    error.retry_after = SOON
    return error
