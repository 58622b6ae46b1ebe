"""Looking for a post: its container tells whether it is live, the account's own list tells which one it is.

A post is bound only when exactly one has the text, the kind and a time since the attempt began. Never the latest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.meta.graph import Graph, instant, listed, quickly, token_of, words
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.domain.model import Model
from munadi.domain.publication import Absent, Published, Unknown, Warning_
from munadi.ports import Answer, PublicationDraft

# The list is asked for from a little before the start (facts, section 7).
SLACK = timedelta(seconds=60)


class PostRead(Model):
    """A published post as read back; `children` is how many media a carousel has, when that was told."""

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
    children = fields.get("children")
    inside = children.get("data") if isinstance(children, dict) else None
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


@dataclass(frozen=True)
class PostRules:
    """Where the networks differ: the fields to read, the list that a step's post stands in, and whether one fits."""

    channel: ChannelName
    fields: str
    edge: Callable[[PublicationDraft, str], str]
    fits: Callable[[PostRead, PublicationDraft, str], bool]


@dataclass(frozen=True)
class Lookup:
    """Reads published posts of an account; a permalink is waited for no longer than `patience`."""

    graph: Graph
    rules: PostRules
    patience: timedelta

    async def live(self, account: ConnectedAccount, post_id: str, at: datetime | None = None) -> Published:
        """A post whose id is known, with its permalink when that can be read now. Never fails."""
        look = self.graph.get(post_id, token_of(account), {"fields": self.rules.fields})
        answer = await quickly(look, self.patience)
        post = read_post(answer.body) if answer else None
        url = post.permalink if post else None
        message = "the post is live; its address could not be read yet"
        warnings = () if url else (self._warning("PERMALINK_PENDING", message),)
        published_at = (post.timestamp if post else None) or at
        return Published(post_id=post_id, url=url, published_at=published_at, warnings=warnings)

    async def locate(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> Published:
        """Which post a container that is known to be live became; id unknown unless exactly one fits."""
        try:
            found = await self._candidates(draft, account, since.replace(microsecond=0), stage)
        except ChannelError:
            found = []
        if len(found) == 1:
            return _published(found[0])
        message = "the post is live; which one it is could not be told from the account's posts"
        return Published(warnings=(self._warning("POST_ID_PENDING", message),))

    async def search(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> Published | Absent | Unknown:
        """Without a container: one fitting post is it, several are not told apart. Raises ChannelError.

        Nothing goes out before it is due, so an older post with the same text is another one.
        """
        found = await self._candidates(draft, account, max(since, draft.due_at) - SLACK, stage)
        if len(found) > 1:
            return Unknown(note=f"{len(found)} posts have this text")
        return _published(found[0]) if found else Absent()

    async def _candidates(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> list[PostRead]:
        """Every post with the text and kind of the step from `since` on. Raises ChannelError."""
        path = f"{account.external_id}/{self.rules.edge(draft, stage)}"
        params = {"fields": self.rules.fields, "since": str(int((since - SLACK).timestamp())), "limit": "100"}
        posts = read_posts(await self.graph.get(path, token_of(account), params))
        return [
            post
            for post in posts
            if post.timestamp is not None and post.timestamp >= since and self.rules.fits(post, draft, stage)
        ]

    def _warning(self, code: str, message: str) -> Warning_:
        return Warning_(code=code, message=message, channel=self.rules.channel)


def _published(post: PostRead) -> Published:
    return Published(post_id=post.id, url=post.permalink, published_at=post.timestamp)
