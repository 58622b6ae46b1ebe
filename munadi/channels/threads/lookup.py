"""Looking for a post: its container tells whether it is live, the profile's posts tell which one it is.

A post is bound only when exactly one has the text, the kind and a time since the attempt began. Never the latest.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from munadi.channels.threads.graph import Graph, token_of
from munadi.channels.threads.spec import Kind
from munadi.channels.threads.wire import POST, POST_FIELDS, READS_AS, PostRead, kind_of, read_post, read_posts, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown, Warning_
from munadi.ports import PublicationDraft

# The list is asked for from a little before the start (facts, section 7).
SLACK = timedelta(seconds=60)


class Lookup:
    """Reads published posts and replies of a profile."""

    def __init__(self, graph: Graph, permalink_timeout: timedelta) -> None:
        self._graph = graph
        self._timeout = permalink_timeout.total_seconds()

    async def live(self, account: ConnectedAccount, post_id: str, at: datetime | None = None) -> Published:
        """A post whose id is known, with its permalink when that can be read now. Never fails."""
        post: PostRead | None = None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._graph.get(post_id, token_of(account), {"fields": "id,permalink,timestamp"})
            post = read_post(answer.body)
        except (ChannelError, TimeoutError):
            pass  # the post is live whatever this read says
        url = post.permalink if post else None
        message = "the post is live; its address could not be read yet"
        warnings = () if url else (_warning("PERMALINK_PENDING", message),)
        return Published(
            post_id=post_id, url=url, published_at=(post.timestamp if post else None) or at, warnings=warnings
        )

    async def locate(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> Published:
        """Which post a container that is known to be live became; id unknown unless exactly one fits."""
        try:
            found = await self.candidates(draft, account, since.replace(microsecond=0), stage)
        except ChannelError:
            found = []
        if len(found) == 1:
            return _published(found[0])
        message = "the post is live; which one it is could not be told from the profile's posts"
        return Published(warnings=(_warning("POST_ID_PENDING", message),))

    async def search(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> Published | Absent | Unknown:
        """One fitting post is it, several are not told apart. Raises ChannelError."""
        found = await self.candidates(draft, account, since, stage)
        if len(found) > 1:
            return Unknown(note=f"{len(found)} posts have this text")
        return _published(found[0]) if found else Absent()

    async def candidates(
        self, draft: PublicationDraft, account: ConnectedAccount, since: datetime, stage: str
    ) -> list[PostRead]:
        """Every post with the text and kind of the step from `since` on. Raises ChannelError."""
        edge = "threads" if stage == POST else "replies"
        params = {"fields": POST_FIELDS, "since": str(int((since - SLACK).timestamp())), "limit": "100"}
        answer = await self._graph.get(f"{account.external_id}/{edge}", token_of(account), params)
        return [post for post in read_posts(answer) if _fits(post, draft, since, stage)]


def _fits(post: PostRead, draft: PublicationDraft, since: datetime, stage: str) -> bool:
    kind = kind_of(draft) if stage == POST else Kind.TEXT
    return (
        post.timestamp is not None
        and post.timestamp >= since
        and (post.media_type is None or post.media_type in READS_AS[kind])
        and (kind is not Kind.CAROUSEL or post.children in (None, len(draft.media)))
        and post.text.strip() == text_of(draft, stage).strip()
    )


def _published(post: PostRead) -> Published:
    return Published(post_id=post.id, url=post.permalink, published_at=post.timestamp)


def _warning(code: str, message: str) -> Warning_:
    return Warning_(code=code, message=message, channel="threads")
