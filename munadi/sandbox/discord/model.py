"""The rows of the emulated Discord, its errors, and what a bot may do. Source: docs/networks/discord.md, 2 and 6."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.exchange import Call, Problems

EPOCH, SHIFT = 1_420_070_400_000, 22
VIEW, SEND, EMBED, ATTACH, HISTORY, IN_THREADS = (1 << bit for bit in (10, 11, 14, 15, 16, 38))
BASE = VIEW | SEND | EMBED | ATTACH | HISTORY | IN_THREADS

KNOWN: dict[str, tuple[Any, ...]] = {
    "token": (401, "401: Unauthorized", 0),
    "missing": (404, "404: Not Found", 0),
    "webhook": (404, "Unknown Webhook", 10015),
    "webhook_token": (401, "Invalid Webhook Token", 50027),
    "access": (403, "Missing Access", 50001),
    "permission": (403, "Missing Permissions", 50013),
    "channel": (404, "Unknown Channel", 10003),
    "message": (404, "Unknown Message", 10008),
    "anothers": (403, "Cannot edit a message authored by another user", 50005),
    "empty": (400, "Cannot send an empty message", 50006),
    "kind": (400, "Cannot send messages in a non-text channel", 50008),
    "invalid": (400, "Invalid Form Body", 50035),
    "json": (400, "The request body contains invalid JSON.", 50109),
    "files": (400, "Maximum number of attachments in a message reached (10)", 30015),
    "large": (413, "Request entity too large", 40005),
    "forum": (400, "Webhooks posted to forum channels must have a thread_name or thread_id", 220001),
    "parent": (
        400,
        "Invalid Form Body",
        50035,
        {"message_reference": [("REPLIES_UNKNOWN_MESSAGE", "Unknown message")]},
    ),
    "automod": (400, "Message was blocked by automatic moderation", 200000),
    "uploads": (400, "Attachments are limited in this server", 400001),
    "rate": (429, "You are being rate limited.", None),
    "blocked": (403, "internal network error", 40333),
    "overloaded": (503, "API resource is currently overloaded. Try again a little later", 130000),
    "restart": (500, "500: Internal Server Error", 0),
}


def _body(name: str, status: int, text: str, code: int | None = 0, errors: Any = None, **more: Any) -> dict[str, Any]:
    """The envelope; a refusal of too many calls has no code."""
    body: dict[str, Any] = {"message": text}
    if code is not None:
        body["code"] = code
    if name == "rate":
        body |= {"retry_after": 1.0, "global": False}
    if errors:
        body["errors"] = {
            part: {"_errors": [{"code": one, "message": words} for one, words in rows]} for part, rows in errors.items()
        }
    return {**body, **more}


PROBLEMS = Problems(KNOWN, _body, usual="restart")
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Channel(model.Account):
    """A channel of a server, with a thread, a bot of its own that may post there, and a webhook."""

    site = "https://discord.com/channels/{0.guild_id}/{0.id}"

    guild_id: str
    bot_id: str
    webhook_id: str
    webhook_token: str
    thread_id: str

    @property
    def type(self) -> int:
        return {"announcement": 5, "forum": 15}.get(self.status, 0)

    @property
    def permissions(self) -> int:
        """What the bot may do here."""
        lost = {"may_not_post": SEND | IN_THREADS, "no_history": HISTORY, "kicked": BASE}
        return BASE & ~lost.get(self.status, 0)


@dataclass
class File:
    """A file of a message."""

    name: str
    digest: str
    size: int
    mime_type: str
    description: str = ""


@dataclass
class Message:
    """`place` is the channel or its thread; `author` a bot, somebody else, or a webhook with a name of its own."""

    id: str
    profile_id: str
    place: str
    author: str
    text: str
    sent_at: float
    received_at: float  # real time
    webhook_id: str = ""
    username: str = ""
    nonce: str = ""
    reply_to: str = ""
    flags: int = 0
    mentions: dict[str, Any] | None = None
    embeds: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    edited_at: float | None = None
    kind: str = "message"


@dataclass
class Nonce:
    """A nonce of a bot, and the message that was made of it."""

    message_id: str
    at: float


def body_of(call: Call) -> dict[str, Any]:
    """The JSON of a message: the body itself, or the part of a form. Raises Discord's refusals."""
    content = call.body
    if call.content_type == "multipart/form-data":
        content = call.parts.get("payload_json", b"{}")
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        raise refuse("json") from None
    refuse_if(not isinstance(body, dict), "json")
    found: dict[str, Any] = body
    return found
