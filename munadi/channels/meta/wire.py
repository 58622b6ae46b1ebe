"""What several of Meta's networks send and read: forms, and posts read leniently."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Generic

from munadi.channels.answers import instant, object_in
from munadi.channels.meta.graph import listed, words
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.domain.publication import Published
from munadi.ports import Answer, MediaReader
from munadi.ports.publication import Options

Form = dict[str, str]


def form_of(**fields: Any) -> Form:
    """The fields that have a value, as forms carry them: flags as words, lists and objects as JSON."""
    return {name: _text_of(value) for name, value in fields.items() if value not in (None, "", [], {})}


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)


class ContainerForms(ABC, Generic[Options]):
    """What the containers of one network are made with. `media` has the addresses that the network fetches from."""

    def __init__(self, media: MediaReader) -> None:
        self.media = media

    @abstractmethod
    def is_carousel(self, draft: Draft, options: Options) -> bool:
        """Whether each medium has a container of its own, and the post one that names them."""

    @abstractmethod
    def child(self, asset: MediaAsset, options: Options, index: int) -> Form:
        """One medium of a carousel; `index` is its place in the draft."""

    @abstractmethod
    def common(self, draft: Draft, options: Options) -> Form:
        """The text, and the options that go with it."""

    @abstractmethod
    def single(self, draft: Draft, options: Options) -> Form:
        """The one container of any other post."""

    def carousel(self, draft: Draft, options: Options, children: list[str]) -> Form:
        """The container of a carousel; `children` are the ids of those of its media."""
        return {"media_type": "CAROUSEL", "children": ",".join(children), **self.common(draft, options)}


class PostRead(Model):
    """A published post as read back; `children` is how many media a carousel has, when the answer has that."""

    id: str
    text: str = ""
    permalink: str | None = None
    media_type: str | None = None
    product_type: str | None = None
    timestamp: datetime | None = None
    children: int | None = None


def read_post(fields: Any) -> PostRead | None:
    """One post of an answer; None without an id. Fields of another type than documented read as absent."""
    if not isinstance(fields, dict) or not fields.get("id"):
        return None
    inside = object_in(fields.get("children")).get("data")
    return PostRead(
        id=str(fields["id"]),
        text=words(fields.get("text")) or words(fields.get("caption")) or "",
        permalink=words(fields.get("permalink")),
        media_type=words(fields.get("media_type")),
        product_type=words(fields.get("media_product_type")),
        timestamp=instant(fields.get("timestamp")),
        children=len(inside) if isinstance(inside, list) else None,
    )


def read_posts(answer: Answer) -> list[PostRead]:
    """The posts of a list answer, in its order. Raises ChannelError: what is no list is not an empty one."""
    return [post for fields in listed(answer) if (post := read_post(fields))]


class CommentRead(Model):
    """A comment as listed; `author` is its writer's id, where the list has it."""

    id: str
    text: str
    author: str | None = None
    created_at: datetime | None = None

    @property
    def published(self) -> Published:
        """The comment as a publication."""
        return Published(post_id=self.id, published_at=self.created_at)


def read_comment(row: Any, text: str, time: str) -> CommentRead | None:
    """One comment of a list, whose fields for its text and time are named; None without an id or a text."""
    fields = object_in(row)
    comment_id, message = fields.get("id"), words(fields.get(text))
    if not comment_id or message is None:
        return None
    author = object_in(fields.get("from")).get("id")
    at = instant(fields.get(time))
    return CommentRead(id=str(comment_id), text=message, author=author and str(author), created_at=at)
