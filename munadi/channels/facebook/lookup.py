"""Looking for a post or a comment. A feed post has no key of ours: its photos' ids are one, text and time are weak.

Exactly one fitting post is bound, never the latest. Facebook shows texts a little changed, so what might be ours in
other words is never taken for absent.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from munadi.channels.facebook.graph import Graph, token_of
from munadi.channels.facebook.spec import Settings
from munadi.channels.facebook.state import Prepared
from munadi.channels.facebook.wire import POST_FIELDS, PostRead, instant, read_post
from munadi.channels.http import no_proof
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft

# Lists are asked for from a little before the start (facts, section 7).
SLACK = timedelta(seconds=60)
PAGE_SIZE = "100"
# `@[page-id]` in a message is shown as the Page's name.
_MENTION = re.compile(r"@\[[^\]]+\]")


class Lookup:
    """Reads a Page's posts and their comments."""

    def __init__(self, graph: Graph, settings: Settings) -> None:
        self._graph = graph
        self._site = settings.hosts.auth.rstrip("/")
        self._timeout = settings.permalink_timeout.total_seconds()

    async def live(self, account: ConnectedAccount, post_id: str, at: datetime | None = None) -> Published:
        """A post whose id is known, with its permalink; when that cannot be read, the address by id leads there."""
        post: PostRead | None = None
        try:
            async with asyncio.timeout(self._timeout):
                fields = {"fields": "id,permalink_url,created_time"}
                post = read_post((await self._graph.get(post_id, token_of(account), fields)).body)
        except (ChannelError, TimeoutError):
            pass  # the post is live whatever this read says
        url = (post.permalink if post else None) or f"{self._site}/{post_id}"
        return Published(post_id=post_id, url=url, published_at=(post.created_at if post else None) or at)

    async def search(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared, since: datetime
    ) -> Published | Absent | Unknown:
        """The draft's post among the Page's. Raises ChannelError.

        Nothing goes out before it is due, so an older post with the same text is another one.
        """
        start = max(since, draft.due_at) - SLACK
        posts, whole = await self._posts(account, start)
        photos = {photo.id for photo in prepared.photos}
        found = [post for post in posts if photos & post.media]
        if not found:
            doubtful = [post for post in posts if _may_be(post, draft, photos)]
            found = [post for post in doubtful if _has_link(post, draft)]
            if doubtful and not found:
                return Unknown(note="a post has this text with another link")
        if len(found) > 1:
            return Unknown(note=f"{len(found)} posts have this text")
        if found:
            url = found[0].permalink or f"{self._site}/{found[0].id}"
            return Published(post_id=found[0].id, url=url, published_at=found[0].created_at)
        return Absent() if whole else Unknown(note="the Page has more posts than one look reads")

    async def has_older_twin(self, draft: PublicationDraft, account: ConnectedAccount, before: datetime) -> bool:
        """Whether "posted already" is about a post from before ours was due, and about none since. Read only."""
        try:
            posts, _ = await self._posts(account, before - timedelta(days=7))
        except ChannelError:
            return False
        times = [post.created_at for post in posts if same_text(draft.text, post.message) and post.created_at]
        return bool(times) and max(times) < before - SLACK

    async def comment(
        self, draft: PublicationDraft, account: ConnectedAccount, target: str, since: datetime
    ) -> Published | Absent | Unknown:
        """The first comment among the Page's own at its post. Raises ChannelError."""
        fields = {"fields": "id,message,created_time,from{id}", "filter": "stream", "limit": PAGE_SIZE}
        answer = await self._graph.get(f"{target}/comments", token_of(account), fields)
        data = answer.field("data")
        if not isinstance(data, list):
            raise no_proof(answer)
        is_ours = _comment_test(draft, account, since - SLACK)
        found = [one for one in data if is_ours(one)]
        if len(found) > 1:
            return Unknown(note=f"{len(found)} comments have this text")
        if not found:
            return Absent()
        return Published(post_id=str(found[0]["id"]), published_at=instant(found[0].get("created_time")))

    async def _posts(self, account: ConnectedAccount, since: datetime) -> tuple[list[PostRead], bool]:
        """The Page's published posts since then, and whether that is all of them. Raises ChannelError."""
        since = since.replace(microsecond=0)
        params = {"fields": POST_FIELDS, "since": str(int(since.timestamp())), "limit": PAGE_SIZE}
        rows, whole = await self._graph.listed(f"{account.external_id}/published_posts", token_of(account), params)
        posts = [post for row in rows if (post := read_post(row))]
        return [one for one in posts if one.is_published and one.created_at and one.created_at >= since], whole


def same_text(ours: str, theirs: str) -> bool:
    """Whether Facebook may show `ours` as `theirs`: spaces may differ, and a mention has become a name."""
    parts = [re.escape(_plain(part)) for part in _MENTION.split(ours)]
    # The spaces beside a mention fell to `_plain`.
    return re.fullmatch(r"\s?.+?\s?".join(parts), _plain(theirs)) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _may_be(post: PostRead, draft: PublicationDraft, photos: set[str]) -> bool:
    """Same text, and media only where the draft has some; photos that can be read and are not ours rule it out."""
    if not same_text(draft.text, post.message):
        return False
    return not (photos and post.media) if draft.media else not post.has_media


def _has_link(post: PostRead, draft: PublicationDraft) -> bool:
    """Whether its card is the draft's, as far as that can be read."""
    if not draft.link or not post.links:
        return True
    return draft.link.rstrip("/") in {link.rstrip("/") for link in post.links}


def _comment_test(draft: PublicationDraft, account: ConnectedAccount, since: datetime) -> Callable[[Any], bool]:
    def is_ours(one: Any) -> bool:
        if not isinstance(one, dict) or not one.get("id") or not isinstance(one.get("message"), str):
            return False
        author = one["from"].get("id") if isinstance(one.get("from"), dict) else None
        at = instant(one.get("created_time"))
        return (
            author in (None, account.external_id)
            and (at is None or at >= since)
            and same_text(draft.first_comment or "", one["message"])
        )

    return is_ours
