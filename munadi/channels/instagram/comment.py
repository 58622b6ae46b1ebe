"""The first comment: one POST below the published media, found again by its text.

The media is this publication's own, so a comment there with the same words is the one; there is no other key.
Source: docs/networks/instagram.md, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.channel import only_one
from munadi.channels.instagram.spec import Options
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.meta.graph import id_of
from munadi.channels.meta.lookup import ContainerLookup
from munadi.channels.meta.state import Prepared
from munadi.channels.meta.wire import read_comment
from munadi.channels.steps import COMMENT
from munadi.channels.text import collapsed
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Published, Unknown
from munadi.ports import Attempt, Publication

FIELDS = "id,text,timestamp"
# Which media a post became may take a while to be readable.
ID_WAIT = timedelta(seconds=30)


@dataclass(frozen=True)
class FirstComment:
    """The step `comment`, at the host of the account's log-in."""

    network: ContainerLookup

    async def publish(self, containers: Containers, attempt: Attempt) -> Published:
        """One comment. Raises ChannelError; *not sent* while the post's id is not known."""
        if comment_id := containers.state.posts.get(COMMENT):
            return Published(post_id=comment_id)
        publication, account = containers.publication, containers.account
        media_id = await self._media_id(publication, containers.state)
        if media_id is None:
            message = "Instagram: which media the post became cannot be read yet"
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message, retry_after=ID_WAIT)
        form = {"message": publication.draft.first_comment or ""}
        try:
            request = containers.graph.making(f"{media_id}/comments", account.token, form)
            comment_id = id_of(await containers.graph.http.send(request, attempt.gate)) or ""
        except ChannelError as error:
            if error.provider_code == MISSING_OBJECT:
                # A media that was just published may seem to be missing for a while, so this refusal is not final.
                error.effect = Effect.UNKNOWN
            raise
        publication.state = containers.state.model_copy(update={"posts": {**containers.state.posts, POST: media_id}})
        await containers.remember(COMMENT, comment_id)
        return Published(post_id=comment_id, published_at=self.network.clock.now())

    async def find(self, publication: Publication[Options, Prepared]) -> Published | Absent | Unknown:
        """The comment with the draft's text. Raises ChannelError."""
        prepared = publication.state
        if comment_id := prepared.posts.get(COMMENT):
            return Published(post_id=comment_id)
        media_id = await self._media_id(publication, prepared)
        if media_id is None:
            return Unknown(note="the post's id is not known")
        return await self._below(media_id, publication.account, collapsed(publication.draft.first_comment or ""))

    async def _below(self, media_id: str, account: ConnectedAccount, wanted: str) -> Published | Absent | Unknown:
        graph, params = self.network.graph(account), {"fields": FIELDS, "limit": "50"}
        rows, whole = await graph.rows(f"{media_id}/comments", account.token, params)
        comments = [comment for row in rows if (comment := read_comment(row, "text", "timestamp"))]
        found = [comment.published for comment in comments if collapsed(comment.text) == wanted]
        otherwise: Absent | Unknown = Absent() if whole else Unknown(note="the post has too many comments to read")
        return only_one(found, "comments have this text", otherwise)

    async def _media_id(self, publication: Publication[Options, Prepared], prepared: Prepared) -> str | None:
        """As saved, or found in the account's list when the post itself was found there."""
        if media_id := prepared.posts.get(POST):
            return media_id
        container = prepared.containers.get(POST)
        since = container.created_at if container else publication.draft.due_at
        return (await self.network.locate(publication, since, POST)).post_id
