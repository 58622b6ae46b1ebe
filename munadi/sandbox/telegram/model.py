"""The rows of the emulated Telegram, its errors and its calls' parameters. Source: docs/networks/telegram.md, 6."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.exchange import Call, Problems

_CONTROL = re.compile("[\0-\x09\x0b\x0c\x0e-\x1f]")
_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")


KNOWN = {
    "token": (401, "Unauthorized"),
    "missing": (404, "Not Found"),
    "chat": (400, "Bad Request: chat not found"),
    "kicked": (403, "Forbidden: bot was kicked from the channel chat"),
    "frozen": (400, "Bad Request: FROZEN_METHOD_INVALID"),
    "right": (400, "Bad Request: need administrator rights in the channel chat"),
    "photos": (400, "Bad Request: not enough rights to send photos to the chat"),
    "upgraded": (400, "Bad Request: group chat was upgraded to a supergroup chat"),
    "empty": (400, "Bad Request: message text is empty"),
    "long": (400, "Bad Request: message is too long"),
    "caption": (400, "Bad Request: message caption is too long"),
    "entities": (400, "Bad Request: ENTITY_BOUNDS_INVALID"),
    "poll": (400, "Bad Request: poll must have at least 1 option"),
    "anonymous": (400, "Bad Request: non-anonymous polls can't be sent to channel chats"),
    "parent": (400, "Bad Request: message to be replied not found"),
    "file": (400, "Bad Request: wrong file identifier/HTTP URL specified"),
    "image": (400, "Bad Request: IMAGE_PROCESS_FAILED"),
    "sides": (400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    "extension": (
        400,
        "Bad Request: photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp",
    ),
    "album": (400, "Bad Request: can't use the media of the specified type in the album"),
    "large": (413, "Request Entity Too Large"),
    "unforwarded": (400, "Bad Request: message to forward not found"),
    "protected": (400, "Bad Request: message can't be forwarded"),
    "gone": (400, "Bad Request: message to edit not found"),
    "anothers": (400, "Bad Request: message can't be edited"),
    "nothing": (400, "Bad Request: there is no text in the message to edit"),
    "no_caption": (400, "Bad Request: there is no caption in the message to edit"),
    "unmodified": (
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as "
        "a current content and reply markup of the message",
    ),
    "own": (400, "Bad Request: there is no live location in the message to edit"),
    "undeletable": (400, "Bad Request: message can't be deleted"),
    "absent": (400, "Bad Request: message to delete not found"),
    "invalid": (400, "Bad Request: invalid parameter"),
    "rate": (429, "Too Many Requests: retry after 30"),
    "restart": (500, "Internal Server Error: restart"),
}


def _body(name: str, status: int, text: str, **more: Any) -> dict[str, Any]:
    return {"ok": False, "error_code": status, "description": text, **more}


PROBLEMS = Problems(KNOWN, _body, usual="restart")
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if

# The private chat where every bot may store files.
STORAGE_CHAT = "-1005000000000"


@dataclass
class Chat(model.Account):
    """A channel and its bot. `last` are the last ids of the chat, and of the private chat for files."""

    site = "https://t.me/{0.username}"

    bot_id: int
    last: dict[str, int] = field(default_factory=dict)

    @property
    def moved(self) -> str:
        """Its id after an upgrade."""
        return f"-1006{self.id[-9:]}"


@dataclass
class File:
    """A file as a bot may name it, which cannot change its kind."""

    id: str
    profile_id: str
    kind: str
    digest: str


@dataclass
class Message:
    """`group` are the messages of one album; `shown` its options; `own` is False for what others wrote.

    `entities` are the formats that were sent, without those that Telegram finds by itself; `origin` is of a copy.
    """

    number: int
    profile_id: str
    kind: str
    text: str
    sent_at: float
    received_at: float  # real time
    own: bool = True
    stored: bool = False
    file: str | None = None
    digest: str | None = None
    group: str = ""
    is_first: bool = True
    reply_to: int | None = None
    poll: list[str] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    origin: dict[str, Any] | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    edited_at: float | None = None

    @property
    def key(self) -> str:
        return f"{self.profile_id}/{'stored' if self.stored else 'chat'}/{self.number}"


def parameters(call: Call) -> dict[str, str]:
    """The parameters of a call, from its address and its body, without files."""
    if call.content_type == "multipart/form-data":
        files = call.file_names
        return {name: part.decode("utf-8", "replace") for name, part in call.parts.items() if name not in files}
    if call.content_type == "application/json":
        given = json.loads(call.body or b"{}")
        return {name: one if isinstance(one, str) else json.dumps(one) for name, one in given.items()}
    return {**dict(call.query), **call.form}


def normalised(text: str) -> str:
    """The text as Telegram stores it."""
    return _REMOVED.sub("", _CONTROL.sub(" ", text)).rstrip().lstrip(" \n")
