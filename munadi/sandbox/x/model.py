"""The rows of the emulated X, its errors and its log-in. Source: docs/networks/x.md, sections 2 and 6."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.exchange import Problems
from munadi.sandbox.oauth import ConsentRules

EPOCH = 1_288_834_974_657  # of the ids, in milliseconds
SCOPES = ["tweet.read", "users.read", "tweet.write", "media.write", "offline.access"]
SHORT, LONG = 280, {"premium": 25_000}  # the longest text, by a profile's status
KINDS = {"tweet_image": 3, "tweet_gif": 16}  # the first number of a media key
# Thousandths of a dollar, by X's price list of April 2026.
PRICES = {"post": 15, "postWithLink": 200, "altText": 5, "delete": 10, "read": 5, "ownedRead": 1}
ADDRESS = re.compile(r"https?://[^\s<>]+")
TYPES = "https://api.x.com/2/problems/"
# Problems that name the kind of thing they are about.
OF_RESOURCES = (f"{TYPES}not-authorized-for-resource", f"{TYPES}resource-not-found")
INVALID = f"{TYPES}invalid-request"
UNKNOWN_CODE = ("invalid_request", "Value passed for the authorization code was invalid.")
LOGIN = Login(
    SCOPES,
    ConsentRules("", {"error": "access_denied"}, seconds=30, known_scopes=SCOPES),
    {
        "app": ("unauthorized_client", "Missing valid authorization header", 401),
        "code": UNKNOWN_CODE,
        "client": UNKNOWN_CODE,
        "redirect_uri": ("invalid_request", "Value passed for the redirect uri did not match the authorization's."),
        "verifier": ("invalid_request", "Value passed for the code verifier did not match the code challenge."),
        "refresh": ("invalid_request", "Value passed for the token was invalid."),
        "grant": ("unsupported_grant_type",),
    },
    "Something went wrong: you weren't able to give access to the App.",
    needed=("client_id", "state", "code_challenge"),
    replay="ends the grant",
    app_in_header=True,
    revoked={"revoked": True},
)


def _body(name: str, status: int, text: str, kind: str) -> dict[str, Any]:
    body = {"title": kind.rpartition("/")[2], "detail": text, "type": kind, "status": status}
    return body | ({"resource_type": "post"} if kind in OF_RESOURCES else {})


def not_found(post_id: str) -> dict[str, Any]:
    """What the list of the wanted posts says of one that is missing."""
    text = f"Could not find tweet with ids: [{post_id}]."
    named = {"value": post_id, "resource_id": post_id, "parameter": "ids", "resource_type": "tweet"}
    return {"title": "Not Found Error", "detail": text, "type": OF_RESOURCES[1], **named}


def not_shown(resource_id: str, kind: str) -> dict[str, Any]:
    """What it says of one whose account is suspended. The wording is close to X's; no capture is known."""
    text = f"Sorry, you are not authorized to see the {kind} with ids: [{resource_id}]."
    named = {"value": resource_id, "resource_id": resource_id, "parameter": "ids", "resource_type": kind}
    return {"title": "Authorization Error", "detail": text, "type": OF_RESOURCES[0], **named}


PROBLEMS = Problems(
    {
        "token": (401, "Unauthorized", "about:blank"),
        "scopes": (403, "The token lacks a scope that this call needs.", f"{TYPES}unsupported-authentication"),
        "suspended": (403, "Your account is suspended.", f"{TYPES}user-suspended"),
        "locked": (403, "Your account is not permitted to access this feature.", "about:blank"),
        "duplicate": (403, "You are not allowed to create a Tweet with duplicate content.", "about:blank"),
        "forbidden": (403, "You are not permitted to perform this action.", "about:blank"),
        "reply": (403, "You can only reply to or quote posts where you are mentioned or are the author.",
                  OF_RESOURCES[0]),
        "invalid": (400, "One or more parameters to your request was invalid.", INVALID),
        "parent": (400, "The Tweet replied to is deleted or not visible to you.", INVALID),
        "media": (400, "Your media IDs are invalid.", INVALID),
        "missing": (404, "Could not find the resource.", OF_RESOURCES[1]),
        "credits": (402, "Your enrolled account does not have any credits.", f"{TYPES}credits-depleted"),
        "rate": (429, "Too Many Requests", f"{TYPES}rate-limit"),
        "internal": (500, "Internal Server Error", "about:blank"),
        "busy": (503, "Service Unavailable", "about:blank"),
    },
    _body,
)  # fmt: skip
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Account(model.Account):
    site = "https://x.com/{0.username}"


@dataclass
class Medium(model.Processed):
    id: str
    profile_id: str
    category: str
    total: int
    opened_at: float  # the sandbox's clock
    alt: str = ""

    @property
    def key(self) -> str:
        return f"{KINDS.get(self.category, 7)}_{self.id}"


@dataclass
class Tweet:
    id: str
    profile_id: str
    text: str
    created_at: float
    received_at: float  # real time
    media: list[str] = field(default_factory=list)
    reply_to: str | None = None
    quoted: str | None = None
    settings: str | None = None
    poll: dict[str, Any] | None = None


def weight(text: str) -> int:
    """twitter-text: an address with its scheme is 23; clusters above U+10FF, such as emoji, count 2."""
    import regex  # at the first text: it takes 8 MB

    rest, addresses = ADDRESS.subn("", text)
    clusters = regex.findall(r"\X", rest)
    return 23 * addresses + sum(
        2 if any(ord(each) > 0x10FF and not 0x2000 <= ord(each) <= 0x2037 for each in one) else len(one)
        for one in clusters
    )
