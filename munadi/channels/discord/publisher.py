"""Posting to Discord: one request for each message, which carries its files.

A bot's message has a nonce, and Discord makes only one message of it for some minutes. After a lost answer the
channel's list is read: a message with our nonce, or with the names of our files, is ours; another one is only alike. A
webhook has neither a nonce nor a list, so nothing of it is ever sent again. Source: docs/networks/discord.md, 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.answers import instant, text_in
from munadi.channels.channel import Parts
from munadi.channels.discord import editing
from munadi.channels.discord.accounts import BOT_ID, CHANNEL, GUILD, fact, is_webhook
from munadi.channels.discord.api import PAGE, Api
from munadi.channels.discord.errors import failure
from munadi.channels.discord.looking import look
from munadi.channels.discord.permissions import HISTORY, THREAD_TYPES, missing
from munadi.channels.discord.spec import Options, Settings
from munadi.channels.discord.wire import (
    embed_key,
    embeds_in,
    file_names,
    id_at,
    is_anothers,
    message_body,
    names_in,
    nonce_of,
    parent_in,
    reply_body,
    same_text,
)
from munadi.channels.http import ChannelTools, NamedFile, Request, given_id
from munadi.channels.posting import PostChannel, PostState, Step, match
from munadi.channels.renditions import fitting
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Shown, Version
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST, Absent, Pending, PostedId, Published, Ready, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Answer, Attempt, PastedAs, Publication

# Discord's clock may be behind ours.
SKEW = timedelta(seconds=5)


class Prepared(PostState):
    """The state of a preparation: what is live."""


class DiscordChannel(PostChannel[Options, Prepared]):
    """A message with its files, and the later parts as replies."""

    options, state = Options, Prepared
    pasted_as = PastedAs.BOT_OR_WEBHOOK

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools, api.http)
        self._site, self._api = settings.hosts.site.rstrip("/"), api

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Read that the webhook, or the channel, is still there, and make renditions. Nothing is sent."""
        caller, thread = self._api.of(publication.account), publication.options.thread_id
        if caller.webhook is not None:
            await self._api.read(caller, caller.webhook.path)
        else:
            channel = await self._api.read(caller, f"channels/{thread or caller.channel}")
            if thread and not (channel.get("type") in THREAD_TYPES and channel.get("parent_id") == caller.channel):
                message = f"threadId {thread} is no thread of this channel"
                raise failure(Reason.INVALID_FIELD, message, Effect.REJECTED)
        for media in publication.draft.media:
            await self._fitting(media)
        return Ready()

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """A message, with the files that it carries. A bot's has a nonce."""
        caller, options = self._api.of(publication.account), publication.options
        files: dict[str, NamedFile] = {}
        if step.parent is not None:
            body = reply_body(step.text, options, step.parent)
        else:
            names = self._names(publication)
            body = message_body(step.text, options, names, publication.draft.media)
            for index, (name, media) in enumerate(zip(names, publication.draft.media, strict=True)):
                files[f"files[{index}]"] = (name, await self.tools.media.read(await self._fitting(media)))
        if caller.webhook is not None:
            body |= {"username": options.username} if options.username else {}
        else:
            body |= {"nonce": self._nonce(publication, step), "enforce_nonce": True}
        return caller.sending(options.thread_id, body, files, self.deadline)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        """By the id of the message."""
        return self._live(publication, answer.body)

    def blind(self, publication: Publication[Options, Prepared], step: str) -> Unknown | None:
        """A webhook reads only messages whose id it knows."""
        if is_webhook(publication.account):
            return Unknown(note="a webhook cannot list messages, and has no key: look in the channel")
        return None

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """In the channel's list, which is empty, and not refused, for a bot that may not read it."""
        caller, bot = self._api.of(publication.account), fact(publication.account, BOT_ID)
        channel = publication.options.thread_id or caller.channel
        params = {"after": id_at(since - SKEW), "limit": str(PAGE)}
        rows = await self._api.rows(caller, f"channels/{channel}/messages", **params)
        nonce, names = self._nonce(publication, step), self._names(publication) if step.name == POST else []
        own = [one for one in rows if text_in(one, "author", "id") == bot and parent_in(one) == step.parent]
        keyed = [one for one in own if one.get("nonce") == nonce or (names and names_in(one) == names)]
        if not keyed and len(rows) >= PAGE:
            return Unknown(note=f"the channel has {PAGE} or more new messages")
        if not rows and (unread := await self._unreadable(publication, channel)):
            return unread

        embeds = embed_key(publication.options) if step.name == POST else []

        def is_alike(one: Mapping[str, Any]) -> bool:
            if one.get("nonce") is not None or is_anothers(names_in(one)) or len(names_in(one)) != len(names):
                return False
            return embeds_in(one) == embeds and same_text(text_in(one, "content") or "", step.text)

        is_keyed = (lambda one: one in keyed) if keyed else None
        return match(own, lambda one: self._live(publication, one), is_alike, is_keyed=is_keyed)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await self._api.delete(self._api.of(account), one.version, one.id, attempt.gate)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await look(self._api, objects, account)

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        await editing.edit(self._api, version, account, attempt)

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        return await editing.read(self._api, version, account)

    async def _unreadable(self, publication: Publication[Options, Prepared], channel: str) -> Unknown | None:
        """Why an empty list says nothing; None where the bot may read the channel. Raises ChannelError."""
        caller, bot = self._api.of(publication.account), fact(publication.account, BOT_ID) or ""
        shown = await self._api.read(caller, f"channels/{channel}")
        lacks = set(await missing(self._api, caller, shown, bot)) & set(HISTORY)
        return Unknown(note=f"the bot may not read the channel: {', '.join(sorted(lacks))}") if lacks else None

    async def _fitting(self, media: MediaAsset) -> MediaAsset:
        rule = next(one for one in self.spec.media_rules if one.kind is media.kind)
        return await fitting(self.tools.media, rule, media)

    def _names(self, publication: Publication[Options, Prepared]) -> list[str]:
        return file_names(publication.draft.publication_id, publication.draft.media)

    def _nonce(self, publication: Publication[Options, Prepared], step: Step) -> str:
        """Of the post, its step and its place, and of all that it says: an edited post has another one."""
        options, draft = publication.options, publication.draft
        target = options.thread_id or publication.account.external_id
        files = [(one.sha256, one.alt) for one in draft.media] if step.name == POST else []
        said = {"text": step.text, "files": files, "parent": step.parent, "options": draft.options}
        return nonce_of(draft.publication_id, step.name, target, said)

    def _live(self, publication: Publication[Options, Prepared], message: Mapping[str, Any]) -> Published:
        thread, account = publication.options.thread_id, publication.account
        message_id = given_id(message.get("id"))
        if message_id is None:
            return Published()
        channel = thread or fact(account, CHANNEL) or account.external_id
        return Published(
            post_id=message_id,
            url=f"{self._site}/channels/{fact(account, GUILD)}/{channel}/{message_id}",
            published_at=instant(message.get("timestamp")),
            objects=(PostedId(id=message_id, version=thread),),
        )
