"""Messages are made by a bot or a webhook: their text, embeds and files, and the nonce of a bot.

A nonce that a bot used within `nonceSeconds` returns the message that it made then, whatever the body says now; without
`enforce_nonce` it says nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import MINUTE, wall_time
from munadi.sandbox.discord.model import (
    ATTACH,
    EMBED,
    IN_THREADS,
    SEND,
    Channel,
    File,
    Message,
    Nonce,
    body_of,
    refuse,
    refuse_if,
)
from munadi.sandbox.discord.reads import place_of, require, view_of
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff

if TYPE_CHECKING:
    from munadi.sandbox.discord import Discord

MAX_TEXT, MAX_FILES, MAX_ALT, MAX_NONCE, MAX_EMBEDS, MAX_OF_EMBEDS = 2000, 10, 1024, 25, 10, 6000
EMBED_PARTS = {"title": 256, "description": 4096}
MEDIA_BY_NAME = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "pdf": "application/pdf"}


async def create(platform: Discord, call: Call) -> Answer:
    """200 with the message of a bot: a new one, or the one that its nonce made before."""
    channel, body = platform.caller(call), body_of(call)
    place = place_of(platform, channel, call)
    refuse_if(channel.type == 15 and place == channel.id, "kind")
    require(platform, channel, IN_THREADS if place == channel.thread_id else SEND)
    nonce = str(body.get("nonce") or "")
    refuse_if(len(nonce) > MAX_NONCE, "invalid", errors={"nonce": [("BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer")]})
    if nonce and body.get("enforce_nonce") is True:
        known = platform.nonces.get(f"{channel.bot_id}/{nonce}")
        if known is not None and platform.clock.now() - known.at < platform.limits["nonceSeconds"]:
            made = platform.messages.get(known.message_id)
            if made is None:
                raise refuse("message")
            return Answer(200, view_of(platform, channel, made, with_nonce=True))
    parent = _parent(platform, place, body)
    row = _drafted(platform, channel, call, body, place)
    platform.limited(f"{place} bot", "messagesPer5Seconds", 5)
    row.author, row.nonce, row.reply_to = channel.bot_id, nonce, parent
    platform.messages.put(row.id, row)
    if nonce:
        platform.nonces.put(f"{channel.bot_id}/{nonce}", Nonce(row.id, platform.clock.now()))
    if platform.switches["othersPost"]:
        other(platform, channel, place)
    answer = view_of(platform, channel, row, with_nonce=True)
    return Answer(200, answer, _left(platform, f"messagesPer5Seconds {place} bot", 5), effect=True)


async def execute(platform: Discord, call: Call) -> Answer:
    """A webhook's message. Without `wait` the answer is 204, whether it was stored or not."""
    channel, body = platform.caller(call), body_of(call)
    thread = call.query.get("thread_id", "")
    refuse_if(thread and thread != channel.thread_id, "channel")
    refuse_if(channel.type == 15 and not thread, "forum")
    name = str(body.get("username") or "")
    wrong = any(word in name.lower() for word in ("discord", "clyde")) or len(name) > 80
    refuse_if(wrong, "invalid", errors={"username": [("USERNAME_INVALID", "Username is not allowed")]})
    row = _drafted(platform, channel, call, body, thread or channel.id)
    platform.limited(f"{channel.id} webhook", "webhookPerMinute", MINUTE)
    row.author = row.webhook_id = channel.webhook_id
    row.username = name
    platform.messages.put(row.id, row)
    if call.query.get("wait") != "true":
        return Answer(204, effect=True)
    return Answer(200, view_of(platform, channel, row), effect=True)


