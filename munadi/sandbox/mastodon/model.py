"""The rows of the emulated Mastodon, its errors and its log-in. Source: docs/networks/mastodon.md, 2 and 6."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.clock import MINUTE
from munadi.sandbox.exchange import Call, Problems
from munadi.sandbox.oauth import ConsentRules

HOST = "server"
URL_LENGTH = 23
_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(@\w++)@[\w.-]+")


GRANT = (
    "invalid_grant",
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client.",
)
# Tokens have no end, and there are no refresh tokens.
LOGIN = Login(
    ["read:accounts", "read:statuses", "write:statuses", "write:media"],
    ConsentRules(
        "",
        {
            "error": "access_denied",
            "error_description": "The resource owner or authorization server denied the request.",
        },
        seconds=10 * MINUTE,
    ),
    {
        **dict.fromkeys(("code", "client", "redirect_uri", "verifier"), GRANT),
        "app": ("invalid_client", "Client authentication failed due to unknown client or unsupported method.", 401),
        "grant": ("unsupported_grant_type", GRANT[1]),
    },
    "The requested redirect URI, client or scope is invalid",
)
PROBLEMS = Problems(
    {
        "token": (401, "The access token is invalid"),
        "secure": (401, "This API requires an authenticated user"),
        "scopes": (403, "This action is outside the authorized scopes"),
        "disabled": (403, "Your login is currently disabled"),
        "missing": (404, "Record not found"),
        "blank": (422, "Validation failed: Text can't be blank"),
        "poll_media": (422, "Validation failed: Cannot attach media to a poll"),
        "poll": (422, "Validation failed: Poll options or duration are invalid"),
        "mixed": (422, "Cannot attach a video to a post that already contains images"),
        "unfinished": (422, "Cannot attach files that have not finished processing. Try again in a moment!"),
        "attached": (422, "Media not found or already attached to another post"),
        "type": (422, "Validation failed: File content type is invalid, File is invalid"),
        "many": (422, "Too many ids"),
        "failed": (422, "There was an error processing the file"),
        "rate": (429, "Too many requests"),
        "internal": (500, "Internal Server Error"),
        "busy": (503, "There was a temporary problem serving your request, please try again"),
    },
    lambda name, status, text: {"error": text},
    other=lambda name: (422, name),
)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


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
class Medium(model.Processed):
    """`status_id`: the post that has it."""

    id: str
    profile_id: str
    kind: str
    created_at: float  # the sandbox's clock
    description: str = ""
    focus: str = ""
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
    edited_at: float | None = None


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
    import regex  # at the first text: it takes 8 MB

    shortened = _MENTION.sub(r"\1", _URL.sub("x" * URL_LENGTH, text))
    return len(regex.findall(r"\X", shortened))
