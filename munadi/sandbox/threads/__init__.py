"""Threads emulated: graph, token and www hosts under `/threads`.

Source: docs/networks/threads.md. Not emulated: texts that publish themselves, ghost posts, location search,
sharing to Instagram, insights, webhooks.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import containers, login
from munadi.sandbox.graph.container_platform import Container, ContainerPlatform, Post, display_name
from munadi.sandbox.graph.errors import APP_LIMIT, REVOCATIONS, refuse_if
from munadi.sandbox.graph.platform import VERSION
from munadi.sandbox.graph.reading import graph_time, new_id, node_in, selected
from munadi.sandbox.media import FetchFailed
from munadi.sandbox.platform import site
from munadi.sandbox.threads import model as errors
from munadi.sandbox.threads.changes import CHANGES
from munadi.sandbox.threads.model import BASIC, DELETE, LOCATION, MANAGE_REPLIES, PUBLISH, READ_REPLIES, Account

DEFAULT = Account("26750000000000001", "munadi.sandbox")
DEFAULT_TOKEN = "THsandboxMunadiAccessToken"  # published on purpose: it opens nothing real
UNVERSIONED = {"exchange_code", "exchange_token", "refresh_token"}
READS_AS = {"TEXT": "TEXT_POST", "CAROUSEL": "CAROUSEL_ALBUM"}
BUCKET_LIMITS = {"quota": "postsPerDay", "reply_quota": "repliesPerDay", "delete_quota": "deletesPerDay"}
NOTES = {
    "quote_post_id": "Quotes {}",
    "reply_control": "Who may reply: {}",
    "topic_tag": "Topic: {}",
    "location_id": "Location {}",
    "allowlisted_country_codes": "Shown only in {}",
}
BUCKETS = {"quota": "config", "reply_quota": "reply_config", "delete_quota": "delete_config"}


async def profile(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call), BASIC)
    facts = {"id": found.id, "username": found.username, "name": display_name(found), "is_verified": False}
    return Answer(200, selected(call, facts))


async def list_threads(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call, -2), BASIC)
    return containers.list_posts(platform, call, found, (p for p in platform.published if p.reply_to is None))


async def list_replies(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call, -2), READ_REPLIES)
    return containers.list_posts(platform, call, found, (p for p in platform.published if p.reply_to is not None))


async def publishing_limit(platform: Threads, call: Call) -> Answer:
    owner = platform.owner(call, node_in(call, -2), BASIC)
    facts: dict[str, Any] = {}
    for bucket, config in BUCKETS.items():
        facts[f"{bucket}_usage"] = len(platform.used(owner, bucket))
        facts[config] = {"quota_total": platform.total(bucket), "quota_duration": DAY}
    return Answer(200, {"data": [selected(call, facts, "quota_usage")]})


async def delete_post(platform: Threads, call: Call) -> Answer:
    """One post: what answers it stays. Which error the end of the day's quota really is, is not documented."""
    used = platform.used(platform.caller(call, DELETE), "delete_quota")
    refuse_if(len(used) >= platform.total("delete_quota"), APP_LIMIT)
    answer = await containers.delete(platform, call, DELETE)
    used.append(platform.clock.now())
    return answer


async def inspect_token(platform: Threads, call: Call) -> Answer:
    platform.token(call)
    return Answer(200, platform.inspection(call))


