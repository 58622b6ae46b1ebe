"""Facebook Pages emulated: graph, upload, video and www hosts under `/facebook`.

Built from channels/facebook.md. Not here: targeting, business assets, webhooks.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation, Refusal
from munadi.sandbox.facebook.errors import planned_failure
from munadi.sandbox.facebook.graph import ALL_SCOPES, Graph, new_id
from munadi.sandbox.facebook.login import LONG_SECONDS, Login
from munadi.sandbox.facebook.model import Page, Person
from munadi.sandbox.facebook.parameters import parameters, token_in
from munadi.sandbox.facebook.posting import Posting
from munadi.sandbox.facebook.reading import Reading
from munadi.sandbox.facebook.site import Site
from munadi.sandbox.facebook.videos import Videos
from munadi.sandbox.facebook.views import post_view, profile_view
from munadi.sandbox.graph.errors import missing_object
from munadi.sandbox.graph.parameters import flag
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store

PERSON = Person("10150000000000001", "Munadi Sandbox")
DEFAULT = Page("100000000000001", "Munadi Sandbox Page", "munadi.sandbox", PERSON.id)
DEFAULT_TOKEN = "EAAsandboxMunadiPageToken"  # published on purpose: nothing real is behind it
DEFAULT_PERSON_TOKEN = "EAAsandboxMunadiUserToken"
VERSION = re.compile(r"^v\d+\.\d+$")


class Facebook(EmulatedNetwork):
    channel = "facebook"
    hosts = {"GRAPH": "graph", "AUTH": "www", "UPLOAD": "upload", "VIDEO": "video"}
    default_delays = {"reel": 4.0, "video": 4.0, "publish": 1.5, "index": 1.0}
    default_limits = {"reelsPerDay": 30, "callsPerHour": 4_800, "bytesPerUpload": 64 * 1024 * 1024}
    default_switches = {"refuseDuplicates": True, "unreadableLinks": False}
    statuses = {"active", "restricted", "checkpoint"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._graph = Graph(clock, store, media, self.delays, self.limits, self.switches)
        self._login = Login(self._graph)
        self._site = Site(self._graph)
        self._operations = _operations(self._graph, self._login)

    def operation(self, call: Call) -> Operation:
        host, _, path = call.path.partition("/")
        name = self._name(call, host, [part for part in path.split("/") if part])
        if name == "site":
            return Operation(name, self._site.post)
        return self._operations.get(name) or Operation("unknown", self._graph.counted(_not_served))

    def operation_names(self) -> set[str]:
        return {"site", *self._operations}

    def caller(self, call: Call) -> str | None:
        token = self._graph.tokens.get(token_in(call) or "")
        return token.page_id if token else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(error, status)

    def seed(self) -> None:
        if DEFAULT.id not in self._graph.pages:
            self._graph.persons.put(PERSON.id, Person(PERSON.id, PERSON.name))
            self._graph.pages.put(DEFAULT.id, Page(DEFAULT.id, DEFAULT.name, DEFAULT.username, PERSON.id))
            self._login.issue(PERSON.id, DEFAULT.id, ALL_SCOPES, None, value=DEFAULT_TOKEN)
            self._login.issue(PERSON.id, None, ALL_SCOPES, LONG_SECONDS, value=DEFAULT_PERSON_TOKEN)

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        username = self._new_username(name)
        person = Person(new_id("1015"), f"Owner of {username}")
        self._graph.persons.put(person.id, person)
        page = Page(new_id("100"), name or username, username, person.id)
        return self._credentials(self._graph.pages.put(page.id, page))

    def create_beside(self, profile_id: str, name: str | None, base_url: str) -> dict[str, Any]:
        username = self._new_username(name)
        page = Page(new_id("100"), name or username, username, self._graph.page(profile_id).person_id)
        return self._credentials(self._graph.pages.put(page.id, page))

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self._credentials(self._graph.page(profile_id))

    def profiles(self) -> list[ProfileView]:
        return [profile_view(page) for page in self._graph.pages]

    def posts(self, base_url: str) -> list[PostView]:
        return [post_view(self._graph, post, base_url) for post in self._graph.posts if self._graph.is_visible(post)]

    def set_status(self, profile_id: str, status: str) -> None:
        page = self._graph.page(profile_id)
        page.status = status
        self._graph.pages.put(profile_id, page)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """`access` is the Page's token, `refresh` the one of its person."""
        for token in self._graph.tokens:
            if (which in ("access", "all") and token.page_id == profile_id) or (
                which in ("refresh", "all") and self._is_persons(token.person_id, token.page_id, profile_id)
            ):  # fmt: skip
                token.expires_at = self.clock.now() - 1
                self._graph.tokens.put(token.value, token)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        for token in self._graph.tokens:
            if token.page_id == profile_id or self._is_persons(token.person_id, token.page_id, profile_id):
                token.revoked_subcode = subcode or 458
                self._graph.tokens.put(token.value, token)

    def clear(self) -> None:
        self._graph.clear()
        self._operations = _operations(self._graph, self._login)  # unfinished uploads are forgotten with it
        self.restore_settings()

    def _new_username(self, name: str | None) -> str:
        username = re.sub(r"[^a-z0-9.]+", ".", (name or "").lower()).strip(".")[:24] or f"page.{secrets.token_hex(3)}"
        is_taken = any(page.username == username for page in self._graph.pages)
        return f"{username}.{secrets.token_hex(3)}" if is_taken else username

    def _is_persons(self, person_id: str, page_id: str | None, profile_id: str) -> bool:
        return page_id is None and self._graph.page(profile_id).person_id == person_id

    def _credentials(self, page: Page) -> dict[str, Any]:
        token = self._login.issue(page.person_id, page.id, ALL_SCOPES, None)
        person = self._login.issue(page.person_id, None, ALL_SCOPES, LONG_SECONDS)
        return {
            "channel": "facebook",
            "externalId": page.id,
            "username": page.username,
            "accessToken": token.value,
            "refreshToken": person.value,
        }

    def _name(self, call: Call, host: str, parts: list[str]) -> str:
        """The operation's name for a path."""
        if parts and VERSION.match(parts[0]):
            parts = parts[1:]
        if host == "www":
            return "authorize" if parts == ["dialog", "oauth"] else "site"
        if host == "upload":
            return "upload_reel" if call.method == "POST" and parts[:1] == ["video-upload"] else "unknown"
        if len(parts) == 2:
            return self._edge(call, parts)
        if not parts:
            return "scrape" if call.method == "POST" else "unknown"
        if len(parts) != 1 or host != "graph":
            return "unknown"
        if call.method != "GET":
            return {"POST": "update_post", "DELETE": self._deletion(parts[0])}.get(call.method, "unknown")
        return ONE_PART.get(parts[0]) or self._node(parts[0])

    def _edge(self, call: Call, parts: list[str]) -> str:
        edge = parts[1]
        if call.method == "POST" and edge in ("video_reels", "video_stories", "videos", "photos"):
            try:
                values = parameters(call)
            except Refusal:
                return "unknown"
            if edge == "photos":
                return "publish_photo" if flag(values, "published", True) else "upload_photo"
            return VIDEO_STEPS.get((edge, values.get("upload_phase", "")), "unknown")
        return TWO_PARTS.get((call.method, edge), "unknown")

    def _deletion(self, node: str) -> str:
        if node in self._graph.videos:
            return "delete_video"
        return "delete_photo" if node in self._graph.photos else "delete_post"

    def _node(self, node: str) -> str:
        if node in self._graph.videos:
            return "video_status"
        is_known = node in self._graph.pages or node in self._graph.persons
        return "node" if is_known else "get_post"


