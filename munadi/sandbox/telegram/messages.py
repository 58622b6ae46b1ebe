"""The chat as its bot sees it, and its messages: texts, files, albums and polls, all of an album or nothing.

Each message has the next id of its chat. Chats have rights, and tell whose a message is.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts, sniff, video_facts
from munadi.sandbox.platform import names
from munadi.sandbox.telegram.model import (
    PROBLEMS,
    STORAGE_CHAT,
    Chat,
    File,
    Message,
    normalised,
    parameters,
    refuse,
    refuse_if,
)

if TYPE_CHECKING:
    from munadi.sandbox.telegram import Telegram

MAX_TEXT, MAX_CAPTION = 4096, 1024
EXTENSIONS = ("jpg", "jpeg", "gif", "png", "tif", "bmp")
OPTIONS = ("is_anonymous", "allows_multiple_answers", "message_thread_id", "link_preview_options")
SHOWN = (*OPTIONS, "has_spoiler", "protect_content", "disable_notification")
CHAT, STORAGE = "chat", "stored"
# What Telegram says of every chat, and the rights that an administrator has or lacks in a channel.
OF_EVERY_CHAT = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {f"{kind}_gifts": False for kind in ("unlimited", "limited", "unique")}
    | {"premium_subscription": False, "gifts_from_channels": False},
}
RIGHTS = names(
    "be_edited manage_chat delete_messages manage_video_chats restrict_members promote_members change_info "
    "invite_users post_stories edit_stories delete_stories"
)
PERMISSIONS = ["messages", "photos", "videos", "documents", "polls", "other_messages"]


async def send(platform: Telegram, call: Call) -> Answer:
    """200 with the message, or the messages of an album."""
    chat, given = platform.caller(call), parameters(call)
    place = place_of(chat, given)
    method = call.path.rpartition("/")[2]
    if place == CHAT:
        refuse_if(chat.status == "may_not_post", "right")
        refuse_if(chat.status == "group" and "photo" in f"{method.lower()} {given.get('media')}", "photos")
    parent = json.loads(given.get("reply_parameters", "{}")).get("message_id")
    refuse_if(parent and message_at(platform, chat, place, str(parent)) is None, "parent")
    drafts = _drafts(platform, chat, call, method, given)
    if place == CHAT:
        platform.limited(chat.id, "messagesPerMinute", MINUTE, len(drafts))
    group = secrets.token_hex(8) if len(drafts) > 1 else ""
    rows = []
    for index, draft in enumerate(drafts):
        number = next_number(platform, chat, place)
        more = {"stored": place == STORAGE, "group": group, "is_first": index == 0, "reply_to": parent}
        shown = {name: given[name] for name in SHOWN if name in given}
        row = Message(
            number, chat.id, sent_at=platform.clock.now(), received_at=wall_time(), shown=shown, **more, **draft
        )
        rows.append(platform.messages.put(row.key, row))
    if place == CHAT and platform.switches["othersPost"]:
        other(platform, chat)
    result = [view_of(platform, chat, place, row) for row in rows]
    return good(result if method == "sendMediaGroup" else result[0], effect=True)


async def forward(platform: Telegram, call: Call) -> Answer:
    """A copy in the storage chat: there is no other chat where the bot may forward to."""
    chat, given = platform.caller(call), parameters(call)
    refuse_if(place_of(chat, given) != STORAGE, "chat")
    source = place_of(chat, {"chat_id": given.get("from_chat_id", "")})
    original = message_at(platform, chat, source, given.get("message_id", ""))
    if original is None:
        raise refuse("unforwarded")
    refuse_if("protect_content" in original.shown, "protected")
    number = next_number(platform, chat, STORAGE)
    origin = _origin(chat, source, original)
    copy = replace(original, number=number, stored=True, group="", is_first=True, reply_to=None, origin=origin)
    platform.messages.put(copy.key, copy)
    return good(view_of(platform, chat, STORAGE, copy), effect=True)


def _origin(chat: Chat, place: str, original: Message) -> dict[str, Any]:
    """Where a copy is from: the message of a channel, or the bot as the member of a group."""
    known, date = shown(chat, place), int(original.sent_at)
    if known["type"] == "channel":
        return {"type": "channel", "chat": known, "message_id": original.number, "date": date}
    return {"type": "user", "sender_user": bot_of(chat), "date": date}


def _drafts(platform: Telegram, chat: Chat, call: Call, method: str, given: dict[str, str]) -> list[dict[str, Any]]:
    """What each message has. Raises Telegram's refusals."""
    match method:
        case "sendMessage":
            text, entities = text_of(given.get("text", ""), given.get("entities"), MAX_TEXT, "long")
            refuse_if(not text, "empty")
            return [{"kind": "message", "text": text, "entities": entities}]
        case "sendPoll":
            options = [str(one["text"]) for one in json.loads(given.get("options", "[]"))]
            refuse_if(not 1 <= len(options) <= 12 or any(len(one) > 100 for one in options), "poll")
            refuse_if(given.get("is_anonymous") == "false" and chat.status != "group", "anonymous")
            question, _ = text_of(given.get("question", ""), None, 300, "long")
            refuse_if(not question, "empty")
            return [{"kind": "poll", "text": question, "poll": options}]
        case "sendMediaGroup":
            media = json.loads(given.get("media", "[]"))
            refuse_if(not 2 <= len(media) <= 10, "album")
            kinds = {one.get("type") for one in media}
            refuse_if("animation" in kinds or ("document" in kinds and len(kinds) > 1), "album")
            return [_medium(platform, chat, call, one["type"], one["media"], one) for one in media]
    kind = method.removeprefix("send").lower()
    return [_medium(platform, chat, call, kind, given.get(kind, ""), given)]