def content_of(body: dict[str, Any], files: int) -> tuple[str, list[dict[str, Any]]]:
    """The text and the embeds of a message, as Discord stores them. Raises its refusals."""
    text = str(body.get("content") or "").strip()
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    too_long = ("BASE_TYPE_MAX_LENGTH", f"Must be {MAX_TEXT} or fewer in length.")
    refuse_if(units > MAX_TEXT, "invalid", errors={"content": [too_long]})
    embeds = [one for one in body.get("embeds") or [] if isinstance(one, dict)]
    refuse_if(len(embeds) > MAX_EMBEDS, "invalid", errors={"embeds": [("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer")]})
    total = 0
    for one in embeds:
        for part, most in EMBED_PARTS.items():
            length = len(str(one.get(part) or ""))
            total += length
            refuse_if(
                length > most, "invalid", errors={"embeds": [("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer")]}
            )
    refuse_if(total > MAX_OF_EMBEDS, "invalid", errors={"embeds": [("MAX_EMBED_SIZE_EXCEEDED", "exceeds 6000")]})
    refuse_if(not text and not embeds and not files, "empty")
    return text, [{"type": "rich", **one} for one in embeds]


def notified(message: Message) -> list[str]:
    """Whom the message notifies, for the page: all whom it names, if the call did not say whom."""
    if message.mentions is None:
        return ["notifies everybody whom it names"]
    named = [*message.mentions.get("parse", []), *message.mentions.get("roles", []), *message.mentions.get("users", [])]
    return [f"notifies {', '.join(named)}"] if named else []


def other(platform: Discord, channel: Channel, place: str, text: str = "Hello from somebody else") -> None:
    """A message that is not the bot's."""
    row = Message(platform.next_id(), channel.id, place, "1", text, platform.clock.now(), wall_time(), kind="other")
    platform.messages.put(row.id, row)


def _drafted(platform: Discord, channel: Channel, call: Call, body: dict[str, Any], place: str) -> Message:
    """A message that is not stored yet. Raises Discord's refusals."""
    refuse_if(len(call.body) > platform.limits["requestBytes"], "large")
    files = _files(platform, call, body)
    text, embeds = content_of(body, len(files))
    by_bot = not platform.by_webhook(call)
    refuse_if(by_bot and files and not channel.permissions & ATTACH, "permission")
    refuse_if(by_bot and embeds and not channel.permissions & EMBED, "permission")
    row = Message(platform.next_id(), channel.id, place, "", text, platform.clock.now(), wall_time())
    row.files, row.embeds = [asdict(one) for one in files], embeds
    row.flags, row.mentions = int(body.get("flags") or 0), body.get("allowed_mentions")
    return row


def _files(platform: Discord, call: Call, body: dict[str, Any]) -> list[File]:
    if call.content_type != "multipart/form-data":
        return []
    said = {str(one.get("id")): one for one in body.get("attachments") or [] if isinstance(one, dict)}
    found = []
    for part, name in call.file_names.items():
        content = call.parts[part]
        refuse_if(len(content) > platform.limits["fileBytes"], "large")
        about = said.get(part.removeprefix("files[").removesuffix("]"), {})
        alt = str(about.get("description") or "")
        refuse_if(
            len(alt) > MAX_ALT, "invalid", errors={"attachments": [("BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer")]}
        )
        mime_type = sniff(content) or MEDIA_BY_NAME.get(name.rpartition(".")[2], "application/octet-stream")
        stored = platform.blob_store.keep(content, mime_type)
        found.append(File(str(about.get("filename") or name), stored.digest, len(content), mime_type, alt))
    refuse_if(len(found) > MAX_FILES, "files")
    return found


def _parent(platform: Discord, place: str, body: dict[str, Any]) -> str:
    reference = body.get("message_reference") or {}
    wanted = str(reference.get("message_id") or "")
    found = platform.messages.get(wanted) if wanted else None
    if wanted and (found is None or found.place != place):
        refuse_if(reference.get("fail_if_not_exists", True), "parent")
        return ""
    return wanted


def _left(platform: Discord, key: str, seconds: float) -> dict[str, str]:
    """What is left of a limit, in headers."""
    recent, most = platform.recent(key, seconds), platform.limits["messagesPer5Seconds"]
    ends = (recent[0] if recent else platform.clock.now()) + seconds
    return {
        "x-ratelimit-limit": str(most),
        "x-ratelimit-remaining": str(max(most - len(recent), 0)),
        "x-ratelimit-reset": f"{ends:.3f}",
        "x-ratelimit-reset-after": f"{max(ends - platform.clock.now(), 0):.3f}",
        "x-ratelimit-bucket": "80c17d2f203122d936070c88c8d10f33",
    }
