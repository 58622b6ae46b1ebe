"""What a bot may do in a channel, computed as Discord does. Source: docs/networks/discord.md, section 2.

Discord has no call that answers this: the roles of the bot count, then what the channel changes for everyone, for
these roles, and for the bot itself. A thread has the permissions of its channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.discord.api import Api, Caller
from munadi.channels.http import given_id

ADMINISTRATOR = 1 << 3
NEEDED = {
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
}
IN_THREADS = 1 << 38
HISTORY = ("VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
THREAD_TYPES = (10, 11, 12)


async def missing(api: Api, caller: Caller, channel: Mapping[str, Any], bot_id: str) -> list[str]:
    """The names of what a bot needs in a channel and may not do there. Raises ChannelError."""
    guild, is_thread = text_in(channel, "guild_id") or "", channel.get("type") in THREAD_TYPES
    if is_thread:
        channel = await api.read(caller, f"channels/{given_id(channel.get('parent_id'))}")
    member = await api.member(caller, guild, bot_id)
    roles = {given_id(row.get("id")) or "": row for row in await api.rows(caller, f"guilds/{guild}/roles")}
    own = [one for one in member["roles"] if isinstance(one, str)]
    granted = _granted(roles, [guild, *own])
    if granted & ADMINISTRATOR:
        return []
    granted = _overwritten(granted, channel.get("permission_overwrites"), guild, own, bot_id)
    needed = {**NEEDED, "SEND_MESSAGES_IN_THREADS": IN_THREADS} if is_thread else NEEDED
    return [name for name, bit in needed.items() if not granted & bit and not (is_thread and name == "SEND_MESSAGES")]


def _granted(roles: Mapping[str, Mapping[str, Any]], own: Iterable[str]) -> int:
    granted = 0
    for role in own:
        granted |= _bits(roles.get(role, {}).get("permissions"))
    return granted


def _overwritten(granted: int, overwrites: Any, everyone: str, roles: Iterable[str], bot_id: str) -> int:
    """Everyone's first, then all of the roles' together, then the bot's own; each denies before it allows."""
    rows = [one for one in overwrites if isinstance(one, dict)] if isinstance(overwrites, list) else []
    for targets in ({everyone}, set(roles) - {everyone}, {bot_id}):
        found = [one for one in rows if given_id(one.get("id")) in targets]
        denied, allowed = (_union(found, name) for name in ("deny", "allow"))
        granted = granted & ~denied | allowed
    return granted


def _union(rows: Iterable[Mapping[str, Any]], name: str) -> int:
    bits = 0
    for row in rows:
        bits |= _bits(row.get(name))
    return bits


def _bits(value: Any) -> int:
    """A set of permissions, which Discord writes as the text of a number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 40 else 0
