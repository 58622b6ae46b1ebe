"""The rows of the emulated Facebook."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Person:
    id: str
    name: str


@dataclass
class Page:
    id: str
    name: str
    username: str
    person_id: str  # who connects it
    status: str = "active"
    category: str = "Test page"


@dataclass
class Token:
    """A person's token, or with `page_id` a Page's, which has no end of its own."""

    value: str
    person_id: str
    page_id: str | None
    issued_at: float
    expires_at: float | None
    scopes: list[str] = field(default_factory=list)
    long_lived: bool = True
    revoked_subcode: int | None = None
    pages: list[str] | None = None  # a person's: those of their Pages that are shared; None is all


@dataclass
class Code:
    value: str
    person_id: str
    redirect_uri: str
    scopes: list[str]
    expires_at: float
    client_id: str = ""
    pages: list[str] | None = None


@dataclass
class Photo:
    id: str
    page_id: str
    digest: str
    alt: str
    made_at: float
    post_id: str | None = None


@dataclass
class Video:
    """A video on its way; `finished_at` is when its publication was asked for. A story is made as a reel is."""

    id: str
    page_id: str
    is_reel: bool
    session_id: str
    size: int
    started_at: float
    digest: str | None = None
    uploaded_at: float | None = None
    error: str | None = None
    finished_at: float | None = None
    draft: bool = False
    post_id: str | None = None
    is_story: bool = False
    cover: str | None = None

    @property
    def kind(self) -> str:
        return "story" if self.is_story else "reel" if self.is_reel else "video"


@dataclass
class Post:
    id: str  # {page}_{number}
    page_id: str
    message: str
    kind: str  # text, link, photo, album, reel, video, story
    created_at: float  # the sandbox's clock
    received_at: float  # real time
    visible_at: float
    is_published: bool = True
    link: str | None = None
    title: str | None = None
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


@dataclass
class Comment:
    id: str
    post_id: str
    page_id: str
    text: str
    created_at: float
