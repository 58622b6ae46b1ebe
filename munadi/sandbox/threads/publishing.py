"""`POST /{th}/threads_publish`, the visible step, `auto_publish_text`, deletes, and the quota that counts them."""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import refuse
from munadi.sandbox.graph.parameters import fields, parameters
from munadi.sandbox.graph.reading import new_id, shortcode
from munadi.sandbox.graph.tokens import DAY
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.containers import Containers
from munadi.sandbox.threads.errors import bad_parameter, missing_object
from munadi.sandbox.threads.graph import BASIC, DELETE, MANAGE_REPLIES, PUBLISH, Graph
from munadi.sandbox.threads.model import Container, Post, Profile

READS_AS = {"TEXT": "TEXT_POST", "CAROUSEL": "CAROUSEL_ALBUM"}
BUCKETS = {"quota": "config", "reply_quota": "reply_config", "delete_quota": "delete_config"}


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
            raise refuse(errors.MEDIA_NOT_FOUND)
        self._require_publishable(container)
        if container.reply_to is not None:
            self._graph.caller(call, MANAGE_REPLIES)
        post = self._make_public(container, profile)
        return Answer(200, {"id": post.id}, effect=True)

    async def auto_publish(self, call: Call) -> Answer:
        """Creation and publication in one call: what comes back is the post's id, not a container's."""
        profile = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        self._graph.require_left(profile, "quota")
        container = await self._containers.made(call)
        return Answer(200, {"id": self._make_public(container, profile).id}, effect=True)

    async def delete(self, call: Call) -> Answer:
        profile = self._graph.caller(call, DELETE)
        post_id = call.path.split("/")[-1]
        if self._graph.post_of(post_id, profile) is None:
            raise missing_object(post_id, "delete")
        self._graph.require_left(profile, "delete_quota")
        self._graph.spend(profile, "delete_quota")
        self._graph.posts.remove(post_id)
        return Answer(200, {"success": True, "deleted_id": post_id}, effect=True)

    async def limit(self, call: Call) -> Answer:
        """Only the fields that were asked for."""
        profile = self._graph.owner(call, call.path.split("/")[-2], BASIC)
        facts: dict[str, Any] = {"location_search_quota_usage": 0, "location_search_config": _config(500)}
        for bucket, config in BUCKETS.items():
            facts[f"{bucket}_usage"] = self._graph.used(profile, bucket)
            facts[config] = _config(self._graph.total(bucket))
        wanted = fields(parameters(call), set(facts), "ThreadsPublishingLimit") or ["quota_usage"]
        return Answer(200, {"data": [{name: facts[name] for name in wanted}]})

    def _require_publishable(self, container: Container) -> None:
        if container.is_carousel_item:
            raise bad_parameter("A carousel item cannot be published on its own.")
        match self._containers.state(container):
            case "PUBLISHED" if not self._graph.switches["republishPublished"]:
                raise bad_parameter("The media container was already published.")
            case "ERROR":
                raise bad_parameter("The media container has failed.")
            case "EXPIRED" | "IN_PROGRESS":
                raise refuse(errors.MEDIA_NOT_FOUND)
        if self._races(container):
            raise refuse(errors.MEDIA_NOT_FOUND)

    def _races(self, container: Container) -> bool:
        """The place that publishes learns of a finished container a little late, not always."""
        early = self._graph.clock.now() < container.ready_at + self._graph.delays["race"]
        return early and secrets.randbelow(100) < self._graph.limits["racePercent"]

    def _make_public(self, container: Container, profile: Profile) -> Post:
        bucket = "quota" if container.reply_to is None else "reply_quota"
        self._graph.require_left(profile, bucket)
        self._graph.spend(profile, bucket)
        post_id = new_id("180")
        post = Post(
            id=post_id,
            profile_id=profile.id,
            container_id=container.id,
            media_type=READS_AS.get(container.media_type, container.media_type),
            shortcode=shortcode(post_id),
            text=container.text,
            published_at=self._graph.clock.now(),
            received_at=wall_time(),
            digests=container.digests,
            alt_texts=container.alt_texts,
            children=[new_id("180") for _ in container.children],
            reply_to=container.reply_to,
            link=container.link,
            shown=container.shown,
        )
        self._graph.posts.put(post_id, post)
        container.post_id = post_id
        self._graph.containers.put(container.id, container)
        return post


def _config(total: int) -> dict[str, int]:
    return {"quota_total": total, "quota_duration": DAY}
