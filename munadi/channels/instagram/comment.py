"""The first comment: one POST below the media that was published, looked for by its text (facts, section 7).

The media is this publication's own, so a comment there with the same words is the one; there is no other key.
"""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import timedelta

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.graph import Graph
from munadi.channels.instagram.lookup import Lookup
from munadi.channels.instagram.pages import next_cursor
from munadi.channels.instagram.prepare import FLAKY_READ, Prepared
from munadi.channels.instagram.wire import CommentRead, read_comments
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft, SaveHandle, Stage

COMMENT = "comment"
FIELDS = "id,text,timestamp"
MAX_LISTS = 5
# Which media a post became may take a while to be readable.
ID_WAIT = timedelta(seconds=30)


class FirstComment:
    """The stage `comment` of the channel."""

    def __init__(self, graph: Graph, lookup: Lookup, tools: ChannelTools) -> None:
        self._graph = graph
        self._lookup = lookup
        self._clock = tools.clock

    async def publish(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared, save: SaveHandle, stage: Stage
    ) -> Published:
        """One comment. Raises ChannelError; *not sent* while the post's id is not known."""
        if prepared.comment_id:
            return Published(post_id=prepared.comment_id)
        media_id = await self._media_id(draft, account, prepared)
        if media_id is None:
            message = "Instagram: which media the post became cannot be read yet"
            raise ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, retry_after=ID_WAIT)
        form = {"message": draft.first_comment or ""}
        try:
            comment_id = await self._graph.post(f"{media_id}/comments", account, form, stage.gate)
        except ChannelError as error:
            if error.provider_code == FLAKY_READ:
                # A media that was just published may seem to be missing for a while, so this no is not final.
                error.sorting = Sorting.UNKNOWN
            raise
        # The comment is there: neither a lost lease nor our own database may hide that.
        with suppress(Exception):
            state = prepared.model_copy(update={"media_id": media_id, "comment_id": comment_id})
            await save(state.model_dump(mode="json"), ready=True, expires_at=prepared.expires_at)
        return Published(post_id=comment_id, published_at=self._clock.now())

    async def find(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared
    ) -> Published | Absent | Unknown:
        """The comment with the draft's words. Raises ChannelError."""
        if prepared.comment_id:
            return Published(post_id=prepared.comment_id)
        media_id = await self._media_id(draft, account, prepared)
        if media_id is None:
            return Unknown(note="the post's id is not known")
        wanted = _plain(draft.first_comment or "")
        found: list[CommentRead] = []
        params = {"fields": FIELDS, "limit": "50"}
        for _ in range(MAX_LISTS):
            answer = await self._graph.get(f"{media_id}/comments", account, params)
            found += [comment for comment in read_comments(answer) if _plain(comment.text) == wanted]
            after = next_cursor(answer)
            if after is None:
                return _judged(found)
            params = {**params, "after": after}
        return _judged(found) if found else Unknown(note="the post has too many comments to read")

    async def _media_id(self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared) -> str | None:
        """As saved, or looked for when the post itself was found by looking."""
        if prepared.media_id:
            return prepared.media_id
        since = prepared.post.created_at if prepared.post else draft.due_at
        return (await self._lookup.locate(draft, account, since)).post_id


def _judged(found: list[CommentRead]) -> Published | Absent | Unknown:
    if len(found) > 1:
        return Unknown(note=f"{len(found)} comments have this text")
    if not found:
        return Absent()
    return Published(post_id=found[0].id, published_at=found[0].timestamp)


def _plain(text: str) -> str:
    """Spaces may be read back otherwise than they were sent."""
    return " ".join(unicodedata.normalize("NFC", text).split())
