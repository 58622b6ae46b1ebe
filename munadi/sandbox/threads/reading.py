"""Reads: the profile, one post, the lists of posts and of replies with `since`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.parameters import fields, parameters
from munadi.sandbox.graph.reading import graph_time, listed_page
from munadi.sandbox.threads.errors import bad_parameter, missing_object
from munadi.sandbox.threads.graph import BASIC, READ_REPLIES, Graph
from munadi.sandbox.threads.model import Post, Profile
from munadi.sandbox.threads.site import permalink

PROFILE_FIELDS = {"id", "username", "name", "threads_profile_picture_url", "threads_biography", "is_verified"}
POST_FIELDS = {
    "id",
    "media_product_type",
    "media_type",
    "media_url",
    "permalink",
    "owner",
    "username",
    "text",
    "timestamp",
    "shortcode",
    "children",
    "is_quote_post",
    "quoted_post",
    "poll_attachment",
    "text_attachment",
    "text_entities",
    "alt_text",
    "link_attachment_url",
    "topic_tag",
    "reply_audience",
    "is_reply",
    "replied_to",
    "root_post",
}

JSON_FIELDS = ("poll_attachment", "text_attachment", "text_entities")


class Reading:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def profile(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-1], BASIC)
        wanted = fields(parameters(call), PROFILE_FIELDS, "ThreadsUser") or ["id"]
        facts = {
            "id": profile.id,
            "username": profile.username,
            "name": profile.username.replace(".", " ").title(),
            "is_verified": False,
        }
        return Answer(200, {name: facts[name] for name in ["id", *wanted] if name in facts})

    async def post(self, call: Call) -> Answer:
        profile = self._graph.caller(call, BASIC)
        post_id = call.path.split("/")[-1]
        post = self._graph.post_of(post_id, profile)
        if post is None:
            raise missing_object(post_id)
        if "status" in parameters(call).get("fields", "").split(","):
            raise bad_parameter("Tried accessing nonexisting field (status) on node type (ThreadsMedia)")
        return Answer(200, self._shown(post, profile, call))

    async def threads(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], BASIC)
        return self._list(call, profile, (post for post in self._graph.posts if post.reply_to is None))

    async def replies(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], READ_REPLIES)
        return self._list(call, profile, (post for post in self._graph.posts if post.reply_to is not None))

    def _list(self, call: Call, profile: Profile, candidates: Iterable[Post]) -> Answer:
        """The profile's own; pages have cursors and nothing else."""
        own = (post for post in candidates if post.profile_id == profile.id)
        body, _ = listed_page(parameters(call), own, lambda post: self._shown(post, profile, call))
        return Answer(200, body)

    def _shown(self, post: Post, profile: Profile, call: Call) -> dict[str, Any]:
        wanted = fields(parameters(call), POST_FIELDS, "ThreadsMedia") or ["id"]
        facts: dict[str, Any] = {
            "id": post.id,
            "media_product_type": "THREADS",
            "media_type": post.media_type,
            "permalink": permalink(post, profile, call.base_url),
            "owner": {"id": profile.id},
            "username": profile.username,
            "timestamp": graph_time(post.published_at),
            "shortcode": post.shortcode,
            "is_quote_post": "quote_post_id" in post.shown,
            "is_reply": post.reply_to is not None,
            "reply_audience": post.shown.get("reply_control", "everyone").upper(),
        }
        facts |= {name: value for name, value in self._optional(post, call).items() if value}
        return {name: facts[name] for name in [*wanted, "id"] if name in facts}

    def _optional(self, post: Post, call: Call) -> dict[str, Any]:
        """Left out, not empty, when there is none."""
        return {
            "text": post.text,
            "media_url": f"{call.base_url}/media/{post.digests[0]}" if len(post.digests) == 1 else None,
            "alt_text": post.alt_texts[0] if len(post.digests) == 1 else None,
            "children": {"data": [{"id": child} for child in post.children]} if post.children else None,
            "link_attachment_url": post.link,
            "topic_tag": post.shown.get("topic_tag"),
            "quoted_post": {"id": post.shown["quote_post_id"]} if "quote_post_id" in post.shown else None,
            **{name: json.loads(post.shown[name]) for name in JSON_FIELDS if name in post.shown},
            "replied_to": {"id": post.reply_to} if post.reply_to else None,
            "root_post": {"id": self._graph.root_of(post)} if post.reply_to else None,
        }