ONE_PART = {"me": "node", "debug_token": "debug_token"}
VIDEO_STEPS = {
    ("video_reels", "start"): "start_reel",
    ("video_reels", "finish"): "finish_reel",
    ("video_stories", "start"): "start_story",
    ("video_stories", "finish"): "finish_story",
    ("videos", "start"): "start_video",
    ("videos", "transfer"): "transfer_video",
    ("videos", "finish"): "finish_video",
    ("videos", ""): "publish_video",
}
TWO_PARTS = {
    ("GET", "access_token"): "access_token",
    ("GET", "accounts"): "accounts",
    ("GET", "permissions"): "permissions",
    ("POST", "feed"): "feed",
    ("GET", "published_posts"): "published_posts",
    ("GET", "posts"): "published_posts",
    ("GET", "feed"): "list_feed",
    ("GET", "scheduled_posts"): "scheduled_posts",
    ("GET", "videos"): "list_videos",
    ("GET", "video_reels"): "list_videos",
    ("POST", "photo_stories"): "photo_story",
    ("POST", "thumbnails"): "thumbnail",
    ("GET", "stories"): "list_stories",
    ("POST", "comments"): "comments",
    ("GET", "comments"): "list_comments",
}
VISIBLE = {"feed", "publish_photo", "photo_story", "finish_reel", "finish_story", "finish_video", "publish_video",
           "comments", "update_post"}  # fmt: skip


def _operations(graph: Graph, login: Login) -> dict[str, Operation]:
    posting, videos, reading = Posting(graph), Videos(graph), Reading(graph)
    runs = {
        "access_token": login.access_token,
        "accounts": login.accounts,
        "permissions": login.permissions,
        "debug_token": login.inspect,
        "node": login.node,
        "feed": posting.feed,
        "upload_photo": posting.photo,
        "publish_photo": posting.photo,
        "photo_story": posting.photo_story,
        "comments": posting.comment,
        "scrape": posting.scrape,
        "update_post": posting.update,
        "delete_post": posting.delete,
        "delete_photo": posting.delete_photo,
        "delete_video": videos.delete,
        "start_reel": videos.start,
        "upload_reel": videos.upload,
        "finish_reel": videos.finish,
        "start_story": videos.start,
        "finish_story": videos.finish,
        "thumbnail": videos.thumbnail,
        "start_video": videos.start,
        "transfer_video": videos.transfer,
        "finish_video": videos.finish,
        "publish_video": videos.post_at_once,
        "video_status": videos.status,
        "get_post": reading.post,
        "published_posts": reading.published_posts,
        "list_feed": reading.feed,
        "scheduled_posts": reading.scheduled,
        "list_videos": reading.videos,
        "list_stories": reading.stories,
        "list_comments": reading.comments,
    }
    operations = {name: Operation(name, graph.counted(run), name in VISIBLE) for name, run in runs.items()}
    operations["authorize"] = Operation("authorize", login.authorize)
    return operations


async def _not_served(call: Call) -> Answer:
    raise missing_object(call.path.rstrip("/").rpartition("/")[2], call.method)
