"""Instagram emulated: graph, token and www hosts under `/instagram`, Facebook's graph and www as `fbgraph` and `fbwww`.

Both logins reach the same accounts, containers and posts. Built from channels/instagram.md. Not here: resumable
uploads, insights, webhooks.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.graph.errors import missing_object, planned_failure
from munadi.sandbox.graph.parameters import token_in
from munadi.sandbox.graph.reading import VERSION, new_id, new_username
from munadi.sandbox.graph.tokens import AGE_SECONDS
from munadi.sandbox.instagram.containers import Containers
from munadi.sandbox.instagram.errors import KNOWN
from munadi.sandbox.instagram.graph import ALL_SCOPES, PAGE_HOST, Graph
from munadi.sandbox.instagram.login import Login
from munadi.sandbox.instagram.model import Profile
from munadi.sandbox.instagram.pages import Pages, page_id
from munadi.sandbox.instagram.publishing import Publishing
from munadi.sandbox.instagram.reading import Reading
from munadi.sandbox.instagram.site import Site
from munadi.sandbox.instagram.views import post_view, profile_view
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store

DEFAULT = Profile("17841400000000001", "26000000000000001", "munadi.sandbox")
DEFAULT_TOKEN = "IGsandboxMunadiAccessToken"  # published on purpose: nothing real is behind it
DEFAULT_PAGE_TOKEN, DEFAULT_PERSON_TOKEN = "EAAsandboxInstagramPageToken", "EAAsandboxInstagramPersonToken"


class Instagram(EmulatedNetwork):
    channel = "instagram"
    hosts = {"GRAPH": "graph", "TOKEN": "token", "AUTH": "www", "FB_GRAPH": PAGE_HOST, "FB_AUTH": "fbwww"}
    app_credentials = ("client_id", "client_secret", "fb_client_id", "fb_client_secret")
    default_delays = {"image": 1.5, "reel": 4.0, "parent": 1.0}
    default_limits = {"postsPerDay": 100, "containersPerDay": 400, "callsPerHour": 4_800}
    default_switches = {"republishPublished": False, "flatCodeAnswer": False}
    statuses = {"active", "restricted", "checkpoint"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._graph = Graph(clock, store, media, self.delays, self.limits, self.switches)
        self._login = Login(self._graph)
        self._pages = Pages(self._graph, self._login)
        self._site = Site(self._graph)
        self._operations = _operations(self._graph, self._login, self._pages)

    def operation(self, call: Call) -> Operation:
        host, _, path = call.path.partition("/")
        name = self._name(call.method, host, [part for part in path.split("/") if part])
        if name == "site":
            return Operation(name, self._site.post)
        return self._operations.get(name) or Operation("unknown", self._graph.counted(_not_served))

    def operation_names(self) -> set[str]:
        return {"site", *self._operations}

    def caller(self, call: Call) -> str | None:
        token = self._graph.tokens.rows.get(token_in(call) or "")
        return token.profile_id if token else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(KNOWN, error, status)

    def seed(self) -> None:
        if DEFAULT.id not in self._graph.profiles:
            self._graph.profiles.put(DEFAULT.id, Profile(DEFAULT.id, DEFAULT.app_scoped_id, DEFAULT.username))
            self._login.issue(DEFAULT.id, ALL_SCOPES, age=AGE_SECONDS, value=DEFAULT_TOKEN)
        for kind, value in (("page", DEFAULT_PAGE_TOKEN), ("person", DEFAULT_PERSON_TOKEN)):
            if value not in self._graph.tokens.rows:  # nor in a data folder that is older than they are
                self._pages.issue(DEFAULT.id, kind, value)

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        return self._credentials(self._new_profile(name, ""))

    def create_beside(self, profile_id: str, name: str | None, base_url: str) -> dict[str, Any]:
        return self._credentials(self._new_profile(name, self._graph.profile(profile_id).lead))

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self._credentials(self._graph.profile(profile_id))

    def profiles(self) -> list[ProfileView]:
        return [profile_view(profile) for profile in self._graph.profiles]

    def posts(self, base_url: str) -> list[PostView]:
        return [post_view(self._graph, media, base_url) for media in self._graph.media]

    def set_status(self, profile_id: str, status: str) -> None:
        profile = self._graph.profile(profile_id)
        profile.status = status
        self._graph.profiles.put(profile_id, profile)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """Every kind of token, whatever `which` says."""
        self._graph.tokens.expire(profile_id)
        self._graph.tokens.expire(self._graph.profile(profile_id).lead, "person")

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        self._graph.tokens.revoke(profile_id, subcode)
        self._graph.tokens.revoke(self._graph.profile(profile_id).lead, subcode, "person")

    def clear(self) -> None:
        self._graph.clear()
        self.restore_settings()

    def _new_profile(self, name: str | None, owner: str) -> Profile:
        username = new_username(name, [profile.username for profile in self._graph.profiles])
        profile = Profile(new_id("178414"), new_id("26"), username, owner=owner)
        return self._graph.profiles.put(profile.id, profile)

    def _credentials(self, profile: Profile) -> dict[str, Any]:
        token = self._login.issue(profile.id, ALL_SCOPES, age=AGE_SECONDS)
        return {
            "channel": "instagram",
            "externalId": profile.id,
            "username": profile.username,
            "accessToken": token.value,
            "pageId": page_id(profile),
            "pageToken": self._pages.issue(profile.id, "page").value,
            "personToken": self._pages.issue(profile.lead, "person").value,
        }

    def _name(self, method: str, host: str, parts: list[str]) -> str:
        """The operation's name for a path."""
        if host == "www":
            return "authorize" if parts[:2] == ["oauth", "authorize"] else "site"
        if host == "fbwww":
            return "authorize_person" if parts[-2:] == ["dialog", "oauth"] else "unknown"
        if host == "token":
            return "exchange_code" if (method, parts) == ("POST", ["oauth", "access_token"]) else "unknown"
        if parts and VERSION.match(parts[0]):
            parts = parts[1:]
        if host == PAGE_HOST and (name := PAGE_PATHS.get((method, "/".join(parts)))):
            return name
        if len(parts) == 2:
            return TWO_PARTS.get((method, parts[1]), "unknown")
        if method != "GET" or len(parts) != 1:
            return "unknown"
        if host == PAGE_HOST:
            return "page_account" if parts[0] in self._graph.profiles else self._node(parts[0])
        return ONE_PART.get(parts[0]) or self._node(parts[0])

    def _node(self, node: str) -> str:
        if node in self._graph.containers:
            return "container_status"
        is_account = any(node in (profile.id, profile.app_scoped_id) for profile in self._graph.profiles)
        return "me" if is_account else "get_media"


