"""Looking for a post: its container tells whether it is live, the account's media tell which one it is.

A media is bound only when exactly one has the caption, the kind and a time since the attempt began. Never the latest.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from munadi.channels.instagram.graph import Graph
from munadi.channels.instagram.spec import Kind, Options
from munadi.channels.instagram.wire import MEDIA_FIELDS, READS_AS, MediaRead, kind_of, read_media, read_media_list
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published, Warning_
from munadi.ports import PublicationDraft

# The list is asked for from a little before the start (facts, section 7).
SLACK = timedelta(seconds=60)


class Lookup:
    """Reads published media of an account."""

    def __init__(self, graph: Graph, permalink_timeout: timedelta) -> None:
        self._graph = graph
        self._timeout = permalink_timeout.total_seconds()

    async def live(self, account: ConnectedAccount, media_id: str, at: datetime | None = None) -> Published:
        """A post whose id is known, with its permalink when that can be read now. Never fails."""
        media: MediaRead | None = None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._graph.get(media_id, account, {"fields": MEDIA_FIELDS})
            media = read_media(answer.body)
        except (ChannelError, TimeoutError):
            pass  # the post is live whatever this read says
        url = media.permalink if media else None
        warnings = (
            () if url else (_warning("PERMALINK_PENDING", "the post is live; its address could not be read yet"),)
        )
        published_at = (media.timestamp if media else None) or at
        return Published(post_id=media_id, url=url, published_at=published_at, warnings=warnings)

    async def locate(self, draft: PublicationDraft, account: ConnectedAccount, since: datetime) -> Published:
        """Which media a container that is known to be live became; id unknown unless exactly one fits."""
        try:
            found = await self.candidates(draft, account, since.replace(microsecond=0))
        except ChannelError:
            found = []
        if len(found) == 1:
            return Published(post_id=found[0].id, url=found[0].permalink, published_at=found[0].timestamp)
        message = "the post is live; which one it is could not be told from the account's media"
        return Published(warnings=(_warning("POST_ID_PENDING", message),))

    async def candidates(self, draft: PublicationDraft, account: ConnectedAccount, since: datetime) -> list[MediaRead]:
        """Every media with the draft's caption and kind from `since` on. Raises ChannelError."""
        kind = kind_of(draft, Options.model_validate(draft.options))
        edge = "stories" if kind is Kind.STORY else "media"
        params = {"fields": MEDIA_FIELDS, "since": str(int((since - SLACK).timestamp())), "limit": "100"}
        answer = await self._graph.get(f"{account.external_id}/{edge}", account, params)
        return [media for media in read_media_list(answer) if _fits(media, draft, kind, since)]


def _fits(media: MediaRead, draft: PublicationDraft, kind: Kind, since: datetime) -> bool:
    media_type, product_type = READS_AS[kind]
    return (
        media.timestamp is not None
        and media.timestamp >= since
        and (media_type is None or media.media_type == media_type)
        and media.media_product_type in (None, product_type)
        and (kind is Kind.STORY or media.caption.strip() == draft.text.strip())
    )


def _warning(code: str, message: str) -> Warning_:
    return Warning_(code=code, message=message, channel="instagram")
