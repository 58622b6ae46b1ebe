"""Reads: the account, one media, lists with `since`, stories, comments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import missing_object
from munadi.sandbox.graph.parameters import fields, parameters
from munadi.sandbox.graph.reading import graph_time, listed_page
from munadi.sandbox.graph.tokens import DAY
from munadi.sandbox.instagram.graph import BASIC, COMMENTS, Graph
from munadi.sandbox.instagram.model import Comment, Media, Profile
from munadi.sandbox.instagram.site import permalink

ACCOUNT_FIELDS = {
    "id",
    "user_id",
    "username",
    "name",
    "account_type",
    "profile_picture_url",
    "followers_count",
    "follows_count",
    "media_count",
}
MEDIA_FIELDS = {
    "id",
    "caption",
    "media_type",
    "media_product_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "shortcode",
    "timestamp",
    "username",
    "owner",
    "children",
    "alt_text",
    "comments_count",
    "like_count",
    "is_comment_enabled",
}
COMMENT_FIELDS = {"id", "text", "timestamp", "username", "from", "like_count", "hidden"}


class Reading:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def account(self, call: Call) -> Answer:
        profile = self._graph.caller(call, BASIC)
        if call.path.split("/")[-1] not in ("me", profile.id, profile.app_scoped_id):
            raise missing_object(call.path.split("/")[-1])
        wanted = fields(parameters(call), ACCOUNT_FIELDS, "IGUser") or ["id"]
        facts = {
            "id": profile.app_scoped_id,
            "user_id": profile.id,
            "username": profile.username,
            "name": profile.username.replace(".", " ").title(),
            "account_type": profile.account_type,
            "followers_count": 0,
            "follows_count": 0,
            "media_count": sum(1 for media in self._graph.media if media.profile_id == profile.id),
        }
        return Answer(200, {name: facts[name] for name in ["id", *wanted] if name in facts})

    async def media(self, call: Call) -> Answer:
        profile = self._graph.caller(call, BASIC)
        media_id = call.path.split("/")[-1]
        media = self._graph.media_of(media_id, profile)
        if media is None:
            raise missing_object(media_id)
        return Answer(200, self._shown(media, profile, call))

    async def feed(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], BASIC)
        return self._list(call, profile, (m for m in self._graph.media if m.product_type != "STORY"))

    async def stories(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], BASIC)
        since = self._graph.clock.now() - DAY
        stories = (m for m in self._graph.media if m.product_type == "STORY" and m.published_at > since)
        return self._list(call, profile, stories)

    async def comments(self, call: Call) -> Answer:
        profile = self._graph.caller(call, COMMENTS)
        media_id = call.path.split("/")[-2]
        if self._graph.media_of(media_id, profile) is None:
            raise missing_object(media_id)
        wanted = fields(parameters(call), COMMENT_FIELDS, "IGComment") or ["timestamp", "text", "id"]
        found = [c for c in self._graph.comments if c.media_id == media_id]
        return Answer(200, {"data": [self._comment(comment, wanted) for comment in reversed(found)]})

    def _list(self, call: Call, profile: Profile, candidates: Iterable[Media]) -> Answer:
        """The account's own, with the address of the next page."""
        values = parameters(call)
        own = (media for media in candidates if media.profile_id == profile.id)
        body, more = listed_page(values, own, lambda media: self._shown(media, profile, call))
        if more:
            query = {k: v for k, v in values.items() if k != "access_token"} | {"after": body["data"][-1]["id"]}
            body["paging"]["next"] = f"{call.base_url}/instagram/{call.path}?{urlencode(query)}"
        return Answer(200, body)

    def _shown(self, media: Media, profile: Profile, call: Call) -> dict[str, Any]:
        wanted = fields(parameters(call), MEDIA_FIELDS, "IGMedia") or ["id"]
        urls = [f"{call.base_url}/media/{digest}" for digest in media.digests]
        facts: dict[str, Any] = {
            "id": media.id,
            "media_type": media.media_type,
            "media_product_type": media.product_type,
            "media_url": urls[0] if urls else None,
            **({"thumbnail_url": f"{call.base_url}/media/{media.cover}"} if media.cover else {}),
            "permalink": permalink(media, profile, call.base_url),
            "shortcode": media.shortcode,
            "timestamp": graph_time(media.published_at),
            "username": profile.username,
            "owner": {"id": profile.id},
            "comments_count": sum(1 for comment in self._graph.comments if comment.media_id == media.id),
            "like_count": 0,
            "is_comment_enabled": True,
        }
        if media.caption:  # left out, not empty, when there is none
            facts["caption"] = media.caption
        if media.alt_texts and media.alt_texts[0]:
            facts["alt_text"] = media.alt_texts[0]
        if media.children:
            facts["children"] = {"data": [{"id": child} for child in media.children]}
        return {name: facts[name] for name in [*wanted, "id"] if name in facts}

    def _comment(self, comment: Comment, wanted: list[str]) -> dict[str, Any]:
        username = self._graph.profile(comment.profile_id).username
        facts = {
            "id": comment.id,
            "text": comment.text,
            "timestamp": graph_time(comment.created_at),
            "username": username,
            "from": {"id": comment.profile_id, "username": username},
            "like_count": 0,
            "hidden": False,
        }
        return {name: facts[name] for name in [*wanted, "id"]}
