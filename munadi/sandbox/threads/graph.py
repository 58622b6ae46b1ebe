"""The shared parts of the Threads API: tables, ids, who is calling, and the daily buckets."""

from __future__ import annotations

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Call
from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import refuse
from munadi.sandbox.graph.parameters import token_in
from munadi.sandbox.graph.reading import new_id
from munadi.sandbox.graph.tokens import DAY, Token, Tokens
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.model import Container, Post, Profile, Spent

BASIC, PUBLISH = "threads_basic", "threads_content_publish"
MANAGE_REPLIES, READ_REPLIES, DELETE = "threads_manage_replies", "threads_read_replies", "threads_delete"
LOCATION = "threads_location_tagging"
ALL_SCOPES = [BASIC, PUBLISH, MANAGE_REPLIES, READ_REPLIES, DELETE, LOCATION]


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
        self.profiles: Table[Profile] = Table(store, "threads_profile", Profile)
        self.tokens = Tokens(clock, store, "threads", {errors.SESSION_REVOKED.subcode: errors.SESSION_REVOKED})
        self.containers: Table[Container] = Table(store, "threads_container", Container)
        self.posts: Table[Post] = Table(store, "threads_post", Post)
        self.spent: Table[Spent] = Table(store, "threads_spent", Spent)

    def clear(self) -> None:
        for table in (self.profiles, *self.tokens.tables, self.containers, self.posts, self.spent):
            table.clear()

    def token(self, value: str | None) -> Token:
        """The usable token of that value; raises 104, 452 and the 190 family."""
        token = self.tokens.usable(value)
        if self.profile(token.profile_id).status == "checkpoint":
            raise refuse(shared.CHECKPOINT)
        return token

    def caller(self, call: Call, scope: str) -> Profile:
        token = self.token(token_in(call))
        if scope not in token.scopes:
            raise refuse(shared.NO_PERMISSION)
        return self.profile(token.profile_id)

    def owner(self, call: Call, node: str, scope: str) -> Profile:
        """The caller, who must be the profile that the path names (`me` or its id)."""
        profile = self.caller(call, scope)
        if node not in ("me", profile.id):
            raise errors.missing_object(node, call.method)
        return profile

    def profile(self, profile_id: str) -> Profile:
        profile = self.profiles.get(profile_id)
        if profile is None:
            raise UnknownProfileError(f"threads has no profile {profile_id!r}")
        return profile

    def container_of(self, container_id: str, profile: Profile) -> Container | None:
        container = self.containers.get(container_id)
        return container if container is not None and container.profile_id == profile.id else None

    def post_of(self, post_id: str, profile: Profile) -> Post | None:
        post = self.posts.get(post_id)
        return post if post is not None and post.profile_id == profile.id else None

    def root_of(self, post: Post) -> str:
        """The id of the first post of a thread, as far as it is still there."""
        while post.reply_to is not None and (parent := self.posts.get(post.reply_to)) is not None:
            post = parent
        return post.id

    def used(self, profile: Profile, bucket: str) -> int:
        """How much of a bucket the last 24 hours have spent."""
        since = self.clock.now() - DAY
        return sum(1 for one in self.spent if (one.profile_id, one.bucket) == (profile.id, bucket) and one.at > since)

    def total(self, bucket: str) -> int:
        return self.limits[{"quota": "postsPerDay", "reply_quota": "repliesPerDay"}.get(bucket, "deletesPerDay")]

    def require_left(self, profile: Profile, bucket: str) -> None:
        """Which error tells that a bucket is empty is not documented; code 4 is this emulation's choice."""
        if self.used(profile, bucket) >= self.total(bucket):
            raise refuse(shared.APP_LIMIT)

    def spend(self, profile: Profile, bucket: str) -> None:
        row = Spent(new_id("1"), profile.id, bucket, self.clock.now())
        self.spent.put(row.id, row)
