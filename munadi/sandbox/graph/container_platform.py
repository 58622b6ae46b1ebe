"""A network that publishes through containers, as Instagram and Threads do: its rows, and what each network defines.

A network is a subclass of `ContainerPlatform`: its rules and error answers are data or small methods.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Call
from munadi.sandbox.graph.errors import GraphError
from munadi.sandbox.graph.login import AccountPlatform
from munadi.sandbox.graph.reading import flag, new_id
from munadi.sandbox.media import Downloads, FetchFailed
from munadi.sandbox.model import Account, PostView
from munadi.sandbox.platform import Profile
from munadi.sandbox.storage import Table

FEED_KINDS = {"TEXT_POST": "text", "IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}


@dataclass(kw_only=True)
class Content:
    """What a container and the post that is made of it have in common."""

    id: str
    profile_id: str
    text: str = ""
    digests: list[str] = field(default_factory=list)
    alt_texts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)  # user_tags, topic_tag, poll_attachment …
    cover: str | None = None  # a digest
    reply_to: str | None = None
    link: str | None = None


@dataclass(kw_only=True)
class Container(Content):
    kind: str  # IMAGE, VIDEO, CAROUSEL; at Instagram REELS, STORIES; at Threads TEXT
    created_at: float
    ready_at: float
    is_carousel_item: bool = False
    loading: bool = False  # its video is still being fetched
    problem: str | None = None  # what is wrong with its video
    post_id: str | None = None  # set when it was published


@dataclass(kw_only=True)
class Post(Content):
    media_type: str  # TEXT_POST, IMAGE, VIDEO, CAROUSEL_ALBUM
    product_type: str  # FEED, REELS, STORY, THREADS
    shortcode: str
    published_at: float  # the sandbox's clock
    received_at: float  # real time


class ContainerPlatform(AccountPlatform[Profile]):
    publish_scope: ClassVar[str]
    container_prefix: ClassVar[str]  # of ids
    post_prefix: ClassVar[str]
    text_parameter: ClassVar[str]
    shown_options: ClassVar[Collection[str]]  # the parameters that a post shows
    image_ratios: ClassVar[tuple[float, float]]
    children: ClassVar[tuple[int, int]]  # how many items a carousel may have
    # restricted, not_fetchable, few_children, child_missing, child_no_item, child_unfinished, container_missing,
    # and for publishing a container in this state IN_PROGRESS, EXPIRED, ERROR
    refusals: ClassVar[Mapping[str, GraphError]]
    status_by_default: ClassVar[tuple[str, ...]] = ()  # the fields of a container that is asked for none
    interrupted: ClassVar[str]  # the problem of a video whose download a restart ended
    video_bytes: ClassVar[int]
    links_pages: ClassVar[bool] = True  # lists have a link to the next page

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.containers: Table[Container] = self.table("container", Container)
        self.published: Table[Post] = self.table("post", Post)
        self.downloads: Downloads[Container] = Downloads(self.containers, "problem", self.interrupted)

    @abstractmethod
    def checked_kind(self, profile: Profile, values: dict[str, str]) -> str:
        """The kind of a container with valid parameters; raises the refusal of the first broken rule."""

    def described(self, call: Call, profile: Profile, values: dict[str, str]) -> Container:
        """The container that the parameters describe, nothing fetched yet."""
        kind, now = self.checked_kind(profile, values), self.clock.now()
        delay = self.delays["parent" if kind == "CAROUSEL" else self.delay_of(kind, values)]
        return Container(
            id=new_id(self.container_prefix),
            profile_id=profile.id,
            kind=kind,
            created_at=now,
            ready_at=now + delay,
            text=values.get(self.text_parameter, ""),
            alt_texts=[values.get("alt_text", "")],
            is_carousel_item=flag(values, "is_carousel_item"),
            shown={name: values[name] for name in self.shown_options if name in values},
        )

    @abstractmethod
    def delay_of(self, kind: str, values: dict[str, str]) -> str:
        """The delay that a container of this kind has."""

    @abstractmethod
    def status_facts(self, container: Container, state: str) -> dict[str, Any]: ...

    @abstractmethod
    def download_problem(self, failure: FetchFailed) -> str: ...

    @abstractmethod
    def video_problem(self, body: bytes, kind: str) -> str | None: ...

    @abstractmethod
    def before_publishing(self, call: Call, profile: Profile, container: Container) -> None:
        """The network's last checks: quotas, scopes."""

    @abstractmethod
    def types(self, container: Container) -> tuple[str, str]:
        """media_type and media_product_type, as a post is read back."""

    @abstractmethod
    def facts(self, post: Post, call: Call) -> dict[str, Any]:
        """A post's fields; None for a field that the post lacks."""

    def replies_on(self, post: Post) -> list[str]:
        """What the sandbox's page shows below a post."""
        return [comment.text for comment in self.comments_on(post.id)]

    @abstractmethod
    def notes_on(self, post: Post) -> list[str]: ...

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The post with its comments."""
        return [(self.published, post.id), *((self.comments, comment.id) for comment in self.comments_on(post.id))]

    def kind_of(self, post: Post) -> str:
        return FEED_KINDS[post.media_type]

    def state(self, container: Container) -> str:
        """How far a container is; 24 hours unpublished end it."""
        now = self.clock.now()
        if container.post_id is not None:
            return "PUBLISHED"
        if now >= container.created_at + DAY:
            return "EXPIRED"
        if container.loading or now < container.ready_at:
            return "IN_PROGRESS"
        return "FINISHED" if container.problem is None else "ERROR"

    def posts(self, base_url: str) -> list[PostView]:
        return [
            self.view(
                post,
                base_url,
                kind=self.kind_of(post),
                media=self.shown_media(post.digests, post.alt_texts),
                comments=self.replies_on(post),
                notes=self.notes_on(post),
            )
            for post in self.published
        ]


def display_name(profile: Account) -> str:
    return profile.username.replace(".", " ").title()
