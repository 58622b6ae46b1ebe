"""Messages are deleted for 48 hours, whatever the bot's rights are: one by one, which tells, or several at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from munadi.sandbox.clock import HOUR
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.telegram.messages import CHAT, good, message_at, place_of
from munadi.sandbox.telegram.model import Message, parameters, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.telegram import Telegram

LONGEST = 48 * HOUR


async def delete_one(platform: Telegram, call: Call) -> Answer:
    """One message, which must be there."""
    chat, given = platform.caller(call), parameters(call)
    place = place_of(chat, given)
    message = message_at(platform, chat, place, given.get("message_id", ""))
    if message is None:
        raise refuse("absent")
    refuse_if(place == CHAT and chat.status == "may_not_post", "undeletable")
    _remove(platform, [message])
    return good(True, effect=True)


async def delete(platform: Telegram, call: Call) -> Answer:
    """Several messages, all that are there or none: `true` even when nothing was."""
    chat, given = platform.caller(call), parameters(call)
    place = place_of(chat, given)
    numbers = json.loads(given.get("message_ids", "[]"))
    refuse_if(not 1 <= len(numbers) <= 100, "invalid")
    found = [one for number in numbers if (one := message_at(platform, chat, place, str(number))) is not None]
    _remove(platform, found)
    return good(True, effect=bool(found))


def _remove(platform: Telegram, found: list[Message]) -> None:
    oldest = platform.clock.now() - LONGEST
    refuse_if(any(not one.own or one.sent_at < oldest for one in found), "undeletable")
    for one in found:
        platform.messages.remove(one.key)
        rest = [other for other in platform.messages if one.group and other.group == one.group]
        if one.is_first and rest:  # the page shows an album by its first message
            rest[0].is_first = True
            platform.messages.put(rest[0].key, rest[0])
