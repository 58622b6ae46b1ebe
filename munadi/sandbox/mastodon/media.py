"""Media: uploaded as multipart, processed for a while, attached to one post, deleted after a day without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.errors import answer, refuse, refuse_if
from munadi.sandbox.mastodon.model import Medium
from munadi.sandbox.media import image_facts, sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon


async def upload(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "write:media")
    platform.limited(profile, "mediaPer30Minutes", 30 * MINUTE)
    parts = call.parts
    file = parts.get("file", b"")
    kind = sniff(file)
    refuse_if(kind is None or not (image_facts(file) or video_facts(file)), "type")
    is_video = str(kind).startswith("video/")
    limit = platform.limits["videoBytes" if is_video else "imageBytes"]
    if len(file) > limit:
        return Answer(422, {"error": f"Validation failed: File file size must be less than {limit} bytes"})
    now, name = platform.clock.now(), "video" if is_video else "image"
    medium = Medium(
        platform.next_id(),
        profile.id,
        platform.shelf.keep(file, str(kind)).digest,
        name,
        now,
        now + platform.delays[name],
        parts.get("description", b"").decode(),
        parts.get("focus", b"").decode(),
        platform.switches["failProcessing"],
    )
    platform.media.put(medium.id, medium)
    processing = is_video or medium.ready_at > now
    return Answer(202 if processing else 200, view(platform, medium, call), effect=True)


async def read(platform: Mastodon, call: Call) -> Answer:
    """One that a post has is not to be read here any more."""
    medium = own(platform, call, platform.caller(call, "write:media").id)
    refuse_if(medium is None or medium.status_id is not None, "missing")
    assert medium is not None
    if platform.clock.now() < medium.ready_at:
        return Answer(206, view(platform, medium, call))
    return answer("failed") if medium.problem else Answer(200, view(platform, medium, call))


def own(platform: Mastodon, call: Call, profile_id: str) -> Medium | None:
    return live(platform, call.path.rpartition("/")[2], profile_id)


def live(platform: Mastodon, media_id: str, profile_id: str) -> Medium | None:
    """A medium of this account that has not been deleted."""
    medium = platform.media.of(media_id, profile_id)
    if medium is None or (medium.status_id is None and platform.clock.now() > medium.created_at + DAY):
        return None
    return medium


def attachable(platform: Mastodon, ids: list[str], profile_id: str) -> list[Medium]:
    """The media for a new post. Raises Mastodon's refusals."""
    if len(ids) > platform.limits["mediaPerPost"]:
        raise refuse("type")
    found = [live(platform, str(one), profile_id) for one in ids]
    media = [one for one in found if one is not None and (one.status_id is None or platform.switches["plain"])]
    refuse_if(len(media) < len(ids) and not platform.switches["plain"], "attached")
    refuse_if(any(platform.clock.now() < one.ready_at for one in media), "unfinished")
    refuse_if(len(media) > 1 and any(one.kind == "video" for one in media), "mixed")
    return media


def view(platform: Mastodon, medium: Medium, call: Call) -> dict[str, Any]:
    is_ready = platform.clock.now() >= medium.ready_at
    url = f"{call.base_url}/media/{medium.digest}" if is_ready else None
    described = {"description": medium.description or None, "meta": {"focus": medium.focus} if medium.focus else {}}
    return {"id": medium.id, "type": medium.kind, "url": url, **described}
