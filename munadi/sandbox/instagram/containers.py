"""`POST /{ig}/media` and `GET /{container}`: the invisible half of publishing."""

from __future__ import annotations

import asyncio

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import APP_LIMIT, bad_parameter, missing_object, refuse
from munadi.sandbox.graph.fetching import Downloads
from munadi.sandbox.graph.parameters import fields, flag, listed, parameters
from munadi.sandbox.graph.reading import container_state, new_id
from munadi.sandbox.graph.tokens import DAY
from munadi.sandbox.instagram import errors
from munadi.sandbox.instagram.describing import described
from munadi.sandbox.instagram.fetching import VIDEO_BYTES, FetchError, fetch, fetch_image, video_problem
from munadi.sandbox.instagram.graph import PUBLISH, Graph
from munadi.sandbox.instagram.model import Container, Profile
from munadi.sandbox.media import sniff

CAPTION_CHARACTERS, ALT_CHARACTERS = 2_200, 1_000
VIDEO_KINDS = {"VIDEO", "REELS"}
STATUS_TEXTS = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been successfully published.",
    "EXPIRED": "Expired: Media was not published within 24 hours.",
}


class Containers:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._downloads = Downloads(graph.containers)
        self._downloads.give_up(_lost)

    async def create(self, call: Call) -> Answer:
        profile = self._graph.owner(call, call.path.split("/")[-2], PUBLISH)
        values = parameters(call)
        if profile.status == "restricted":
            raise refuse(errors.RESTRICTED)
        self._require_quota(profile)
        container = self._described(profile, values)
        if container.kind == "CAROUSEL":
            self._adopt_children(container, profile, listed(values, "children"))
        else:
            await self._load(container, values)
        self._graph.containers.put(container.id, container)
        return Answer(200, {"id": container.id}, effect=True)

    async def status(self, call: Call) -> Answer:
        profile = self._graph.caller(call, PUBLISH)
        container = self._graph.container_of(call.path.split("/")[-1], profile)
        if container is None:
            raise missing_object(call.path.split("/")[-1])
        wanted = fields(parameters(call), {"id", "status", "status_code", "copyright_check_status"}, "IGContainer")
        state = self.state(container)
        facts = {"status_code": state, "status": _status_text(state, container), "id": container.id}
        return Answer(200, {name: facts[name] for name in facts if name in wanted or name == "id"})

    def state(self, container: Container) -> str:
        return container_state(
            self._graph.clock.now(),
            published=container.media_id is not None,
            created_at=container.created_at,
            ready_at=container.ready_at,
            loading=container.loading,
            failed=container.error_subcode is not None,
        )

    def _require_quota(self, profile: Profile) -> None:
        since = self._graph.clock.now() - DAY
        created = sum(1 for c in self._graph.containers if c.profile_id == profile.id and c.created_at > since)
        if created >= self._graph.limits["containersPerDay"]:
            raise refuse(APP_LIMIT, "(#4) Too many media containers were created in the last 24 hours")

    def _described(self, profile: Profile, values: dict[str, str]) -> Container:
        """The container as its parameters describe it, nothing fetched yet."""
        child = flag(values, "is_carousel_item")
        kind = _kind(values, child)
        caption, alt_text = values.get("caption", ""), values.get("alt_text", "")
        if max(len(caption), len(caption.encode("utf-16-le")) // 2) > CAPTION_CHARACTERS:
            raise refuse(errors.CAPTION_TOO_LONG)
        if child and caption:
            raise bad_parameter("Carousel items take no caption")
        if len(alt_text) > ALT_CHARACTERS:
            raise bad_parameter("Param alt_text must be at most 1000 characters long")
        video = kind in VIDEO_KINDS or (kind == "STORIES" and "video_url" in values)
        delay = self._graph.delays["parent" if kind == "CAROUSEL" else "reel" if video else "image"]
        now = self._graph.clock.now()
        container = Container(new_id("180"), profile.id, kind, now, now + delay, caption, alt_text, child)
        container.alt_texts = [alt_text]
        container.shown = described(values, kind)
        return container

    def _adopt_children(self, container: Container, profile: Profile, children: list[str]) -> None:
        if not 2 <= len(children) <= 10:
            raise refuse(errors.CAROUSEL_COUNT)
        for child_id in children:
            child = self._graph.container_of(child_id, profile)
            if child is None:
                raise refuse(errors.MEDIA_MISSING)
            if not child.is_carousel_item:
                raise bad_parameter(f"Container {child_id} is not a carousel item")
            if self.state(child) != "FINISHED":
                raise refuse(errors.NOT_READY)
            container.digests += child.digests
            if "user_tags" in child.shown:
                container.shown[f"user_tags of {len(container.digests) - 1}"] = child.shown["user_tags"]
        container.children = children
        container.alt_texts = [found.alt_text for id in children if (found := self._graph.containers.get(id))]

    async def _load(self, container: Container, values: dict[str, str]) -> None:
        is_video = container.kind in VIDEO_KINDS or "video_url" in values
        url = values.get("video_url" if is_video else "image_url", "")
        if not url:
            raise bad_parameter(f"The parameter {'video_url' if is_video else 'image_url'} is required.")
        if not is_video:
            container.digests = [await self._image(url, any_ratio=container.kind == "STORIES")]
            return
        if "cover_url" in values:
            container.cover = await self._image(values["cover_url"], any_ratio=True)
        self._downloads.begin(container, self._judge(container, url))

    async def _image(self, url: str, *, any_ratio: bool) -> str:
        """Fetched, judged and kept: its digest."""
        try:
            body, mime_type = await fetch_image(url, any_ratio=any_ratio)
        except FetchError as problem:
            raise refuse(problem.error) from None
        return self._graph.shelf.keep(body, mime_type).digest

    async def _judge(self, container: Container, url: str) -> None:
        """Beside the call, as at Instagram: what is wrong shows later, in the container's status."""
        try:
            body = await fetch(url, VIDEO_BYTES)
        except FetchError as problem:
            container.error_subcode = problem.error.subcode
            return
        container.error_subcode = await asyncio.to_thread(video_problem, body, container.kind)
        if container.error_subcode is None:
            container.digests = [self._graph.shelf.keep(body, sniff(body) or "video/mp4").digest]


def _lost(container: Container) -> None:
    container.error_subcode = errors.VIDEO_LOST


def _kind(values: dict[str, str], child: bool) -> str:
    media_type = values.get("media_type", "").upper() or "IMAGE"
    if media_type not in ("IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"):
        raise refuse(errors.UNKNOWN_MEDIA_TYPE)
    if media_type == "VIDEO" and not child:
        raise refuse(errors.VIDEO_IS_REELS)
    if child and media_type not in ("IMAGE", "VIDEO"):
        raise bad_parameter(f"Carousel items cannot be of the type {media_type}")
    return media_type


def _status_text(state: str, container: Container) -> str:
    if state == "ERROR":
        return f"Error: Media upload has failed with error code {container.error_subcode}"
    return STATUS_TEXTS[state]
