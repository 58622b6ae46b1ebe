"""The rows of the emulated LinkedIn, its errors, its log-in and its "little text".

Source: docs/networks/linkedin.md, sections 2, 4 and 6. Two apps, for members and for pages, whose scopes do not mix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.exchange import Problems
from munadi.sandbox.oauth import ConsentRules

PERSON, PAGE = "urn:li:person:", "urn:li:organization:"
MEMBER_SCOPES = ["openid", "profile", "w_member_social"]
PAGE_SCOPES = ["w_organization_social", "r_organization_social", "rw_organization_admin"]
# Months of the API that were over when this was written; later ones never end here, unless the switch says so.
ENDED_VERSIONS = {"202409", "202410", "202411", "202412"} | {f"2025{month:02}" for month in range(1, 12)}


WRONG_CODE = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code."
LOGIN = Login(
    PAGE_SCOPES,
    ConsentRules(
        "AQ",
        {"error": "user_cancelled_authorize", "error_description": "The user cancelled the authorization"},
        seconds=30 * MINUTE,
    ),
    {
        "app": ("invalid_client", "Client authentication failed", 401),
        "code": ("invalid_request", f"{WRONG_CODE} Or authorization code expired."),
        "client": ("invalid_request", WRONG_CODE),
        "redirect_uri": ("invalid_redirect_uri", "redirect_uri does not match the authorization code"),
        "verifier": ("invalid_request", WRONG_CODE),
        "refresh": ("invalid_request", "The provided authorization grant or refresh token is invalid"),
        "grant": ("unsupported_grant_type", "grant_type is not supported"),
    },
    "Bummer, something went wrong.",
    prefixes=("AQ", "AQ"),
    refresh_seconds=365 * DAY,
    replay="is fine",
    challenge_of=None,
)


def _body(name: str, status: int, text: str, code: str) -> dict[str, Any]:
    return {"status": status, "message": text, **({"code": code} if code else {"serviceErrorCode": 65600})}


PROBLEMS = Problems(
    {
        "token": (401, "Invalid access token", ""),
        "access": (403, "Not enough permissions to access this resource", "ACCESS_DENIED"),
        "scopes": (403, "Not enough permissions to access this resource", "ACCESS_DENIED"),
        "missing": (404, "Entity is not found", "NOT_FOUND"),
        "field": (400, "A required field is missing", "MISSING_FIELD"),
        "invalid": (400, "A field has an invalid value", "INVALID_VALUE_FOR_FIELD"),
        "blank": (400, "A field is blank", "INVALID_VALUE_BLANK_FIELD"),
        "long": (400, "A field is too long", "FIELD_LENGTH_TOO_LONG"),
        "encoding": (400, "Syntax exception in path variables", "ILLEGAL_ARGUMENT"),
        "versionMissing": (400, "A version must be present", "VERSION_MISSING"),
        "version": (426, "Requested version is not active", "NONEXISTENT_VERSION"),
        "waiting": (400, "The media asset is waiting for its upload", "MEDIA_ASSET_WAITING_UPLOAD"),
        "expired": (400, "The upload URL has expired", "EXPIRED_UPLOAD_URL"),
        "failed": (400, "The media asset could not be processed", "MEDIA_ASSET_PROCESSING_FAILED"),
        "image": (400, "Invalid image id", "INVALID_IMAGE_ID"),
        "video": (400, "Invalid video id", "INVALID_VIDEO_ID"),
        "document": (400, "Invalid document id", "INVALID_VALUE_FOR_FIELD"),  # its code is not documented
        "duplicate": (422, "Content is a duplicate", "DUPLICATE_POST"),
        "conflict": (409, "A write conflict occurred. Retry the request.", "CONFLICT"),
        "rate": (429, "Resource level throttle limit for calls to this resource is reached.", "TOO_MANY_REQUESTS"),
        "internal": (500, "Internal server error", "INTERNAL_SERVER_ERROR"),
        "busy": (503, "Service unavailable", "SERVICE_UNAVAILABLE"),
    },
    _body,
)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Account(model.Account):
    """A page with the person who administers it, or that person: then `person` is its own id."""

    site = "https://www.linkedin.com/company/{0.username}"
    person: str = ""


@dataclass
class Asset(model.Processed):
    urn: str
    owner: str
    kind: str  # images, documents, videos
    total: int
    opened_at: float  # the sandbox's clock
    expires_at: float
    token: str
    tags: dict[str, str] = field(default_factory=dict)  # of the received parts, by their number


@dataclass
class Post:
    urn: str
    profile_id: str
    body: dict[str, Any]
    created_at: float
    received_at: float  # real time
    assets: list[str] = field(default_factory=list)
    alts: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("content") or {}
        return found


# "Little text" as LinkedIn reads it: an unescaped reserved character ends the text.
RESERVED = r"|{}@[]()<>#\*_~"
_TOKENS = re.compile(
    r"\\(?P<literal>.)"
    r"|@\[(?P<name>(?:\\.|[^\\\]])*+)\]\((?P<urn>urn:li:[\w:-]++)\)"
    r"|\#(?P<tag>[^\W_]++)"
    rf"|(?P<plain>[^{re.escape(RESERVED)}]++)",
    re.DOTALL,
)


def tokens(commentary: str) -> list[re.Match[str]]:
    """What is kept of a text: everything up to the first reserved character that stands alone."""
    found, at = [], 0
    while at < len(commentary) and (token := _TOKENS.match(commentary, at)):
        found.append(token)
        at = token.end()
    return found


def seen(commentary: str) -> str:
    """The text that followers see."""
    return "".join(_seen(token) for token in tokens(commentary))


def read_back(commentary: str) -> str:
    """The text that the API returns: hashtags as templates."""
    return "".join(f"{{hashtag|\\#|{token['tag']}}}" if token["tag"] else token[0] for token in tokens(commentary))


def _seen(token: re.Match[str]) -> str:
    if token["tag"]:
        return f"#{token['tag']}"
    if token["name"] is not None:
        return "@" + re.sub(r"\\(.)", r"\1", token["name"])
    return token["literal"] or token["plain"] or ""
