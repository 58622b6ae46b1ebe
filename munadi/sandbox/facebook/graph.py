"""The Graph's shared parts: tables, ids, who is calling, and the usage headers.

Every answer carries X-App-Usage and X-Business-Use-Case-Usage; the percentages are of the limit `callsPerHour`
and are told, not enforced (plant a fault for that).
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.facebook import errors
from munadi.sandbox.facebook.model import Code, Comment, Page, Person, Photo, Post, Token, Video
from munadi.sandbox.facebook.parameters import token_in
from munadi.sandbox.graph import errors as family
from munadi.sandbox.graph.errors import missing_object, refuse
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table

HOUR, DAY = 3600, 86_400
READ, POST, COMMENT = "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"
ALL_SCOPES = ["pages_show_list", READ, POST, COMMENT]


class Graph:
    def __init__(
        self,
        clock: SandboxClock,
        store: Store,
        media: MediaShelf,
        delays: dict[str, float],
        limits: dict[str, int],
        switches: dict[str, bool],
    ) -> None:
        self.clock = clock
        self.shelf = media
        self.delays, self.limits, self.switches = delays, limits, switches
        self.persons: Table[Person] = Table(store, "facebook_person", Person)
        self.pages: Table[Page] = Table(store, "facebook_page", Page)
        self.tokens: Table[Token] = Table(store, "facebook_token", Token)
        self.codes: Table[Code] = Table(store, "facebook_code", Code)
        self.photos: Table[Photo] = Table(store, "facebook_photo", Photo)
        self.videos: Table[Video] = Table(store, "facebook_video", Video)
        self.posts: Table[Post] = Table(store, "facebook_post", Post)
        self.comments: Table[Comment] = Table(store, "facebook_comment", Comment)
        self._recent: deque[float] = deque()

    def clear(self) -> None:
        tables = (self.persons, self.pages, self.tokens, self.codes, self.photos, self.videos, self.posts)
        for table in (*tables, self.comments):
            table.clear()
        self._recent.clear()

    def token(self, call: Call) -> Token:
        """The usable token of this call; raises the 190 family."""
        value = token_in(call)
        if not value:
            raise refuse(family.TOKEN_MISSING)
        token = self.tokens.get(value)
        if token is None:
            raise refuse(family.TOKEN_UNREADABLE)
        if token.revoked_subcode is not None:
            raise refuse(errors.REVOCATIONS.get(token.revoked_subcode, family.APP_REMOVED))
        if token.expires_at is not None and token.expires_at <= self.clock.now():
            raise refuse(family.TOKEN_EXPIRED)
        if token.page_id is not None and self.page(token.page_id).status == "checkpoint":
            raise refuse(errors.CHECKPOINT)
        return token

    def caller(self, call: Call, scope: str) -> Page:
        """The Page whose token it is; a person's token may not act for a Page."""
        token = self.token(call)
        if token.page_id is None:
            raise refuse(errors.NEEDS_PAGE_TOKEN)
        if scope not in token.scopes:
            raise refuse(errors.NO_PERMISSION)
        return self.page(token.page_id)

    def owner(self, call: Call, node: str, scope: str) -> Page:
        """The caller, which must be the Page that the path names; a restricted one may only read."""
        page = self.caller(call, scope)
        if node not in ("me", page.id):
            raise missing_object(node, call.method)
        if call.method != "GET" and page.status == "restricted":
            raise refuse(errors.RESTRICTED)
        return page

    def page(self, page_id: str) -> Page:
        page = self.pages.get(page_id)
        if page is None:
            raise UnknownProfileError(f"facebook has no Page {page_id!r}")
        return page

    def post_of(self, node: str, page: Page) -> Post | None:
        """The Page's post by its id or its video's."""
        for post in self.posts:
            if node in (post.id, post.video_id) and post.page_id == page.id:
                return post
        return None

    def is_visible(self, post: Post) -> bool:
        return post.is_published and post.visible_at <= self.clock.now()

    def counted(self, run: Callable[[Call], Awaitable[Answer]]) -> Callable[[Call], Awaitable[Answer]]:
        """The operation with the usage headers on whatever it answers."""

        async def run_and_count(call: Call) -> Answer:
            try:
                answer = await run(call)
            except Refusal as refusal:
                answer = refusal.answer
            return Answer(answer.status, answer.body, {**self._usage(), **answer.headers}, answer.effect)

        return run_and_count

    def _usage(self) -> dict[str, str]:
        now = self.clock.now()
        self._recent.append(now)
        while self._recent[0] < now - HOUR:
            self._recent.popleft()
        percent = min(100, len(self._recent) * 100 // max(1, self.limits["callsPerHour"]))
        used = {"call_count": percent, "total_cputime": percent, "total_time": percent}
        business = {"type": "pages", **used, "estimated_time_to_regain_access": 0}
        return {
            "X-App-Usage": json.dumps(used),
            "X-Business-Use-Case-Usage": json.dumps({"100000000000000": [business]}),
        }


def new_id(prefix: str) -> str:
    """A numeric id of 15 digits: photos, videos and posts differ in their first ones."""
    return prefix + "".join(secrets.choice("0123456789") for _ in range(15 - len(prefix)))


def graph_time(seconds: float) -> str:
    """`2026-11-25T01:00:00+0000`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
