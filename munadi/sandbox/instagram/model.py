"""The rows of the emulated Instagram."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Profile:
    id: str  # the professional account's id, `{ig}` in paths
    app_scoped_id: str
    username: str
    status: str = "active"
    account_type: str = "BUSINESS"
    owner: str = ""  # the profile whose person owns this one's Page as well; empty: a person of its own

    @property
    def lead(self) -> str:
        """The profile that its person goes by."""
        return self.owner or self.id


@dataclass
class Container:
    id: str
    profile_id: str
    kind: str  # IMAGE, VIDEO, REELS, STORIES, CAROUSEL
    created_at: float
    ready_at: float
    caption: str = ""
    alt_text: str = ""
    is_carousel_item: bool = False
    digests: list[str] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)  # user_tags, collaborators, audio_name …
    cover: str | None = None  # a digest
    loading: bool = False  # a video that is still being fetched
    error_subcode: int | None = None
    media_id: str | None = None  # set when it was published


@dataclass
class Media:
    id: str
    profile_id: str
    container_id: str
    media_type: str  # IMAGE, VIDEO, CAROUSEL_ALBUM
    product_type: str  # FEED, REELS, STORY
    shortcode: str
    caption: str
    published_at: float  # the sandbox's clock
    received_at: float  # real time
    digests: list[str] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    cover: str | None = None


@dataclass
class Comment:
    id: str
    media_id: str
    profile_id: str
    text: str
    created_at: float
