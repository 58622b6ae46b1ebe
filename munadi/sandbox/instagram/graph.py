"""The Graph's shared parts: tables, ids, who is calling, and the usage headers.

Every answer carries X-App-Usage and X-Business-Use-Case-Usage; the percentages are of the limit `callsPerHour`
and are told, not enforced (plant a fault for that).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import missing_object, refuse
from munadi.sandbox.graph.parameters import token_in
from munadi.sandbox.graph.tokens import HOUR, Token, Tokens
from munadi.sandbox.instagram.model import Comment, Container, Media, Profile
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
ALL_SCOPES = [BASIC, PUBLISH, COMMENTS]
# The same permissions as the login through a Page names them, and those that it needs besides.
PAGE_SCOPES = {
    BASIC: "instagram_basic",
    PUBLISH: "instagram_content_publish",
    COMMENTS: "instagram_manage_comments",
}
ALL_PAGE_SCOPES = [*PAGE_SCOPES.values(), "pages_show_list", "pages_read_engagement"]
PAGE_HOST = "fbgraph"


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
        self.profiles: Table[Profile] = Table(store, "instagram_profile", Profile)
        self.tokens = Tokens(clock, store, "instagram", {})
        self.containers: Table[Container] = Table(store, "instagram_container", Container)
        self.media: Table[Media] = Table(store, "instagram_media", Media)
        self.comments: Table[Comment] = Table(store, "instagram_comment", Comment)
        self._recent: deque[float] = deque()

    def clear(self) -> None:
        for table in (self.profiles, *self.tokens.tables, self.containers, self.media, self.comments):
            table.clear()
        self._recent.clear()

    def token(self, call: Call) -> Token:
        """The usable token of this call; raises the 190 family."""
        token = self.tokens.usable(token_in(call))
        if (token.kind != "account") != on_page_host(call):
            raise refuse(shared.TOKEN_UNREADABLE)
        if self.profile(token.profile_id).status == "checkpoint":
            raise refuse(shared.CHECKPOINT)
        return token

    def caller(self, call: Call, scope: str) -> Profile:
        token = self.token(call)
        if (scope if token.kind == "account" else PAGE_SCOPES[scope]) not in token.scopes:
            raise refuse(shared.NO_PERMISSION)
        return self.profile(token.profile_id)

    def owner(self, call: Call, node: str, scope: str) -> Profile:
        """The caller, who must be the account that the path names: its id, or `me`, which there is the Page."""
        profile = self.caller(call, scope)
        if node != profile.id and (node != "me" or on_page_host(call)):
            raise missing_object(node, call.method)
        return profile

    def profile(self, profile_id: str) -> Profile:
        profile = self.profiles.get(profile_id)
        if profile is None:
            raise UnknownProfileError(f"instagram has no profile {profile_id!r}")
        return profile

    def container_of(self, container_id: str, profile: Profile) -> Container | None:
        container = self.containers.get(container_id)
        return container if container is not None and container.profile_id == profile.id else None

    def media_of(self, media_id: str, profile: Profile) -> Media | None:
        media = self.media.get(media_id)
        return media if media is not None and media.profile_id == profile.id else None

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
        business = {"type": "instagram", **used, "estimated_time_to_regain_access": 0}
        return {
            "X-App-Usage": json.dumps(used),
            "X-Business-Use-Case-Usage": json.dumps({"17840000000000000": [business]}),
        }


def on_page_host(call: Call) -> bool:
    """Whether this is graph.facebook.com, where the account is reached through its Page."""
    return call.path.partition("/")[0] == PAGE_HOST
