"""The rows of the emulated Mastodon, and how its ids and lengths are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from munadi.sandbox import model
from munadi.sandbox.exchange import Call
from munadi.sandbox.graphemes import graphemes

HOST = "server"
SCOPES = ["read:accounts", "read:statuses", "write:statuses", "write:media"]
URL_LENGTH = 23
_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(@\w++)@[\w.-]+")


@dataclass
class Account(model.Account):
    site = "https://mastodon.example/@{0.username}"


@dataclass
class App:
    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: list[str]
    name: str = ""


@dataclass
class Medium:
    """`status_id`: the post that has it. `problem`: its processing fails."""

    id: str
    profile_id: str
    digest: str
    kind: str
    created_at: float  # the sandbox's clock
    ready_at: float
    description: str = ""
    focus: str = ""
    problem: bool = False
    status_id: str | None = None


@dataclass
class Status:
    id: str
    profile_id: str
    text: str
    spoiler: str
    visibility: str
    created_at: float
    received_at: float  # real time
    media: list[str] = field(default_factory=list)
    reply_to: str | None = None
    language: str | None = None
    sensitive: bool = False
    poll: dict[str, Any] | None = None
    quoted: str | None = None


@dataclass
class UsedKey:
    """An idempotency key, as long as it is remembered."""

    status_id: str
    used_at: float


def server_of(call: Call) -> str:
    return f"{call.base_url}/{call.channel}/{HOST}"


def key_of(profile_id: str, base_url: str) -> str:
    """What Munadi calls an account: ids are a server's own."""
    return f"{profile_id}@{urlsplit(base_url).netloc}"


def length_of(text: str) -> int:
    """Grapheme clusters; an address counts as 23, a mention without its domain."""
    shortened = _MENTION.sub(r"\1", _URL.sub("x" * URL_LENGTH, text))
    return graphemes(shortened)
