"""The rows of the emulated YouTube, its errors and its log-in.

Source: docs/networks/youtube.md, sections 2 and 6; messages are Google's where they are known, close to them otherwise.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model
from munadi.sandbox.bearer import Login
from munadi.sandbox.exchange import Problems
from munadi.sandbox.oauth import ConsentRules

PREFIX = "https://www.googleapis.com/auth/"
UPLOAD, READ, MANAGE = "youtube.upload", "youtube.readonly", "youtube.force-ssl"
ALL_SCOPES = [PREFIX + name for name in (UPLOAD, READ, MANAGE)]
# Further scopes that each scope includes.
GIVES = {"youtube": {UPLOAD, READ, MANAGE}, MANAGE: {UPLOAD, READ}}

LOGIN = Login(
    ALL_SCOPES,
    ConsentRules("4/0A", {"error": "access_denied"}, seconds=600, scopes_as=("scope", " ")),
    {
        "app": ("invalid_client",),
        "code": ("invalid_grant", "Malformed auth code."),
        "client": ("invalid_grant", "The code was given to another client."),
        "redirect_uri": ("redirect_uri_mismatch",),
        "verifier": ("invalid_grant", "Invalid code verifier."),
        "refresh": ("invalid_grant",),
        "grant": ("unsupported_grant_type",),
    },
    "Error 400: redirect_uri_mismatch",
)
SCOPE = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "domain": "googleapis.com",
}
BUCKET = (
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service "
    "'youtube.googleapis.com' for consumer 'project_number:000000000000'."
)
REASONS: dict[str, tuple[Any, ...]] = {
    "authError": (401, "Invalid Credentials", "global", "UNAUTHENTICATED"),
    "required": (401, "Login Required.", "global", "UNAUTHENTICATED"),
    "youtubeSignupRequired": (401, "The user must have a YouTube channel.", "youtube.header"),
    "insufficientPermissions": (
        403,
        "Request had insufficient authentication scopes.",
        "global",
        "PERMISSION_DENIED",
        (SCOPE,),
    ),
    "forbidden": (403, "The request might not be properly authorized.", "youtube.common"),
    "accessNotConfigured": (403, "YouTube Data API v3 has not been used in this project.", "usageLimits"),
    "channelSuspended": (403, "The channel has been suspended.", "youtube.channel"),
    "quotaExceeded": (403, "The request cannot be completed because you have exceeded your quota.", "youtube.quota"),
    "rateLimitExceeded": (429, BUCKET, "global", "RESOURCE_EXHAUSTED"),
    "userRateLimitExceeded": (403, "User Rate Limit Exceeded", "usageLimits"),
    "uploadLimitExceeded": (400, "The user has exceeded the number of videos they may upload."),
    "uploadRateLimitExceeded": (429, "The channel has uploaded too many thumbnails recently.", "youtube.thumbnail"),
    "invalidTitle": (400, "The request metadata specifies an invalid or empty video title."),
    "invalidDescription": (400, "The request metadata specifies an invalid video description."),
    "invalidTags": (400, "The request metadata specifies invalid video keywords."),
    "invalidCategoryId": (400, "The snippet.categoryId property specifies an invalid category ID."),
    "defaultLanguageNotSet": (400, "Localizations need the default language of the video's details."),
    "invalidImage": (400, "The provided image content is invalid.", "youtube.thumbnail"),
    "mediaBodyRequired": (400, "The request does not include the image content.", "youtube.thumbnail"),
    "uploadTooLarge": (413, "The upload is larger than is allowed.", "global"),
    "failedPrecondition": (400, "The video is still being processed.", "youtube.thumbnail", "FAILED_PRECONDITION"),
    "badRequest": (400, "Invalid JSON payload received.", "global", "INVALID_ARGUMENT"),
    "unexpectedPart": (400, "An unexpected part was named.", "youtube.part"),
    "channelOrVideoIdMissing": (400, "A comment needs its channel and its video.", "youtube.commentThread"),
    "commentTextRequired": (400, "A comment cannot be empty.", "youtube.commentThread"),
    "commentTextTooLong": (400, "The comment has too many characters.", "youtube.commentThread"),
    "commentsDisabled": (403, "The video has disabled comments.", "youtube.commentThread"),
    "videoNotFound": (404, "The video that you are trying to update cannot be found."),
    "playlistNotFound": (404, "The playlist identified with the request cannot be found.", "youtube.playlistItem"),
    "notFound": (404, "Not Found", "global", "NOT_FOUND"),
    "backendError": (503, "Backend Error", "global", "UNAVAILABLE"),
}
TOKEN_WORDS = {
    "invalid_grant": (400, "Token has been expired or revoked."),
    "invalid_client": (401, "The OAuth client was not found."),
    "deleted_client": (401, "The OAuth client was deleted."),
    "invalid_request": (400, "Missing required parameter."),
    "unsupported_grant_type": (400, "Invalid grant_type."),
}


def _body(
    reason: str,
    status: int,
    text: str,
    domain: str = "youtube.video",
    name: str = "",
    details: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    error = {"code": status, "message": text, "errors": [{"message": text, "domain": domain, "reason": reason}]}
    named = ({"status": name} if name else {}) | ({"details": list(details)} if details else {})
    return {"error": error | named}


INVALID = (400, "The request is invalid.", "youtube.video", "INVALID_ARGUMENT")
PROBLEMS = Problems(REASONS, _body, usual="backendError", field="reason", other=lambda reason: INVALID)
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


def new_id(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]


@dataclass
class Account(model.Account):
    """A channel: its id starts with UC, its username with @."""

    site = "https://www.youtube.com/channel/{0.id}"

    title: str

    @property
    def uploads(self) -> str:
        """The id of the channel's list of uploads."""
        return f"UU{self.id[2:]}"


@dataclass
class Session:
    """A resumable upload; its bytes are in `YouTube.received` until it is complete."""

    id: str
    profile_id: str
    opened_at: float
    total: int
    mime_type: str
    metadata: dict[str, Any]
    video_id: str | None = None


@dataclass
class Video:
    id: str
    profile_id: str
    uploaded_at: float  # the sandbox's clock
    processed_at: float
    snippet: dict[str, Any]
    status: dict[str, Any]  # the writable fields
    details: dict[str, Any] = field(default_factory=dict)  # further parts, as they were uploaded
    digest: str | None = None
    thumbnail: str | None = None  # the digest of a custom one
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    failure: str | None = None
    rejection: str | None = None
    seen_at: float | None = None  # real time of the call that made it visible

    @property
    def privacy(self) -> str:
        return str(self.status["privacyStatus"])

    @property
    def is_short(self) -> bool:
        """Square or vertical, and three minutes at most."""
        return 0 < self.width <= self.height and self.seconds <= 180


@dataclass
class Usage:
    """How much of a bucket was used, by Pacific day; only the newest day is stored."""

    days: dict[str, int] = field(default_factory=dict)
