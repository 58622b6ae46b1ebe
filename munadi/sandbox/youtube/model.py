"""The rows of the emulated YouTube."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Profile:
    id: str  # the channel's: UC…
    title: str
    custom_url: str  # @handle
    status: str = "active"

    @property
    def uploads(self) -> str:
        """The id of the channel's list of uploads."""
        return f"UU{self.id[2:]}"


@dataclass
class Token:
    """An access token; `grant` is the refresh token it came of, with which it is revoked."""

    value: str
    profile_id: str
    expires_at: float
    scopes: list[str]
    grant: str


@dataclass
class Grant:
    """A refresh token. Kept after its end, so that it is told as revoked."""

    value: str
    profile_id: str
    scopes: list[str]
    issued_at: float
    used_at: float
    revoked: bool = False


@dataclass
class Code:
    value: str
    profile_id: str
    redirect_uri: str
    scopes: list[str]
    expires_at: float
    with_grant: bool
    challenge: str = ""
    client_id: str = ""


@dataclass
class Session:
    """A resumable upload; its bytes are kept beside it until it is complete."""

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


@dataclass
class Comment:
    id: str
    video_id: str
    profile_id: str
    text: str
    written_at: float


@dataclass
class Usage:
    """What was spent of a bucket, by Pacific day; only the newest day is kept."""

    days: dict[str, int] = field(default_factory=dict)
