"""What a bot and a webhook read: themselves, the channel, its permissions, and messages.

A bot that may not read the history gets an empty list, and no refusal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from munadi.sandbox.discord.model import BASE, HISTORY, IN_THREADS, SEND, VIEW, Channel, Message, refuse, refuse_if
from munadi.sandbox.exchange import Answer, Call

if TYPE_CHECKING:
    from munadi.sandbox.discord import Discord

MOST = 100


def require(platform: Discord, channel: Channel, bit: int) -> None:
    """Refuse what the bot may not do: it cannot see the channel, or lacks this permission."""
    for wanted, problem in ((VIEW, "access"), (bit, "permission")):
        if not channel.permissions & wanted:
            platform.count_invalid()
            raise refuse(problem)


def place_of(platform: Discord, channel: Channel, call: Call) -> str:
    """The channel or the thread that a bot's call names. Raises Discord's refusals."""
    parts = platform.path_parts(call)
    named = parts[parts.index("channels") + 1]
    refuse_if(channel.status == "channel_gone", "channel")
    known = any(named in (one.id, one.thread_id) for one in platform.accounts)
    refuse_if(not known, "channel")
    refuse_if(named not in (channel.id, channel.thread_id), "access")
    return named


async def get_me(platform: Discord, call: Call) -> Answer:
    return Answer(200, bot_of(platform.caller(call)))


async def get_channel(platform: Discord, call: Call) -> Answer:
    channel = platform.caller(call)
    place = place_of(platform, channel, call)
    require(platform, channel, VIEW)
    shown = {"id": place, "guild_id": channel.guild_id, "name": channel.username, "flags": 0}
    if place == channel.thread_id:
        thread = {"archived": False, "auto_archive_duration": 1440, "locked": False}
        return Answer(200, {**shown, "type": 11, "parent_id": channel.id, "thread_metadata": thread})
    lost = BASE & ~channel.permissions
    overwrites = [{"id": channel.bot_id, "type": 1, "allow": "0", "deny": str(lost)}] if lost else []
    return Answer(200, {**shown, "type": channel.type, "permission_overwrites": overwrites, "position": 0})


async def get_roles(platform: Discord, call: Call) -> Answer:
    """The role of everyone, and the bot's own."""
    channel = _member_of(platform, call)
    role = {"color": 0, "hoist": False, "position": 0, "managed": False, "mentionable": False}
    everyone = {"id": channel.guild_id, "name": "@everyone", "permissions": str(VIEW | SEND | HISTORY), **role}
    own = {"id": _role(channel), "name": "Munadi", "permissions": str(BASE | IN_THREADS), **role, "managed": True}
    return Answer(200, [everyone, own])


async def get_member(platform: Discord, call: Call) -> Answer:
    channel = _member_of(platform, call)
    refuse_if(call.path.rpartition("/")[2] != channel.bot_id, "missing")
    return Answer(200, {"user": bot_of(channel), "roles": [_role(channel)], "deaf": False, "mute": False})


async def list_messages(platform: Discord, call: Call) -> Answer:
    """Newest first. `after` and `before` are ids; with `after` the oldest of what is later."""
    channel = platform.caller(call)
    place = place_of(platform, channel, call)
    require(platform, channel, VIEW)
    limit = call.query.get("limit", "50")
    refuse_if(not limit.isdecimal() or not 1 <= int(limit) <= MOST, "invalid")
    if not channel.permissions & HISTORY:
        return Answer(200, [])
    after, before = int(call.query.get("after", 0)), int(call.query.get("before", 1 << 70))
    rows = [one for one in platform.messages if one.place == place and after < int(one.id) < before]
    rows = sorted(rows, key=lambda one: int(one.id))
    shown = rows[: int(limit)] if "after" in call.query else rows[-int(limit) :]
    with_nonce = platform.switches["nonceInReads"]
    return Answer(200, [view_of(platform, channel, one, with_nonce=with_nonce) for one in reversed(shown)])


async def get_message(platform: Discord, call: Call) -> Answer:
    channel, message = found_message(platform, call)
    if not platform.by_webhook(call):
        require(platform, channel, HISTORY)
    return Answer(200, view_of(platform, channel, message))


async def get_webhook(platform: Discord, call: Call) -> Answer:
    """By its URL alone."""
    channel = platform.caller(call)
    named = {"id": channel.webhook_id, "type": 1, "name": channel.username, "token": channel.webhook_token}
    return Answer(200, {**named, "channel_id": channel.id, "guild_id": channel.guild_id, "application_id": None})


def found_message(platform: Discord, call: Call) -> tuple[Channel, Message]:
    """The message that a call names; a webhook has only its own, each in its place. Raises Discord's refusals."""
    channel, by_webhook = platform.caller(call), platform.by_webhook(call)
    place = (call.query.get("thread_id") or channel.id) if by_webhook else place_of(platform, channel, call)
    if not by_webhook:
        require(platform, channel, VIEW)
    message = platform.messages.get(call.path.rpartition("/")[2])
    if message is None or message.place != place or (by_webhook and message.webhook_id != channel.webhook_id):
        raise refuse("message")
    return channel, message


def view_of(platform: Discord, channel: Channel, row: Message, *, with_nonce: bool = False) -> dict[str, Any]:
    """A message in an answer. Whether reads have the nonce is not documented."""
    author = bot_of(channel) if row.author == channel.bot_id else {"id": row.author, "username": row.username or "Asha"}
    more: dict[str, Any] = {"webhook_id": row.webhook_id} if row.webhook_id else {}
    if row.reply_to:
        reference = {"message_id": row.reply_to, "channel_id": row.place, "guild_id": channel.guild_id}
        more |= {"type": 19, "message_reference": reference}
    if with_nonce and row.nonce:
        more["nonce"] = row.nonce
    return {
        "id": row.id,
        "type": 0,
        "channel_id": row.place,
        "author": {"discriminator": "0000", "avatar": None, **author},
        "content": row.text,
        "timestamp": _time(row.sent_at),
        "edited_timestamp": _time(row.edited_at) if row.edited_at else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [_attachment(row, index, one) for index, one in enumerate(row.files)],
        "embeds": row.embeds,
        "pinned": False,
        "flags": row.flags,
        **more,
    }


def bot_of(channel: Channel) -> dict[str, Any]:
    """The bot in an answer."""
    return {"id": channel.bot_id, "username": f"{channel.username}-bot", "bot": True, "avatar": None}


def _attachment(row: Message, index: int, file: dict[str, Any]) -> dict[str, Any]:
    """A file, at an address that ends."""
    file_id = str(int(row.id) + index + 1)
    at = f"https://cdn.discordapp.com/attachments/{row.place}/{file_id}/{file['name']}?ex=0&is=0&hm=0"
    named = {"id": file_id, "filename": file["name"], "size": file["size"], "content_type": file["mime_type"]}
    about = {"description": file["description"]} if file["description"] else {}
    return {**named, **about, "url": at, "proxy_url": at}


def _member_of(platform: Discord, call: Call) -> Channel:
    channel, parts = platform.caller(call), platform.path_parts(call)
    refuse_if(channel.status == "kicked" or parts[parts.index("guilds") + 1] != channel.guild_id, "access")
    return channel


def _role(channel: Channel) -> str:
    return str(int(channel.guild_id) + 7)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
