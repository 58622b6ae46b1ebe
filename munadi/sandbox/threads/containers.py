"""`POST /{th}/threads` and `GET /{container}`: the invisible half of publishing."""

from __future__ import annotations

import asyncio

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import refuse
from munadi.sandbox.graph.fetching import Downloads
from munadi.sandbox.graph.parameters import fields, flag, listed, parameters
from munadi.sandbox.graph.reading import container_state, new_id
from munadi.sandbox.media import sniff
from munadi.sandbox.threads import describing, errors
from munadi.sandbox.threads.errors import bad_parameter, missing_object
from munadi.sandbox.threads.fetching import fetch_image, fetch_video, video_problem
from munadi.sandbox.threads.graph import LOCATION, MANAGE_REPLIES, PUBLISH, Graph
from munadi.sandbox.threads.model import Container, Profile


class Containers:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._downloads = Downloads(graph.containers)
        self._downloads.give_up(_lost)

    async def create(self, call: Call) -> Answer:
        container = await self.made(call)
        return Answer(200, {"id": container.id}, effect=True)

    async def made(self, call: Call) -> Container:
        """The new container of a call."""
        values = parameters(call)
        profile = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        if profile.status == "restricted":
            raise refuse(errors.RESTRICTED)
        media_type = describing.media_type_of(values)
        describing.check(values, media_type, count_bytes=self._graph.switches["countBytes"])
        container = self._described(profile, values, media_type)
        if "reply_to_id" in values:
            self._graph.caller(call, MANAGE_REPLIES)
            container.reply_to = self._parent(values["reply_to_id"])
        if "quote_post_id" in values:
            self._parent(values["quote_post_id"])
        if "location_id" in values:
            self._graph.caller(call, LOCATION)
        if media_type == "CAROUSEL":
            self._adopt_children(container, profile, listed(values, "children"))
        elif media_type != "TEXT":
            await self._load(container, values)
        return self._graph.containers.put(container.id, container)

    async def status(self, call: Call) -> Answer:
        profile = self._graph.caller(call, PUBLISH)
        container = self._graph.container_of(call.path.split("/")[-1], profile)
        if container is None:
            raise missing_object(call.path.split("/")[-1])
        wanted = fields(parameters(call), {"id", "status", "error_message"}, "ThreadsMediaContainer") or ["status"]
        state = self.state(container)
        facts = {"status": state, "id": container.id}
        if state == "ERROR":
            facts["error_message"] = container.error_message or "UNKNOWN"
        return Answer(200, {name: facts[name] for name in facts if name in wanted or name == "id"})

    def state(self, container: Container) -> str:
        return container_state(
            self._graph.clock.now(),
            published=container.post_id is not None,
            created_at=container.created_at,
            ready_at=container.ready_at,
            loading=container.loading,
            failed=container.error_message is not None,
        )

    def _described(self, profile: Profile, values: dict[str, str], media_type: str) -> Container:
        """The container as its parameters describe it, nothing fetched yet."""
        now = self._graph.clock.now()
        delay = self._graph.delays["parent" if media_type == "CAROUSEL" else media_type.lower()]
        container = Container(new_id("178"), profile.id, media_type, now, now + delay, values.get("text", ""))
        container.is_carousel_item = flag(values, "is_carousel_item")
        container.alt_texts = [values.get("alt_text", "")]
        container.link = describing.first_link(values, media_type)
        container.shown = {name: values[name] for name in describing.SHOWN if name in values}
        return container

    def _parent(self, post_id: str) -> str:
        """A post that is there: the one to answer, or to quote."""
        if post_id not in self._graph.posts:
            raise missing_object(post_id, "post")
        return post_id

    def _adopt_children(self, container: Container, profile: Profile, children: list[str]) -> None:
        if not 2 <= len(children) <= 20:
            raise bad_parameter("Param children must have 2 to 20 items")
        container.alt_texts = []
        for child_id in children:
            child = self._graph.container_of(child_id, profile)
            if child is None:
                raise refuse(errors.MEDIA_NOT_FOUND)
            if not child.is_carousel_item or self.state(child) != "FINISHED":
                raise bad_parameter(f"Container {child_id} is not a finished carousel item")
            container.digests += child.digests
            container.alt_texts += child.alt_texts
        container.children = children

    async def _load(self, container: Container, values: dict[str, str]) -> None:
        name = f"{container.media_type.lower()}_url"
        url = values.get(name, "")
        if not url:
            raise bad_parameter(f"The parameter {name} is required.")
        if container.media_type == "IMAGE":
            body, mime_type = await fetch_image(url)
            container.digests = [self._graph.shelf.keep(body, mime_type).digest]
            return
        self._downloads.begin(container, self._judge(container, url))

    async def _judge(self, container: Container, url: str) -> None:
        """Beside the call, as at Threads: what is wrong shows later, in the container's status."""
        body = await fetch_video(url)
        if body is None:
            container.error_message = "FAILED_DOWNLOADING_VIDEO"
            return
        container.error_message = await asyncio.to_thread(video_problem, body)
        if container.error_message is None:
            container.digests = [self._graph.shelf.keep(body, sniff(body) or "video/mp4").digest]


def _lost(container: Container) -> None:
    container.error_message = "UNKNOWN"