def _medium(
    platform: Telegram, chat: Chat, call: Call, kind: str, source: str, given: dict[str, Any]
) -> dict[str, Any]:
    """A file is a part of the form that is named by `attach://`, or by the parameter itself; or it is known already."""
    text, entities = text_of(given.get("caption", ""), given.get("caption_entities"), MAX_CAPTION, "caption")
    name = source.removeprefix("attach://") or kind
    if name != source:
        file = _kept(platform, chat, kind, call.file_names.get(name, ""), call.parts.get(name, b""))
    else:
        known = platform.files.of(source, chat.id)
        if known is None or known.kind != kind:
            raise refuse("file")
        file = known
    return {"kind": file.kind, "text": text, "entities": entities, "file": file.id, "digest": file.digest}


def _kept(platform: Telegram, chat: Chat, kind: str, name: str, content: bytes) -> File:
    """An uploaded file; a video that is none is taken as a document."""
    refuse_if(not content, "file")
    refuse_if(len(content) > platform.limits["fileBytes"], "large")
    if kind == "photo":
        facts = image_facts(content)
        refuse_if(name.rpartition(".")[2] not in EXTENSIONS, "extension")
        refuse_if(facts is None or len(content) > platform.limits["photoBytes"], "image")
        sides = sorted((facts.width, facts.height)) if facts else [1, 1]
        refuse_if(sum(sides) > 10_000 or sides[1] > 20 * sides[0], "sides")
    elif kind in ("video", "animation") and not (
        video_facts(content) or (kind == "animation" and image_facts(content))
    ):
        kind = "document"
    stored = platform.blob_store.keep(content, sniff(content) or "application/octet-stream")
    file = File(f"AgAC{secrets.token_urlsafe(24)}", chat.id, kind, stored.digest)
    return platform.files.put(file.id, file)


def text_of(text: str, entities: Any, longest: int, problem: str) -> tuple[str, list[dict[str, Any]]]:
    """A text and its formats. Code points are counted; formats are placed by UTF-16 units."""
    rows = json.loads(entities) if isinstance(entities, str) else entities or []
    end = len(text.encode("utf-16-le")) // 2
    refuse_if(any(one["offset"] < 0 or one["offset"] + one["length"] > end for one in rows), "entities")
    kept = normalised(text)
    refuse_if(len(kept) > longest, problem)
    return kept, rows


def view_of(platform: Telegram, chat: Chat, place: str, row: Message) -> dict[str, Any]:
    is_queued = platform.switches["queueVideos"] and row.kind == "video" and place == CHAT
    found: dict[str, Any] = {"message_id": 0 if is_queued else row.number, "date": int(row.sent_at)}
    found["chat"] = shown(chat, place)
    if row.group:
        found["media_group_id"] = row.group
    if row.origin:
        found["forward_origin"] = row.origin
    if row.poll:
        return {**found, "poll": _poll(row)}
    formats = {"entities" if row.file is None else "caption_entities": row.entities} if row.entities else {}
    if row.file is None:
        return {**found, "text": row.text, **formats}
    stored = platform.blob_store.facts(row.digest or "")
    file: dict[str, Any] = {"file_id": row.file, "file_unique_id": f"Ag{(row.digest or '')[:14]}"}
    if stored is not None and row.kind != "document":
        file |= {"width": stored.width or 0, "height": stored.height or 0}
    if row.kind in ("video", "animation"):
        moving = video_facts(platform.blob_store.read(row.digest or "") or b"")
        file["duration"] = int(moving.seconds) if moving else 0
    return {**found, "caption": row.text, **formats, row.kind: [file] if row.kind == "photo" else file}


def _poll(row: Message) -> dict[str, Any]:
    options = [{"text": one, "voter_count": 0, "persistent_id": str(at)} for at, one in enumerate(row.poll)]
    open_poll = {"id": row.key, "question": row.text, "options": options, "total_voter_count": 0, "is_closed": False}
    defaults = {"is_anonymous": "true", "allows_multiple_answers": "false"}
    chosen = {name: row.shown.get(name, default) == "true" for name, default in defaults.items()}
    return {**open_poll, "type": "regular", **chosen, "allows_revoting": True, "members_only": False}


def other(platform: Telegram, chat: Chat, text: str = "Hello from somebody else") -> None:
    """A message that is not the bot's. A new chat begins with Telegram's own."""
    number = next_number(platform, chat, CHAT)
    row = Message(number, chat.id, "message", text, platform.clock.now(), wall_time(), own=False)
    platform.messages.put(row.key, row)


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
    refuse_if(target not in names or chat.status == "chat_gone", "chat")
    refuse_if(chat.status in ("kicked", "frozen"), chat.status)
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


def message_at(platform: Telegram, chat: Chat, place: str, number: str) -> Message | None:
    return platform.messages.get(f"{chat.id}/{place}/{number}")