ONE_PART = {"me": "me", "refresh_access_token": "refresh_token", "access_token": "exchange_token"}
PAGE_PATHS = {
    ("GET", "me"): "page_me",
    ("GET", "me/accounts"): "list_pages",
    ("GET", "me/permissions"): "list_permissions",
    ("GET", "oauth/access_token"): "person_token",
    ("GET", "debug_token"): "inspect_token",
}
TWO_PARTS = {
    ("POST", "media"): "create_container",
    ("GET", "media"): "list_media",
    ("POST", "media_publish"): "media_publish",
    ("GET", "content_publishing_limit"): "content_publishing_limit",
    ("GET", "stories"): "list_stories",
    ("POST", "comments"): "comments",
    ("GET", "comments"): "list_comments",
}


def _operations(graph: Graph, login: Login, pages: Pages) -> dict[str, Operation]:
    containers, reading = Containers(graph), Reading(graph)
    publishing = Publishing(graph, containers)
    graph_host = {
        "create_container": containers.create,
        "container_status": containers.status,
        "media_publish": publishing.publish,
        "content_publishing_limit": publishing.limit,
        "comments": publishing.comment,
        "list_comments": reading.comments,
        "list_media": reading.feed,
        "list_stories": reading.stories,
        "get_media": reading.media,
        "me": reading.account,
        "refresh_token": login.refresh,
        "exchange_token": login.exchange_token,
        "page_me": pages.me,
        "page_account": pages.account,
        "list_pages": pages.listed,
        "list_permissions": pages.permissions,
        "person_token": pages.access_token,
        "inspect_token": pages.inspect,
    }
    visible = {"media_publish", "comments"}
    operations = {name: Operation(name, graph.counted(run), name in visible) for name, run in graph_host.items()}
    operations["exchange_code"] = Operation("exchange_code", login.exchange_code)
    operations["authorize"] = Operation("authorize", login.authorize)
    operations["authorize_person"] = Operation("authorize_person", pages.authorize)
    return operations


async def _not_served(call: Call) -> Answer:
    raise missing_object(call.path.rstrip("/").rpartition("/")[2], call.method)
