"""The rows and scopes of the emulated YouTube."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox import model

PREFIX = "https://www.googleapis.com/auth/"
UPLOAD, READ, MANAGE = "youtube.upload", "youtube.readonly", "youtube.force-ssl"
ALL_SCOPES = [PREFIX + name for name in (UPLOAD, READ, MANAGE)]
# Further scopes that each scope includes.
GIVES = {"youtube": {UPLOAD, READ, MANAGE}, MANAGE: {UPLOAD, READ}}


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
