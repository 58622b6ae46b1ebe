"""`POST /{ig}/media_publish`, the visible step, comments, and the quota that counts both."""

from __future__ import annotations

from typing import Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter, missing_object, refuse
from munadi.sandbox.graph.parameters import fields, parameters, whole_number
from munadi.sandbox.graph.reading import new_id, shortcode
from munadi.sandbox.graph.tokens import DAY
from munadi.sandbox.instagram import errors
from munadi.sandbox.instagram.containers import Containers
from munadi.sandbox.instagram.graph import COMMENTS, PUBLISH, Graph
from munadi.sandbox.instagram.model import Comment, Container, Media, Profile


class Publishing:
    def __init__(self, graph: Graph, containers: Containers) -> None:
        self._graph = graph
        self._containers = containers

    async def publish(self, call: Call) -> Answer:
        """Without any await, so that of two calls at once only one can find the container unpublished."""
        profile = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        creation_id = parameters(call).get("creation_id")
        if not creation_id:
            raise bad_parameter("The parameter creation_id is required.")
        if profile.status == "restricted":
            raise refuse(errors.RESTRICTED)
        container = self._graph.container_of(creation_id, profile)
        if container is None:
            raise refuse(errors.CONTAINER_MISSING)
        self._require_publishable(container)
        if self._published_since(profile, self._graph.clock.now() - DAY) >= self._graph.limits["postsPerDay"]:
            raise refuse(errors.PUBLISH_QUOTA)
        media = self._make_public(container, profile)
        return Answer(200, {"id": media.id}, effect=True)

    async def limit(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        wanted = fields(values, {"quota_usage", "config"}, "ContentPublishingLimitResponse") or ["quota_usage"]
        now = self._graph.clock.now()
        since = whole_number(values, "since", int(now - DAY))
        if since < now - DAY - 60:
            raise bad_parameter("Param since must be within the last 24 hours")
        config = {"quota_total": self._graph.limits["postsPerDay"], "quota_duration": DAY}
        facts: dict[str, Any] = {"config": config, "quota_usage": self._published_since(profile, since)}
        return Answer(200, {"data": [{name: facts[name] for name in wanted}]})

    async def comment(self, call: Call) -> Answer:
        profile = self._graph.caller(call, COMMENTS)
        media_id = call.path.split("/")[-2]
        if self._graph.media_of(media_id, profile) is None:
            raise missing_object(media_id, "post")
        text = parameters(call).get("message", "").strip()
        if not text:
            raise bad_parameter("The parameter message is required.")
        comment = Comment(new_id("178"), media_id, profile.id, text, self._graph.clock.now())
        self._graph.comments.put(comment.id, comment)
        return Answer(200, {"id": comment.id}, effect=True)

    def _require_publishable(self, container: Container) -> None:
        if container.is_carousel_item:
            raise bad_parameter("A carousel item cannot be published on its own.")
        match self._containers.state(container):
            case "PUBLISHED" if not self._graph.switches["republishPublished"]:
                raise bad_parameter("The media container was already published.")
            case "EXPIRED":
                raise refuse(errors.CONTAINER_MISSING)
            case "IN_PROGRESS" | "ERROR":
                raise refuse(errors.NOT_READY)

    def _published_since(self, profile: Profile, since: float) -> int:
        return sum(1 for m in self._graph.media if m.profile_id == profile.id and m.published_at > since)

    def _make_public(self, container: Container, profile: Profile) -> Media:
        media_id = new_id("179")
        media_type, product_type = self._types(container)
        media = Media(
            id=media_id,
            profile_id=profile.id,
            container_id=container.id,
            media_type=media_type,
            product_type=product_type,
            shortcode=shortcode(media_id),
            caption=container.caption,
            published_at=self._graph.clock.now(),
            received_at=wall_time(),
            digests=container.digests,
            alt_texts=container.alt_texts,
            children=[new_id("179") for _ in container.children],
            shown=container.shown,
            cover=container.cover,
        )
        self._graph.media.put(media_id, media)
        container.media_id = media_id
        self._graph.containers.put(container.id, container)
        return media

    def _types(self, container: Container) -> tuple[str, str]:
        """media_type and media_product_type as read back: a reel is a VIDEO of the product REELS."""
        if container.kind == "CAROUSEL":
            return "CAROUSEL_ALBUM", "FEED"
        stored = self._graph.shelf.facts(container.digests[0]) if container.digests else None
        media_type = "VIDEO" if stored and stored.mime_type.startswith("video/") else "IMAGE"
        return media_type, {"REELS": "REELS", "STORIES": "STORY"}.get(container.kind, "FEED")
