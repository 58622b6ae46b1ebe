"""Threads emulated: graph, token and www hosts under `/threads`.

Built from channels/threads.md. Not here: ghost posts, location search, sharing to Instagram, insights, webhooks.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.graph.errors import planned_failure
from munadi.sandbox.graph.parameters import flag, parameters, token_in
from munadi.sandbox.graph.reading import VERSION, new_id, new_username
from munadi.sandbox.graph.tokens import AGE_SECONDS
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store
from munadi.sandbox.threads.containers import Containers
from munadi.sandbox.threads.errors import KNOWN, missing_object
from munadi.sandbox.threads.graph import ALL_SCOPES, Graph
from munadi.sandbox.threads.login import Login
from munadi.sandbox.threads.model import Profile
from munadi.sandbox.threads.publishing import Publishing
from munadi.sandbox.threads.reading import Reading
from munadi.sandbox.threads.site import Site
from munadi.sandbox.threads.views import post_view, profile_view

DEFAULT_ID, DEFAULT_NAME = "26750000000000001", "munadi.sandbox"
DEFAULT_TOKEN = "THsandboxMunadiAccessToken"  # published on purpose: nothing real is behind it


class Threads(EmulatedNetwork):
    channel = "threads"
    hosts = {"GRAPH": "graph", "TOKEN": "token", "AUTH": "www"}
    # `race`: for how long after FINISHED a publish may miss the container, in `racePercent` of all cases.
    default_delays = {"text": 0.8, "image": 2.0, "video": 10.0, "parent": 1.0, "race": 0.5}
    default_limits = {"postsPerDay": 250, "repliesPerDay": 1000, "deletesPerDay": 100, "racePercent": 100}
    default_switches = {"countBytes": False, "republishPublished": False, "userIdAsText": False}
    statuses = {"active", "restricted", "checkpoint"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._graph = Graph(clock, store, media, self.delays, self.limits, self.switches)
        self._login = Login(self._graph)
        self._operations = _operations(self._graph, self._login)

    def operation(self, call: Call) -> Operation:
        host, _, path = call.path.partition("/")
        name = self._name(call, host, [part for part in path.split("/") if part])
        return self._operations.get(name) or Operation("unknown", _not_served)

    def operation_names(self) -> set[str]:
        return set(self._operations)

    def caller(self, call: Call) -> str | None:
        token = self._graph.tokens.rows.get(token_in(call) or "")
        return token.profile_id if token else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(KNOWN, error, status)

    def seed(self) -> None:
        if DEFAULT_ID not in self._graph.profiles:
            self._graph.profiles.put(DEFAULT_ID, Profile(DEFAULT_ID, DEFAULT_NAME))
            self._login.issue(DEFAULT_ID, ALL_SCOPES, age=AGE_SECONDS, value=DEFAULT_TOKEN)

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        username = new_username(name, [profile.username for profile in self._graph.profiles])
        profile = Profile(new_id("2675"), username)
        self._graph.profiles.put(profile.id, profile)
        return self._credentials(profile)

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self._credentials(self._graph.profile(profile_id))

    def profiles(self) -> list[ProfileView]:
        return [profile_view(profile) for profile in self._graph.profiles]

    def posts(self, base_url: str) -> list[PostView]:
        return [post_view(self._graph, post, base_url) for post in self._graph.posts]

    def set_status(self, profile_id: str, status: str) -> None:
        profile = self._graph.profile(profile_id)
        profile.status = status
        self._graph.profiles.put(profile_id, profile)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """One kind of token only, so `which` makes no difference."""
        self._graph.tokens.expire(profile_id)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """`subcode` is one of the 190 family, or 4279019 for a session that was revoked (452)."""
        self._graph.tokens.revoke(profile_id, subcode)

    def clear(self) -> None:
        self._graph.clear()
        self.restore_settings()

    def _credentials(self, profile: Profile) -> dict[str, Any]:
        token = self._login.issue(profile.id, ALL_SCOPES, age=AGE_SECONDS)
        return {
            "channel": "threads",
            "externalId": profile.id,
            "username": profile.username,
            "accessToken": token.value,
        }

    def _name(self, call: Call, host: str, parts: list[str]) -> str:
        """The operation's name for a path; the two API hosts are one, as at Threads."""
        if host == "www":
            return "authorize" if parts[:2] == ["oauth", "authorize"] else "site"
        if host not in ("graph", "token") or not parts:
            return "unknown"
        if not VERSION.match(parts[0]):
            return UNVERSIONED.get((call.method, "/".join(parts)), "unknown")
        parts = parts[1:]
        if len(parts) == 2:
            name = TWO_PARTS.get((call.method, parts[1]), "unknown")
            automatic = name == "create_container" and flag(parameters(call), "auto_publish_text")
            return "auto_publish_text" if automatic else name
        return self._node(call.method, parts[0]) if len(parts) == 1 else "unknown"

    def _node(self, method: str, node: str) -> str:
        if method == "DELETE":
            return "delete_post"
        if method != "GET":
            return "unknown"
        if node in self._graph.containers:
            return "container_status"
        if node == "debug_token":
            return node
        return "me" if node == "me" or node in self._graph.profiles else "get_post"


UNVERSIONED = {
    ("POST", "oauth/access_token"): "exchange_code",
    ("GET", "oauth/access_token"): "app_token",
    ("GET", "access_token"): "exchange_token",
    ("GET", "refresh_access_token"): "refresh_token",
}
TWO_PARTS = {
    ("POST", "threads"): "create_container",
    ("POST", "threads_publish"): "threads_publish",
    ("GET", "threads"): "list_threads",
    ("GET", "replies"): "list_replies",
    ("GET", "threads_publishing_limit"): "threads_publishing_limit",
}


def _operations(graph: Graph, login: Login) -> dict[str, Operation]:
    containers, reading = Containers(graph), Reading(graph)
    publishing = Publishing(graph, containers)
    runs = {
        "create_container": containers.create,
        "container_status": containers.status,
        "auto_publish_text": publishing.auto_publish,
        "threads_publish": publishing.publish,
        "threads_publishing_limit": publishing.limit,
        "delete_post": publishing.delete,
        "list_threads": reading.threads,
        "list_replies": reading.replies,
        "get_post": reading.post,
        "me": reading.profile,
        "debug_token": login.inspect,
        "exchange_code": login.exchange_code,
        "exchange_token": login.exchange_token,
        "refresh_token": login.refresh,
        "app_token": login.app_token,
        "authorize": login.authorize,
        "site": Site(graph).post,
    }
    visible = {"threads_publish", "auto_publish_text"}
    return {name: Operation(name, run, name in visible) for name, run in runs.items()}


async def _not_served(call: Call) -> Answer:
    raise missing_object(call.path.rstrip("/").rpartition("/")[2], call.method)
