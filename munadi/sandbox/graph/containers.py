"""The operations of publishing through containers: create, wait, publish; and reading what was published."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import fields as fields_of
from functools import partial
from typing import Any

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import errors
from munadi.sandbox.graph.container_platform import Container, ContainerPlatform, Content, Post
from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if, refuse, refuse_if
from munadi.sandbox.graph.reading import (
    listed,
    listing,
    new_id,
    node_in,
    parameters,
    selected,
    shortcode,
)
from munadi.sandbox.media import FetchFailed, fetch, image_facts, sniff

IMAGE_BYTES = 8 * 1024 * 1024


async def create(platform: ContainerPlatform[Any], call: Call) -> Answer:
    values = parameters(call)
    profile = platform.owner(call, node_in(call, -2), platform.publish_scope)
    _require_unrestricted(platform, profile)
    container = platform.described(call, profile, values)
    if container.kind == "CAROUSEL":
        _adopt_children(platform, container, profile, listed(values, "children"))
    elif container.kind != "TEXT":
        await _load(platform, container, values)
    platform.containers.put(container.id, container)
    return Answer(200, {"id": container.id}, effect=True)


async def status(platform: ContainerPlatform[Any], call: Call) -> Answer:
    profile = platform.caller(call, platform.publish_scope)
    container = platform.owned(platform.containers, node_in(call), profile, call)
    facts = {"id": container.id, **platform.status_facts(container, platform.state(container))}
    return Answer(200, selected(call, facts, *platform.status_by_default))


async def publish(platform: ContainerPlatform[Any], call: Call) -> Answer:
    """Without any await, so that of two simultaneous calls only one can find the container unpublished."""
    profile = platform.owner(call, node_in(call, -2), platform.publish_scope)
    creation_id = parameters(call).get("creation_id")
    if not creation_id:
        raise bad_parameter("The parameter creation_id is required.")
    _require_unrestricted(platform, profile)
    container = platform.containers.of(creation_id, profile.id)
    if container is None:
        raise refuse(platform.refusals["container_missing"])
    if container.is_carousel_item:
        raise bad_parameter("A carousel item cannot be published on its own.")
    state = platform.state(container)
    bad_parameter_if(state == "PUBLISHED", "The media container was already published.")
    if state in platform.refusals:
        raise refuse(platform.refusals[state])
    platform.before_publishing(call, profile, container)
    return Answer(200, {"id": _make_public(platform, container)}, effect=True)


def _make_public(platform: ContainerPlatform[Any], container: Container) -> str:
    """The id of the container's new post."""
    post_id = new_id(platform.post_prefix)
    media_type, product_type = platform.types(container)
    shared = {column.name: getattr(container, column.name) for column in fields_of(Content)}
    shared |= {"id": post_id, "children": [new_id(platform.post_prefix) for _ in container.children]}
    post = Post(
        **shared,
        media_type=media_type,
        product_type=product_type,
        shortcode=shortcode(post_id),
        published_at=platform.clock.now(),
        received_at=wall_time(),
    )
    platform.published.put(post_id, post)
    container.post_id = post_id
    platform.containers.put(container.id, container)
    return post_id


async def read_post(platform: ContainerPlatform[Any], call: Call) -> Answer:
    post = platform.owned(platform.published, node_in(call), platform.caller(call, platform.basic_scope), call)
    return Answer(200, _shown(platform, call, post))


async def delete(platform: ContainerPlatform[Any], call: Call, scope: str) -> Answer:
    """Delete a post with its comments. A child of a carousel is none, so it is unknown, as is a post that is gone."""
    post = platform.owned(platform.published, node_in(call), platform.caller(call, scope), call)
    platform.remove_post(post)
    return Answer(200, {"success": True, "deleted_id": post.id}, effect=True)


def list_posts(platform: ContainerPlatform[Any], call: Call, profile: Any, posts: Iterable[Post]) -> Answer:
    """The profile's own of these posts, newest first; a list may be some seconds behind (`index`)."""
    latest = platform.clock.now() - platform.delays["index"]
    own = (
        post
        for post in posts
        if post.profile_id == profile.id and post.published_at <= latest and not platform.is_left_out(post.id)
    )
    shown = partial(_shown, platform, call)
    return listing(call, own, lambda post: post.published_at, shown, next_link=platform.links_pages)


def _shown(platform: ContainerPlatform[Any], call: Call, post: Post) -> dict[str, Any]:
    return selected(call, platform.changed(post.id, platform.facts(post, call)), "id")


def _require_unrestricted(platform: ContainerPlatform[Any], profile: Any) -> None:
    refuse_if(profile.status == "restricted", platform.refusals["restricted"])


def _adopt_children(platform: ContainerPlatform[Any], container: Container, profile: Any, children: list[str]) -> None:
    least, most = platform.children
    if not least <= len(children) <= most:
        raise refuse(platform.refusals["few_children"])
    container.alt_texts = []
    for child_id in children:
        child = platform.containers.of(child_id, profile.id)
        if child is None:
            raise refuse(platform.refusals["child_missing"])
        if not child.is_carousel_item:
            raise refuse(platform.refusals["child_no_item"])
        refuse_if(platform.state(child) != "FINISHED", platform.refusals["child_unfinished"])
        container.digests += child.digests
        container.alt_texts += child.alt_texts
        if "user_tags" in child.shown:
            container.shown[f"user_tags of {len(container.digests) - 1}"] = child.shown["user_tags"]
    container.children = children


async def _load(platform: ContainerPlatform[Any], container: Container, values: dict[str, str]) -> None:
    """Images are checked at once, videos beside the call: their problem shows later, in the container's status."""
    is_video = container.kind in ("VIDEO", "REELS") or (container.kind == "STORIES" and "video_url" in values)
    name = "video_url" if is_video else "image_url"
    url = values.get(name, "")
    bad_parameter_if(not url, f"The parameter {name} is required.")
    if not is_video:
        container.digests = [await _image(platform, url, any_ratio=container.kind == "STORIES")]
        return
    if container.kind == "REELS" and "cover_url" in values:
        container.cover = await _image(platform, values["cover_url"], any_ratio=True)
    platform.downloads.begin(container, _check_video(platform, container, url))


async def _image(platform: ContainerPlatform[Any], url: str, *, any_ratio: bool) -> str:
    """Fetched, checked and stored: its digest."""
    try:
        body = await fetch(url, IMAGE_BYTES)
    except FetchFailed as failure:
        timed_out = platform.refusals.get("timed_out") if failure.timed_out else None
        raise refuse(timed_out or platform.refusals["not_fetchable"]) from None
    facts = image_facts(body)
    if facts is None:
        raise refuse(platform.refusals["not_fetchable"])
    refuse_if(len(body) > IMAGE_BYTES, errors.IMAGE_TOO_LARGE)
    if facts.format not in ("JPEG", "PNG"):  # MPO and others are refused
        raise refuse(errors.IMAGE_FORMAT)
    narrowest, widest = platform.image_ratios
    if not any_ratio and not narrowest <= facts.width / max(facts.height, 1) <= widest:
        raise refuse(errors.ASPECT_RATIO)
    return platform.blob_store.keep(body, facts.mime_type).digest


async def _check_video(platform: ContainerPlatform[Any], container: Container, url: str) -> None:
    try:
        body = await fetch(url, platform.video_bytes)
    except FetchFailed as failure:
        container.problem = platform.download_problem(failure)
        return
    container.problem = await asyncio.to_thread(platform.video_problem, body, container.kind)
    if container.problem is None:
        container.digests = [platform.blob_store.keep(body, sniff(body) or "video/mp4").digest]