class Threads(ContainerPlatform[Account]):
    channel = "threads"
    title = "Threads"
    hosts = {"GRAPH": "graph", "TOKEN": "token", "AUTH": "www"}
    # `race`: for how long after FINISHED a publish misses the container.
    default_delays = {"text": 0.8, "image": 2.0, "video": 10.0, "parent": 1.0, "race": 0.5, "index": 0.0}
    default_limits = {"postsPerDay": 250, "repliesPerDay": 1000, "deletesPerDay": 100}
    default_profile = DEFAULT
    changes = CHANGES
    error_type = errors.API
    known_errors = errors.KNOWN
    revocations = {**REVOCATIONS, errors.SESSION_REVOKED.subcode: errors.SESSION_REVOKED}
    refusals = errors.REFUSALS
    grants, token_prefix = "th", "TH"
    all_scopes = [BASIC, PUBLISH, MANAGE_REPLIES, READ_REPLIES, DELETE, LOCATION]
    basic_scope, publish_scope = BASIC, PUBLISH
    not_short_lived, exchanges_once = errors.SESSION_REVOKED, True
    container_prefix, post_prefix = "178", "180"
    text_parameter, shown_options = "text", errors.SHOWN
    image_ratios = (0.0, errors.WIDEST + 0.05)
    children = (2, 20)
    status_by_default = ("status",)
    interrupted = "UNKNOWN"
    video_bytes = errors.VIDEO_BYTES
    links_pages = False
    visible = frozenset({"threads_publish"})
    routes = {
        "GET www/oauth/authorize": ("authorize", login.authorize),
        "GET www/**": ("site", site),
        "POST */oauth/access_token": ("exchange_code", login.exchange_code),
        "GET */access_token": ("exchange_token", login.exchange_token),
        "GET */refresh_access_token": ("refresh_token", login.refresh_token),
        "GET */debug_token": ("debug_token", inspect_token),
        "GET */me": ("me", profile),
        "POST */*/threads": ("create_container", containers.create),
        "POST */*/threads_publish": ("threads_publish", containers.publish),
        "GET */*/threads": ("list_threads", list_threads),
        "GET */*/replies": ("list_replies", list_replies),
        "GET */*/threads_publishing_limit": ("threads_publishing_limit", publishing_limit),
        "GET */*": ("get_post", containers.read_post),
        "DELETE */*": ("delete_post", delete_post),
    }
    variants = {"container_status": containers.status}

    def variant(self, name: str, call: Call) -> str:
        """The token paths have no version, all other paths need one."""
        host, *parts = call.path.split("/")
        if host != "www" and (name in UNVERSIONED) is bool(parts and VERSION.match(parts[0])):
            return "unknown"
        if name == "get_post" and parts[-1] in self.containers:
            return "container_status"
        return "me" if name == "get_post" and parts[-1] in self.accounts else name

    def seed_tokens(self, profile: Account) -> None:
        self.import_token(profile.id, DEFAULT_TOKEN)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        return Account(new_id("2675"), self.new_username(name))

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        return {"accessToken": self.import_token(profile.id).value}

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """There is only one kind of token, so `which` makes no difference."""
        self.issuer.expire(profile_id)

    def checked_kind(self, profile: Account, values: dict[str, str]) -> str:
        return errors.checked_kind(values)

    def delay_of(self, kind: str, values: dict[str, str]) -> str:
        return kind.lower()

    def described(self, call: Call, profile: Account, values: dict[str, str]) -> Container:
        container = super().described(call, profile, values)
        container.link = errors.first_link(values, container.kind)
        if "reply_to_id" in values:
            self.caller(call, MANAGE_REPLIES)
            container.reply_to = values["reply_to_id"]
        for post_id in (values.get("reply_to_id"), values.get("quote_post_id")):
            if post_id is not None and post_id not in self.published:
                raise self.missing(post_id, call)
        if "location_id" in values:
            self.caller(call, LOCATION)
        return container

    def status_facts(self, container: Container, state: str) -> dict[str, Any]:
        return {"status": state, "error_message": (container.problem or "UNKNOWN") if state == "ERROR" else None}

    def download_problem(self, failure: FetchFailed) -> str:
        return "FAILED_DOWNLOADING_VIDEO"

    def video_problem(self, body: bytes, kind: str) -> str | None:
        return errors.video_problem(body)

    def before_publishing(self, call: Call, profile: Account, container: Container) -> None:
        """The server that publishes may learn of a finished container a little late (`race`)."""
        refuse_if(self.clock.now() < container.ready_at + self.delays["race"], errors.MEDIA_NOT_FOUND)
        if container.reply_to is not None:
            self.caller(call, MANAGE_REPLIES)
        bucket = "quota" if container.reply_to is None else "reply_quota"
        used = self.used(profile, bucket)
        refuse_if(len(used) >= self.total(bucket), APP_LIMIT)  # which error it really is, is not documented
        used.append(self.clock.now())

    def types(self, container: Container) -> tuple[str, str]:
        return READS_AS.get(container.kind, container.kind), "THREADS"

    def permalink(self, row: Post, base_url: str) -> str:
        """www.threads.com is `/threads/www` here, so that a link opens the post."""
        return f"{base_url}/threads/www/@{self.profile(row.profile_id).username}/post/{row.shortcode}"

    def facts(self, post: Post, call: Call) -> dict[str, Any]:
        return {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": post.media_type,
            "permalink": self.permalink(post, call.base_url),
            "username": self.profile(post.profile_id).username,
            "timestamp": graph_time(post.published_at),
            "shortcode": post.shortcode,
            "text": post.text or None,
            "alt_text": (post.alt_texts[0] or None) if len(post.digests) == 1 else None,
            "children": {"data": [{"id": child} for child in post.children]} if post.children else None,
        }

    def root_of(self, post: Post) -> str:
        """The id of the first post of a thread, as far as it still exists."""
        while post.reply_to is not None and (parent := self.published.get(post.reply_to)) is not None:
            post = parent
        return post.id

    def kind_of(self, post: Post) -> str:
        return "reply" if post.reply_to else super().kind_of(post)

    def replies_on(self, post: Post) -> list[str]:
        """A reply is a post of its own, and is also shown below the first post of its thread."""
        if post.reply_to:
            return []
        return [one.text for one in self.published if one.reply_to and self.root_of(one) == post.id]

    def notes_on(self, post: Post) -> list[str]:
        notes = [words.format(post.shown[name]) for name, words in NOTES.items() if name in post.shown]
        attached = {name: json.loads(post.shown[name]) for name in post.shown if name.endswith("_attachment")}
        if "gif_attachment" in attached:
            notes.append(f"GIF {attached['gif_attachment']['gif_id']}")
        if "poll_attachment" in attached:
            notes.append(f"Poll: {' · '.join(attached['poll_attachment'].values())}")
        return [*notes, *([attached["text_attachment"]["plaintext"]] if "text_attachment" in attached else [])]

    def used(self, profile: Account, bucket: str) -> deque[float]:
        """The uses of a bucket in the last 24 hours."""
        return self.recent(f"{bucket} {profile.id}", DAY)

    def total(self, bucket: str) -> int:
        return self.limits[BUCKET_LIMITS[bucket]]
