"""The chat as its bot sees it: who it is, its rights, whose a message is, and what it deletes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.telegram.model import PROBLEMS, STORAGE_CHAT, Chat, Message, parameters, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.telegram import Telegram

CHAT, STORAGE = "chat", "stored"
# What Telegram says of every chat, and the rights that an administrator has or lacks in a channel.
OF_EVERY_CHAT = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {f"{kind}_gifts": False for kind in ("unlimited", "limited", "unique")}
    | {"premium_subscription": False, "gifts_from_channels": False},
}
RIGHTS = [
    "be_edited",
    "manage_chat",
    "delete_messages",
    "manage_video_chats",
    "restrict_members",
    "promote_members",
    "change_info",
    "invite_users",
    "post_stories",
    "edit_stories",
    "delete_stories",
]
PERMISSIONS = ["messages", "photos", "videos", "documents", "polls", "other_messages"]


def found(platform: Telegram, chat: Chat) -> None:
    """A new chat begins with Telegram's own message that it was made."""
    chat.last = {}
    _other(platform, chat, "Channel created")


def others(platform: Telegram, chat: Chat) -> None:
    """Somebody else writes."""
    _other(platform, chat, "Hello from somebody else")


def next_number(platform: Telegram, chat: Chat, place: str) -> int:
    """Ids rise by one in each chat, and are never used again."""
    number = chat.last[place] = chat.last.get(place, 0) + 1
    platform.accounts.put(chat.id, chat)
    return number


def place_of(chat: Chat, given: dict[str, str]) -> str:
    """Which of the bot's two chats a call names. Raises Telegram's refusals."""
    target = given.get("chat_id", "")
    if target == STORAGE_CHAT:
        return STORAGE
    if chat.status == "upgraded" and target == chat.id:
        raise refuse("upgraded", parameters={"migrate_to_chat_id": int(chat.moved)})
    names = {chat.moved} if chat.status == "upgraded" else {chat.id, f"@{chat.username}"}
    refuse_if(target not in names, "chat")
    refuse_if(chat.status == "kicked", "kicked")
    return CHAT


def shown(chat: Chat, place: str = CHAT) -> dict[str, Any]:
    """The chat in an answer."""
    if place == STORAGE:
        return {"id": int(STORAGE_CHAT), "type": "channel", "title": "Storage"}
    kind = "supergroup" if chat.status in ("group", "upgraded") else "channel"
    number = chat.moved if chat.status == "upgraded" else chat.id
    return {"id": int(number), "type": kind, "title": chat.username, "username": chat.username}


def bot_of(chat: Chat) -> dict[str, Any]:
    """The bot in an answer."""
    return {"id": chat.bot_id, "is_bot": True, "first_name": "Munadi", "username": f"{chat.username}_bot"}


def good(result: Any, *, effect: bool = False) -> Answer:
    return Answer(200, {"ok": True, "result": result}, effect=effect)


async def get_me(platform: Telegram, call: Call) -> Answer:
    chat = platform.caller(call)
    return good({**bot_of(chat), "can_join_groups": True, "can_read_all_group_messages": False})


async def get_chat(platform: Telegram, call: Call) -> Answer:
    chat = platform.caller(call)
    place = place_of(chat, parameters(call))
    more = (
        {"permissions": {f"can_send_{one}": one != "photos" for one in PERMISSIONS}} if chat.status == "group" else {}
    )
    return good({**shown(chat, place), **OF_EVERY_CHAT, **more})


async def get_member(platform: Telegram, call: Call) -> Answer:
    chat, given = platform.caller(call), parameters(call)
    refuse_if(given.get("user_id") != str(chat.bot_id), "invalid")
    user = {"user": bot_of(chat)}
    if chat.status == "kicked":
        return good({**user, "status": "kicked", "until_date": 0})
    place_of(chat, given)
    if chat.status == "group":
        return good({**user, "status": "member"})
    rights = {"can_post_messages": chat.status != "may_not_post", "can_edit_messages": chat.status == "may_edit"}
    others = {"is_anonymous": False, **{f"can_{name}": False for name in RIGHTS}}
    return good({**user, "status": "administrator", **others, **rights})


async def stop_live_location(platform: Telegram, call: Call) -> Answer:
    """No message here has a live location, so every call is refused: by what it names."""
    chat, given = platform.caller(call), parameters(call)
    message = message_at(platform, chat, place_of(chat, given), given.get("message_id", ""))
    if message is None:
        return PROBLEMS.answer("gone")
    is_editable = message.own or (chat.status == "may_edit" and message.number > 1)
    return PROBLEMS.answer("own" if is_editable and not message.poll else "anothers")


async def delete(platform: Telegram, call: Call) -> Answer:
    """The bot's own messages; others are left out silently."""
    chat, given = platform.caller(call), parameters(call)
    place = place_of(chat, given)
    for number in json.loads(given.get("message_ids", "[]")):
        message = message_at(platform, chat, place, str(number))
        if message is not None and message.own:
            platform.messages.remove(message.key)
    return good(True, effect=True)


def message_at(platform: Telegram, chat: Chat, place: str, number: str) -> Message | None:
    return platform.messages.get(f"{chat.id}/{place}/{number}")


def _other(platform: Telegram, chat: Chat, text: str) -> None:
    number = next_number(platform, chat, CHAT)
    row = Message(number, chat.id, "message", text, platform.clock.now(), wall_time(), own=False)
    platform.messages.put(row.key, row)
