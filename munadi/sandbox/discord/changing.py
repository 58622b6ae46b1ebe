"""Own messages are edited and deleted at any age. What an edit leaves out stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from munadi.sandbox.discord.messages import content_of
from munadi.sandbox.discord.model import body_of, refuse_if
from munadi.sandbox.discord.reads import found_message, view_of
from munadi.sandbox.exchange import Answer, Call

if TYPE_CHECKING:
    from munadi.sandbox.discord import Discord


async def edit(platform: Discord, call: Call) -> Answer:
    """The message as it is now."""
    channel, row = found_message(platform, call)
    refuse_if(not platform.by_webhook(call) and row.author != channel.bot_id, "anothers")
    body = body_of(call)
    merged = {"content": body.get("content", row.text), "embeds": body.get("embeds", row.embeds)}
    before = (row.text, row.embeds)
    row.text, row.embeds = content_of(merged, len(row.files))
    if (row.text, row.embeds) != before:
        row.edited_at = platform.clock.now()
        platform.messages.put(row.id, row)
    return Answer(200, view_of(platform, channel, row), effect=True)


async def delete(platform: Discord, call: Call) -> Answer:
    """204; a second time there is no such message."""
    channel, row = found_message(platform, call)
    refuse_if(not platform.by_webhook(call) and row.author != channel.bot_id, "permission")
    platform.messages.remove(row.id)
    return Answer(204, effect=True)
