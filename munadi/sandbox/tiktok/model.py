"""The rows of the emulated TikTok, its errors and its log-in. Source: docs/networks/tiktok.md, sections 2 and 6."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Answer, Problems
from munadi.sandbox.oauth import ConsentRules
from munadi.sandbox.platform import names

BASIC, PROFILE, PUBLISH, LIST = "user.info.basic", "user.info.profile", "video.publish", "video.list"
ALL_SCOPES = [BASIC, PROFILE, PUBLISH, LIST]
LOGIN = Login(
    ALL_SCOPES,
    ConsentRules(
        "",
        {"error": "access_denied", "error_description": "User denied"},
        client="client_key",
        seconds=600,
        scopes_as=("scopes", ","),
        known_scopes=ALL_SCOPES,
    ),
    {
        "app": ("invalid_client", "Client key or secret is incorrect"),
        "code": ("invalid_grant", "Authorization code is expired"),
        "client": ("invalid_grant", "Authorization code was given to another client"),
        "redirect_uri": ("invalid_request", "Redirect_uri is not matched with the uri when requesting code"),
        "verifier": ("invalid_request", "Code verifier or code challenge is invalid"),
        "refresh": ("invalid_grant", "Refresh token is invalid or expired"),
        "grant": ("unsupported_grant_type", "The grant type is not supported"),
        "revoke": ("invalid_request", "The token is invalid or expired"),
    },
    "Something went wrong: response_type",
    needed=(),
    prefixes=("act.", "rft."),
    refresh_seconds=180 * DAY,
    challenge_of=lambda verifier: hashlib.sha256(verifier.encode()).hexdigest(),  # as a desktop app's
)
FORBIDDEN = names(
    "privacy_level_option_mismatch unaudited_client_can_only_post_to_private_accounts url_ownership_unverified "
    "spam_risk_too_many_posts spam_risk_too_many_pending_share spam_risk_user_banned_from_posting spam_risk "
    "reached_active_user_cap"
)
FAIL_REASONS = names(
    "file_format_check_failed duration_check_failed frame_rate_check_failed picture_size_check_failed "
    "video_bitrate_check_failed video_pull_failed photo_pull_failed internal publish_cancelled auth_removed "
    "spam_risk_too_many_posts spam_risk_user_banned_from_posting spam_risk spam_risk_text privacy_level_not_authorized"
)


def log_id() -> str:
    return "2026" + secrets.token_hex(14).upper()


def _body(name: str, status: int, text: str) -> dict[str, Any]:
    return {"data": {}, "error": {"code": name, "message": text, "log_id": log_id()}}


PROBLEMS = Problems(
    {
        "access_token_invalid": (401, "The access token is invalid or not found in the request."),
        "scope_not_authorized": (401, "The user did not authorize the scope required for completing this request."),
        "rate_limit_exceeded": (429, "The API rate limit was exceeded. Please try again later."),
        "internal_error": (500, "Something went wrong. Please try again later."),
    },
    _body,
    usual="internal_error",
    field="code",
    other=lambda name: (403 if name in FORBIDDEN else 400, "Please check the documentation."),
)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


def invalid_if(broken: object, message: str) -> None:
    refuse_if(broken, "invalid_params", message)


def done(data: dict[str, Any] | None = None, *, effect: bool = False) -> Answer:
    return Answer(200, _body("ok", 200, "") | {"data": data or {}}, effect=effect)


@dataclass
class Account(model.Account):
    """Its id is the open_id: the user as this app knows them."""

    site = "https://www.tiktok.com/@{0.username}"

    union_id: str
    nickname: str


@dataclass
class Publish:
    """One publish_id. `accepted_at`: the moment from which it is published without another call (sandbox's clock)."""

    id: str
    profile_id: str
    kind: str  # video, photo
    source: str  # FILE_UPLOAD, PULL_FROM_URL
    created_at: float
    text: str = ""
    title: str = ""
    privacy: str = ""
    info: dict[str, object] = field(default_factory=dict)
    upload_token: str = ""
    size: int = 0
    chunk_size: int = 0
    chunks: int = 0
    uploaded: int = 0
    loading: bool = False
    accepted_at: float | None = None
    received_at: float = 0.0  # real time
    fail_reason: str = ""
    cancelled: bool = False
    post_id: str = ""
    digests: list[str] = field(default_factory=list)
