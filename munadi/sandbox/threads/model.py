"""The rows of the emulated Threads."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Profile:
    id: str  # `{th}` in paths; above 2^53 on purpose
    username: str
    status: str = "active"


@dataclass
class Container:
    id: str
    profile_id: str
    media_type: str  # TEXT, IMAGE, VIDEO, CAROUSEL
    created_at: float
    ready_at: float
    text: str = ""
    is_carousel_item: bool = False
    digests: list[str] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    reply_to: str | None = None
    link: str | None = None
    shown: dict[str, str] = field(default_factory=dict)  # topic_tag, reply_control, poll_attachment …
    loading: bool = False  # a video that is still being fetched
    error_message: str | None = None
    post_id: str | None = None  # set when it was published


@dataclass
class Post:
    id: str
    profile_id: str
    container_id: str
    media_type: str  # TEXT_POST, IMAGE, VIDEO, CAROUSEL_ALBUM
    shortcode: str
    text: str
    published_at: float  # the sandbox's clock
    received_at: float  # real time
    digests: list[str] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    reply_to: str | None = None
    link: str | None = None
    shown: dict[str, str] = field(default_factory=dict)


@dataclass
class Spent:
    """One use of a daily bucket; a deleted post has used its bucket all the same."""

    id: str
    profile_id: str
    bucket: str  # quota, reply_quota, delete_quota
    at: float
