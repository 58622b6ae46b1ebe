"""Posting to Telegram: files ahead to the storage chat, then one request for each message (see `prepare`, `lookup`)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from munadi.channels.answers import object_in, parse_json
from munadi.channels.channel import Post, Publisher, parent_of
from munadi.channels.http import ChannelTools, could_not_read, given_id, token_of
from munadi.channels.renditions import fitting
from munadi.channels.state import SavedState
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import UNREMOVABLE, UPGRADED, failure
from munadi.channels.telegram.lookup import Lookup, address_of, chat_of, is_probed
from munadi.channels.telegram.prepare import Preparation, storage_of, upload_again
from munadi.channels.telegram.rules import rule_of
from munadi.channels.telegram.spec import Options, Settings
from munadi.channels.telegram.state import Live, Prepared
from munadi.channels.telegram.wire import file_name, ids_in, post_call, reply_call, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import (
    POST,
    POST_ID_PENDING,
    Absent,
    Handle,
    Pending,
    Published,
    Ready,
    Unknown,
    Warning_,
)
from munadi.ports import SaveHandle, VisibleStep

# Before a request is repeated with what was learned from its refusal.
SOON = timedelta(seconds=5)


class TelegramPublisher(Publisher[Options]):
    """A message, an album or a poll, and the later parts as answers."""

    def __init__(self, settings: Settings, spec: ChannelSpec, api: Api, tools: ChannelTools) -> None:
        self._settings, self._spec, self._api, self._tools = settings, spec, api, tools

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Upload to the storage chat, rehearse the text there, and note where a look for the post begins."""
        saved = SavedState(Prepared.of(post.handle), save)
        return await Preparation(self._api, self._settings, self._tools, post, saved).run()

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        saved = SavedState(Prepared.of(post.handle), save)
        if known := saved.state.posts.get(step.name):
            return self._published(post, saved.state, known)
        text, chat = text_of(post.draft, step.name), chat_of(post.account, saved.state)
        if text is None:
            raise failure(Reason.INTERNAL_ERROR, f"this post has no step {step.name!r}")
        files: dict[str, bytes] = {}
        if step.name != POST:
            parent = await self._parent(post, saved, step.name)
            method, form = reply_call(chat, text, post.options, parent)
        else:
            sources, files = await self._sources(post, saved.state)
            method, form = post_call(chat, post.draft, post.options, sources)
        try:
            timeout = self._spec.publish_deadline.total_seconds()
            token = token_of(post.account)
            answer = await self._api.send(token, method, form, files, gate=step.gate, timeout=timeout)
        except ChannelError as error:
            await self._refused(saved, error)
            raise
        ids = ids_in(answer) or [0]
        return await self._remember(post, saved, step.name, Live(id=ids[0], count=len(ids)))

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """A message is live at once, so this only looks for it."""
        found, state = await self.find(post, post.draft.due_at, POST), Prepared.of(post.handle)
        if isinstance(found, Published):
            return found
        if storage_of(post.options, self._settings) is None or len(state.stored) == len(post.draft.media):
            return Ready()
        return Pending(after=timedelta(0), note="to be prepared")

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """See `lookup`: only by the ids above the last known one, and only where the setting allows it."""
        state = Prepared.of(post.handle)
        known = state.posts.get(step)
        if known is not None and known.id:
            return self._published(post, state, known)
        found = await self._look(post, state, step)
        return self._published(post, state, known) if known and not isinstance(found, Published) else found

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Delete what is in the storage chat. What is too old to be deleted stays there; nobody sees it."""
        state = Prepared.of(handle)
        if not state.storage_ids or state.storage is None:
            return
        try:
            await self._api.remove(token_of(account), state.storage, json.dumps(state.storage_ids))
        except ChannelError as error:
            if error.provider_code not in UNREMOVABLE:
                raise

    async def _sources(self, post: Post[Options], state: Prepared) -> tuple[list[str], dict[str, bytes]]:
        """The media as the visible call names them, and the files that it carries. Nothing is sent here."""
        if storage_of(post.options, self._settings) is not None:
            if len(state.stored) < len(post.draft.media):
                raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
            return [one.file_id for one in state.stored], {}
        files: dict[str, bytes] = {}
        for index, media in enumerate(post.draft.media):
            asset = await fitting(self._tools.media, rule_of(media, post.options), media)
            files[file_name(asset, index)] = await self._tools.media.read(asset)
        return [f"attach://{name}" for name in files], files

    async def _look(self, post: Post[Options], state: Prepared, step: str) -> Published | Absent | Unknown:
        if not self._settings.probe:
            return Unknown(note="Telegram lists no posts to a bot, and MUNADI_CHANNELS__TELEGRAM__PROBE is off")
        if not is_probed(post.account, state):
            return Unknown(note="the bot cannot tell its own messages from others' in this chat")
        count = max(len(post.draft.media), 1) if step == POST else 1
        try:
            floor = await self._floor(post, state, step)
            if floor is None:
                return Unknown(note="no message before this one is known")
            chat, misses = chat_of(post.account, state), self._settings.probe_misses
            found = await Lookup(self._api, token_of(post.account), chat, misses).find(floor, count)
        except ChannelError as error:
            return could_not_read(error)
        if not isinstance(found, int):
            return found
        return self._published(post, state, Live(id=found, count=count)).alike()

    async def _floor(self, post: Post[Options], state: Prepared, step: str) -> int | None:
        """The last id before a step."""
        if step == POST:
            return state.floor
        parent = state.posts.get(parent_of(step))
        return parent.id + parent.count - 1 if parent and parent.id else None

    async def _parent(self, post: Post[Options], saved: SavedState[Prepared], step: str) -> int:
        """The message that a step answers. Reads only, so whatever fails here, the step was not sent."""
        parent = parent_of(step)
        found = await self.find(post, post.draft.due_at, parent)
        if not isinstance(found, Published) or found.post_id is None:
            raise _again(f"{step} answers {parent}, whose id is not known yet", "PARENT_UNKNOWN")
        live = saved.state.posts.get(parent)
        if live is None or not live.id:
            count = max(len(post.draft.media), 1) if parent == POST else 1
            await self._remember(post, saved, parent, Live(id=int(found.post_id), count=count))
        return int(found.post_id)

    async def _remember(self, post: Post[Options], saved: SavedState[Prepared], step: str, live: Live) -> Published:
        await saved.record_success(posts={**saved.state.posts, step: live})
        return self._published(post, saved.state, live)

    async def _refused(self, saved: SavedState[Prepared], error: ChannelError) -> None:
        """A file that Telegram does not know is uploaded again; a group that moved is followed, once."""
        if error.reason is Reason.MEDIA_PROCESSING_FAILED:
            await upload_again(saved, error)
        elif error.provider_code == UPGRADED and saved.state.chat is None:
            parameters = object_in(parse_json((error.raw or "").encode()), "parameters")
            if chat := given_id(parameters.get("migrate_to_chat_id")):
                await saved.put(chat=chat)
                again = _again(f"the group is the supergroup {chat} now; connect the account with this id", UPGRADED)
                error.reason, error.effect = again.reason, again.effect
                error.message, error.retry_after = again.message, again.retry_after

    def _published(self, post: Post[Options], state: Prepared, live: Live) -> Published:
        now = self._tools.clock.now()
        if not live.id:
            message = "Telegram still converts the video, and has not named the message's id"
            warning = Warning_(code=POST_ID_PENDING, message=message, channel=self._spec.name)
            return Published(published_at=now, warnings=(warning,))
        topic = post.options.topic_id
        url = address_of(self._settings.hosts.site, post.account, state, live.id, topic)
        return Published(post_id=str(live.id), url=url, published_at=now)


def _again(message: str, code: str) -> ChannelError:
    error = failure(Reason.PROVIDER_OUTAGE, message, Effect.NOT_SENT, code)
    error.retry_after = SOON
    return error
