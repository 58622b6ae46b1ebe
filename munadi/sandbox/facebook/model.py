"""The rows of the emulated Facebook, and the addresses of its posts."""

from __future__ import annotations

from dataclasses import dataclass, field

from munadi.sandbox.model import Account

READ, PUBLISH, COMMENT = "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"
ALL_SCOPES = ["pages_show_list", READ, PUBLISH, COMMENT]


@dataclass
class Person:
    id: str
    name: str


@dataclass
class Page(Account):
    site = "https://www.facebook.com/{0.username}"

    title: str
    person_id: str  # who connects it
    category: str = "Test page"


@dataclass
class Photo:
    id: str
    profile_id: str
    digest: str
    alt: str
    made_at: float
    post_id: str | None = None


@dataclass
class Video:
    id: str
    profile_id: str
    kind: str  # reel, story, video
    session_id: str
    size: int
    started_at: float
    uploaded_at: float | None = None  # when its last byte arrived
    finished_at: float | None = None
    digest: str | None = None
    error: str | None = None
    post_id: str | None = None
    cover: str | None = None


@dataclass
class Post:
    id: str  # {page}_{number}
    profile_id: str
    message: str
    kind: str  # text, link, photo, album, reel, video, story
    created_at: float  # the sandbox's clock
    received_at: float  # real time
    visible_at: float
    link: str | None = None
    photos: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    video_id: str | None = None
    cover: str | None = None

    @property
    def number(self) -> str:
        return self.id.split("_")[1]

    @property
    def known_as(self) -> str:
        """The id that publishers know it by."""
        return self.number if self.kind == "story" else self.video_id or self.id

    @property
    def video_path(self) -> str:
        """All that Facebook itself returns of a reel's or video's address."""
        return f"/reel/{self.video_id}/" if self.kind == "reel" else f"/{self.profile_id}/videos/{self.video_id}/"


def permalink(post: Post, base_url: str) -> str:
    """www.facebook.com is `/facebook/www` here, so that a link opens the post."""
    site = f"{base_url}/facebook/www"
    if post.kind == "story":
        return f"{site}/stories/{post.profile_id}/{post.number}"
    return site + post.video_path if post.video_id else f"{site}/{post.profile_id}/posts/{post.number}"
