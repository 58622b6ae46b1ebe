"""The rows of the emulated Pinterest, its errors and its log-in. Source: docs/networks/pinterest.md, 2 and 6."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.exchange import Problems
from munadi.sandbox.oauth import ConsentRules

SCOPES = ["user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write"]
SECRET = [f"{what}:{act}_secret" for what in ("boards", "pins") for act in ("read", "write")]
# Tokens of 30 days, refresh tokens of 60 that are replaced with each use; no PKCE.
LOGIN = Login(
    SCOPES,
    ConsentRules("", {"error": "access_denied"}, seconds=10 * MINUTE, known_scopes=[*SCOPES, *SECRET]),
    {
        "app": ("token",),
        "code": ("code",),
        "client": ("code",),
        "redirect_uri": ("redirect_uri",),
        "refresh": ("token",),
        "grant": ("grant",),
    },
    "Something went wrong: the app's request is not valid.",
    prefixes=("pina_", "pinr_"),
    refresh_seconds=60 * DAY,
    app_in_header=True,
    challenge_of=None,
)
PROBLEMS = Problems(
    {
        "token": (401, "Authentication failed.", 2),
        "gated": (401, "Your application consumer type is not supported: restricted feature: pin_edit", 3),
        "trial": (403, "Apps with Trial access may not create Pins in production. Use the sandbox instead.", 29),
        "scopes": (403, "You are not permitted to access that resource.", 29),
        "invalid": (400, "Invalid parameters.", 1),
        "image": (400, "Sorry, we could not fetch the image.", 235),
        "address": (400, "Unable to reach the URL. Please check the URL is correct and try again.", 1),
        "spam": (400, "Sorry! This link was blocked: it may lead to spam.", 1),
        "board": (404, "Board not found.", 40),
        "pin": (404, "Pin not found.", 50),
        "media": (404, "Media not found.", 1),
        "missing": (404, "Resource not found.", 1),
        "name": (409, "A board with this name exists.", 1),
        "rate": (429, "You have exceeded your rate limit. Try again later.", 8),
        "internal": (500, "Internal server error", 1),
        "busy": (503, "Service unavailable", 1),
        "code": (400, "The authorization code is invalid, expired or used.", 1),
        "redirect_uri": (400, "The redirect_uri does not match the one of the authorization.", 1),
        "grant": (400, "Invalid grant_type.", 1),
    },
    lambda name, status, text, code: {"code": code, "message": text},
)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Account(model.Account):
    site = "https://www.pinterest.com/{0.username}/"


@dataclass
class Board:
    id: str
    profile_id: str
    name: str
    privacy: str = "PUBLIC"


@dataclass
class Section:
    id: str
    board_id: str
    profile_id: str
    name: str


@dataclass
class Medium(model.Processed):
    """A video. `policy` must come with its upload."""

    id: str
    profile_id: str
    policy: str


@dataclass
class Pin:
    id: str
    profile_id: str
    board_id: str
    section_id: str | None
    created_at: float
    received_at: float  # real time
    media_type: str
    digests: list[str] = field(default_factory=list)
    title: str = ""
    description: str = ""
    link: str = ""
    alt_text: str = ""
    dominant_color: str = ""
    cover_time: int | None = None


def board_of(profile_id: str) -> str:
    """The id of the board that every profile begins with."""
    return str(int(profile_id) + 1)


def zoneless(seconds: float) -> str:
    """`2022-10-13T01:40:29`: UTC, which Pinterest does not say."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
