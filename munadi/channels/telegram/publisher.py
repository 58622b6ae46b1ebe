"""Posting to Telegram: files ahead to the storage chat, then one request for each message (see `prepare`, `lookup`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.channels.answers import object_in, parse_json
from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, NamedFile, Request, given_id
from munadi.channels.posting import PostChannel, Step
from munadi.channels.renditions import fitting
from munadi.channels.steps import parent_of
from munadi.channels.telegram import editing
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import UNREMOVABLE, UPGRADED
from munadi.channels.telegram.looking import look
from munadi.channels.telegram.lookup import Lookup, address_of, chat_of, is_probed
from munadi.channels.telegram.prepare import Preparation, storage_of
from munadi.channels.telegram.removing import objects_of, remove
from munadi.channels.telegram.rules import rule_of
from munadi.channels.telegram.spec import Options, Settings
from munadi.channels.telegram.state import Prepared
from munadi.channels.telegram.wire import file_name, ids_in, kind_of, post_call, reply_call, shown_name
from munadi.channels.uploads import upload_again
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.publication import (
    POST,
    Absent,
    Pending,
    Published,
    Ready,
    Unknown,
)
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Answer, Attempt, PastedAs, Publication

# The number of a channel or supergroup begins so; its address has the rest.
NUMBERED = "-100"
# Before a request is repeated with what was learned from its refusal.
SOON = timedelta(seconds=5)


class TelegramChannel(PostChannel[Options, Prepared]):
    """A message, an album or a poll, and the later parts as answers."""

    options, state = Options, Prepared
    pasted_as = PastedAs.BOT_AND_CHAT

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools, api.http)
        self._settings, self._api = settings, api

    def profile_page(self, handle: str, external_id: str, server: str | None) -> str | None:
        """A channel or supergroup by its number, for its members. The handle may be a title of it alone."""
        return f"https://t.me/c/{external_id[len(NUMBERED) :]}" if external_id.startswith(NUMBERED) else None

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload to the storage chat, rehearse the text there, and note where a look for the post begins."""
        return await Preparation(self._api, self._settings, self.tools, publication).run()

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """A message, with the files that it carries."""
        chat, files = chat_of(publication.account, publication.state), dict[str, NamedFile]()
        if step.parent is not None:
            method, form = reply_call(chat, step.text, publication.options, int(step.parent))
        else:
            sources, files = await self._sources(publication, publication.state)
            method, form = post_call(chat, publication.draft, publication.options, sources)
        return self._api.sending(publication.token, method, form, files, self.deadline)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        """By the id of its first message, which Telegram names only after it has converted a video."""
        return self._live(publication, ids_in(answer) or [0])

    def blind(self, publication: Publication[Options, Prepared], step: str) -> Unknown | None:
        """Ids say something only where the setting and the chat allow it."""
        if not self._settings.probe:
            return Unknown(note="Telegram lists no posts to a bot, and MUNADI_CHANNELS__TELEGRAM__PROBE is off")
        if not is_probed(publication.account, publication.state):
            return Unknown(note="the bot cannot tell its own messages from others' in this chat")
        return None

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """By the ids above the last known one: a bot has no list of messages."""
        state = publication.state
        floor, size = state.floor, max(len(publication.draft.media), 1)
        if step.parent is not None:  # the last message of an album, if that is what the first part answers
            floor = int(step.parent) + (size - 1 if parent_of(step.name) == POST else 0)
        if floor is None:
            return Unknown(note="no message before this one is known")
        chat = chat_of(publication.account, state)
        lookup = Lookup(self._api, publication.token, chat, self._settings.probe_misses)
        found = await lookup.find(floor, size if step.name == POST else 1)
        if not isinstance(found, int):
            return found
        storage = storage_of(publication.options, self._settings)
        media = publication.draft.media if step.name == POST else ()
        if storage is None:
            return Unknown(note="the bot has a new message, which only a storage chat would show")
        unique = [*(one.unique_id for one in state.stored), *[None] * len(media)]
        files = [(kind_of(one, publication.options), sent) for one, sent in zip(media, unique, strict=False)]
        if not await lookup.shows(found, step.text, files, storage):
            return Unknown(note="the bot has a new message, which is not this post")
        return self._live(publication, range(found, found + max(len(files), 1))).alike()

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(self._api, one, account, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await look(self._api, objects, account)

    def live_edit(self, draft: Draft, account: ConnectedAccount) -> EditRule:
        return editing.rule_of(draft, super().live_edit(draft, account))

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._api, version, account)

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
                raise self.not_prepared()
            return [one.file_id for one in state.stored], {}
        files: dict[str, NamedFile] = {}
        for index, media in enumerate(publication.draft.media):
            asset = await fitting(self.tools.media, rule_of(media, publication.options), media)
            files[file_name(asset, index)] = (shown_name(asset, index), await self.tools.media.read(asset))
        return [f"attach://{name}" for name in files], files

    async def refused(
        self, publication: Publication[Options, Prepared], attempt: Attempt, step: Step, error: ChannelError
    ) -> None:
        """A file that Telegram does not know is uploaded again; a group that moved is followed, once."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED:
            is_stored = bool(publication.state.stored)
            await upload_again(publication, error)
            if not is_stored:
                error.effect = Effect.REJECTED
        elif error.provider_code == UPGRADED and publication.state.chat is None:
            parameters = object_in(parse_json((error.raw or "").encode()), "parameters")
            if chat := given_id(parameters.get("migrate_to_chat_id")):
                await publication.save(chat=chat)
                error.reason, error.effect, error.retry_after = Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, SOON
                error.message = f"Telegram: the group is the supergroup {chat} now; connect the account with this id"

    def _live(self, publication: Publication[Options, Prepared], ids: Sequence[int]) -> Published:
        """Without a time: a bot cannot read when a message was made."""
        site, topic, message_id = self._settings.hosts.site, publication.options.topic_id, ids[0]
        url = address_of(site, publication.account, publication.state, message_id, topic)
        if not message_id:
            return Published()
        return Published(post_id=str(message_id), url=url or None, objects=objects_of(ids, publication.state.chat))
