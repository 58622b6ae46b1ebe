"""The rows of the emulated Telegram, and the parameters of its calls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.exchange import Call

_CONTROL = re.compile("[\0-\x09\x0b\x0c\x0e-\x1f]")
_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")


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
