"""Edits live messages: the text and the embed. Source: docs/networks/discord.md, section 9.

An equal edit changes no word, so a repetition is harmless; what a message says is read by its id.
"""

from __future__ import annotations

from munadi.channels.answers import text_in
from munadi.channels.discord.api import Api
from munadi.channels.discord.errors import UNKNOWN_MESSAGE
from munadi.channels.discord.spec import Options
from munadi.channels.discord.wire import edited_body, embed_key, embeds_in, same_text
from munadi.channels.editing import says
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.live_edit import Says, Shown, Version
from munadi.ports import Attempt


async def edit(api: Api, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """PATCH of the message. Raises ChannelError."""
    one, draft = version.object, version.new
    body = edited_body(draft, Options.model_validate(draft.options))
    await api.edit(api.of(account), one.version, one.id, body, attempt.gate)


async def read(api: Api, version: Version, account: ConnectedAccount) -> Shown:
    """What the message says. Raises ChannelError."""
    message = await api.message(api.of(account), version.object.version, version.object.id)
    if message is None:
        return Shown(says=Says.GONE, word=UNKNOWN_MESSAGE)
    text, embeds = text_in(message, "content") or "", embeds_in(message)

    def has_embed(draft: Draft) -> bool:
        return embed_key(Options.model_validate(draft.options)) == embeds

    def is_exact(draft: Draft) -> bool:
        return draft.text.strip() == text.strip() and has_embed(draft)

    def is_alike(draft: Draft) -> bool:
        return same_text(text, draft.text) and has_embed(draft)

    return Shown(says=says(version, is_exact, is_alike), word="edited" if message.get("edited_timestamp") else "")
