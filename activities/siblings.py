"""Lets the publications of one post report their ends together, so that its workflow is woken once and not for each.

A workflow task costs the server and the worker about as much as an activity. Nothing waits for this report: the state,
its event and the webhooks are committed before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

# A slot is held meanwhile, and the Web UI is behind by this much.
PATIENCE_SECONDS = 1.0


class _Post:
    def __init__(self) -> None:
        self.at_work = 0
        self.have_ended = asyncio.Event()


class Siblings:
    """The publications of each post that this process publishes now."""

    def __init__(self) -> None:
        self._posts: dict[str, _Post] = {}

    @contextmanager
    def publishing(self, content_id: str) -> Iterator[asyncio.Event]:
        """A publication of this post is published in the block. The event: it and all of its siblings have ended."""
        post = self._posts.setdefault(content_id, _Post())
        post.at_work += 1
        try:
            yield post.have_ended
        finally:
            post.at_work -= 1
            if not post.at_work:
                del self._posts[content_id]
                post.have_ended.set()


async def end_together(have_ended: asyncio.Event) -> None:
    """Wait for the siblings, but not for long."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await have_ended.wait()
    except TimeoutError:
        return
