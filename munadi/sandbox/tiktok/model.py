"""The rows and scopes of the emulated TikTok."""

from __future__ import annotations

from dataclasses import dataclass, field

from munadi.sandbox import model
from munadi.sandbox.clock import DAY

BASIC, PROFILE, PUBLISH = "user.info.basic", "user.info.profile", "video.publish"
ALL_SCOPES = [BASIC, PROFILE, PUBLISH]
REFRESH_SECONDS = 180 * DAY


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
