"""Own messages are edited at any age: a text, or a caption. An equal edit is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.telegram.messages import (
    CHAT,
    MAX_CAPTION,
    MAX_TEXT,
    SHOWN,
    good,
    message_at,
    place_of,
    text_of,
    view_of,
)
from munadi.sandbox.telegram.model import parameters, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.telegram import Telegram


async def edit(platform: Telegram, call: Call) -> Answer:
    """The message as it is now."""
    chat, given = platform.caller(call), parameters(call)
    place = place_of(chat, given)
    refuse_if(place == CHAT and chat.status == "may_not_post", "right")
    message = message_at(platform, chat, place, given.get("message_id", ""))
    if message is None:
        raise refuse("gone")
    refuse_if(not message.own or bool(message.poll) or message.origin is not None, "anothers")
    is_text = call.path.endswith("editMessageText")
    refuse_if(is_text is not (message.file is None), "nothing" if is_text else "no_caption")
    if is_text:
        text, entities = text_of(given.get("text", ""), given.get("entities"), MAX_TEXT, "long")
        refuse_if(not text, "empty")
    else:
        text, entities = text_of(given.get("caption", ""), given.get("caption_entities"), MAX_CAPTION, "caption")
    shown = {**message.shown, **{name: given[name] for name in SHOWN if name in given}}
    refuse_if((text, entities, shown) == (message.text, message.entities, message.shown), "unmodified")
    message.text, message.entities, message.shown = text, json.loads(json.dumps(entities)), shown
    message.edited_at = platform.clock.now()
    platform.messages.put(message.key, message)
    return good({**view_of(platform, chat, place, message), "edit_date": int(message.edited_at)}, effect=True)
