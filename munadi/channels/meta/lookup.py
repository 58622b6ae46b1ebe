"""Finding a post: its container shows whether it is live, the account's own list shows which one it is.

A post is bound only when exactly one has the text, the kind and a time since the attempt began. Never the latest.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from munadi.channels.channel import only_one
from munadi.channels.meta.graph import within
from munadi.channels.meta.network import ContainerNetwork
from munadi.channels.meta.state import Prepared
from munadi.channels.meta.wire import PostRead, read_post, read_posts
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown, Warning_
from munadi.ports import Publication

# Lists are read from a little before the start, since clocks differ.
SLACK = timedelta(seconds=60)


class ContainerLookup(ContainerNetwork):
    """Reads published posts of an account."""

    async def live(self, account: ConnectedAccount, post_id: str, at: datetime | None = None) -> Published:
        """A post whose id is known, with its permalink when that can be read in time. Never fails."""
        read = self.graph(account).get(post_id, account.token, {"fields": self.post_fields})
        answer = await within(self.permalink_timeout, read)
        post = read_post(answer.body) if answer else None
        url = post.permalink if post else None
        message = "the post is live; its address could not be read yet"
        warnings = () if url else (self._warning("PERMALINK_PENDING", message),)
        published_at = (post.timestamp if post else None) or at
        return Published(post_id=post_id, url=url, published_at=published_at, warnings=warnings)

    async def locate(self, publication: Publication[Any, Prepared], since: datetime, step: str) -> Published:
        """The post that a live container became; without an id unless exactly one fits."""
        try:
            found = await self._candidates(publication, since.replace(microsecond=0), step)
        except ChannelError:
            found = []
        if len(found) == 1:
            return _published(found[0])
        message = "the post is live; the account's posts do not show which one it is"
        return Published(warnings=(self._warning("POST_ID_PENDING", message),))

    async def search(
        self, publication: Publication[Any, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """Without a container: one fitting post is the one, several are Unknown. Raises ChannelError.

        Nothing is published before it is due, so an older post with the same text is another one.
        """
        found = await self._candidates(publication, max(since, publication.draft.due_at) - SLACK, step)
        return only_one([_published(one) for one in found], "posts have this text")

    async def _candidates(self, publication: Publication[Any, Prepared], since: datetime, step: str) -> list[PostRead]:
        """Every post since then with the text and kind of the step. Raises ChannelError."""
        account = publication.account
        path = f"{account.external_id}/{self.edge(publication, step)}"
        params = {"fields": self.post_fields, "since": str(int((since - SLACK).timestamp())), "limit": "100"}
        reads = read_posts(await self.graph(account).get(path, account.token, params))
        return [one for one in reads if one.timestamp and one.timestamp >= since and self.fits(one, publication, step)]

    def _warning(self, code: str, message: str) -> Warning_:
        return Warning_(code=code, message=message, channel=self.channel)


def _published(post: PostRead) -> Published:
    return Published(post_id=post.id, url=post.permalink, published_at=post.timestamp)
