"""videos.list, update and delete, the list of uploads, the channel, and thumbnails.set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import iso, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts
from munadi.sandbox.youtube.errors import refuse
from munadi.sandbox.youtube.metadata import PARTS, json_object, known_only, parts, snippet_of, status_of
from munadi.sandbox.youtube.model import MANAGE, READ, UPLOAD, Account, Video

if TYPE_CHECKING:
    from munadi.sandbox.youtube import YouTube

THUMBNAIL_BYTES = 52_428_800
THUMBNAIL_TYPES = ("image/jpeg", "image/png", "application/octet-stream")


async def list_videos(platform: YouTube, call: Call) -> Answer:
    """By id; what is private is shown to its owner alone."""
    profile = platform.caller(call, READ)
    named = parts(call, PARTS)
    wanted = [part for part in call.query.get("id", "").split(",") if part]
    if not wanted:
        raise refuse("missingRequiredParameter")
    found = [video for video_id in wanted if (video := platform.videos.get(video_id)) is not None]
    shown = [v for v in found if v.profile_id == profile.id or privacy(platform, v) != "private"]
    return listed("video", [resource(platform, video, named) for video in shown])


async def update_video(platform: YouTube, call: Call) -> Answer:
    """The parts that are named are written whole."""
    profile = platform.channel_of(call, MANAGE)
    named = parts(call, PARTS)
    body = known_only(json_object(call), {"id", "kind", "etag", "snippet", "status"}, "video")
    video = platform.own_video(str(body.get("id", "")), profile)
    before = (video.snippet, video.status)
    if "snippet" in named:
        video.snippet = snippet_of(body.get("snippet"))
    if "status" in named:
        _set_status(platform, video, status_of(body.get("status"), platform.clock.now()))
    platform.videos.put(video.id, video)
    changed = before != (video.snippet, video.status)
    return Answer(200, resource(platform, video, named), effect=changed)


async def delete_video(platform: YouTube, call: Call) -> Answer:
    profile = platform.channel_of(call, MANAGE)
    video = platform.own_video(call.query.get("id", ""), profile)
    platform.videos.remove(video.id)
    return Answer(204, None, effect=True)


async def list_uploads(platform: YouTube, call: Call) -> Answer:
    """playlistItems of the channel's uploads, newest first; new ones may be missing for a while."""
    profile = platform.channel_of(call, READ)
    named = parts(call, {"id", "snippet", "contentDetails", "status"})
    if call.query.get("playlistId") != profile.uploads:
        raise refuse("playlistNotFound")
    until = platform.clock.now() - platform.delays["listing"]
    own = [v for v in platform.videos if v.profile_id == profile.id and v.uploaded_at <= until]
    count = min(int(call.query.get("maxResults", "5")), 50)
    return listed("playlistItem", [_entry(video, profile, named) for video in reversed(own[-count:])])


async def list_channels(platform: YouTube, call: Call) -> Answer:
    profile = platform.caller(call, READ)
    named = parts(call, {"id", "snippet", "contentDetails", "status"})
    if call.query.get("mine") != "true":
        raise refuse("missingRequiredParameter")
    return listed("channel", [] if profile.status == "no_channel" else [_channel(profile, named)])


async def set_thumbnail(platform: YouTube, call: Call) -> Answer:
    profile = platform.channel_of(call, UPLOAD)
    video = platform.own_video(call.query.get("videoId", ""), profile)
    if profile.status == "unverified":
        raise refuse("forbidden", "The channel may not set custom thumbnails.")
    if not call.body:
        raise refuse("mediaBodyRequired")
    if call.query.get("uploadType", "media") != "media" or call.content_type not in THUMBNAIL_TYPES:
        raise refuse("badRequest", "Only JPEG, PNG and octet streams in one piece are taken.")
    facts = image_facts(call.body)
    if facts is None or facts.format not in ("JPEG", "PNG") or len(call.body) > THUMBNAIL_BYTES:
        raise refuse("invalidImage")
    if video.is_short and upload_status(platform, video) == "uploaded":
        raise refuse("failedPrecondition")
    if not platform.spend(f"thumbnails {profile.id}", 1, platform.limits["thumbnailsPerChannel"]):
        raise refuse("uploadRateLimitExceeded")
    video.thumbnail = platform.shelf.keep(call.body, facts.mime_type).digest
    platform.videos.put(video.id, video)
    size = {"url": f"{call.base_url}/media/{video.thumbnail}", "width": facts.width, "height": facts.height}
    body = {"kind": "youtube#thumbnailSetResponse", "etag": "e", "items": [{"default": size}]}
    return Answer(200, body, effect=True)


def privacy(platform: YouTube, video: Video) -> str:
    """As it is now: a scheduled video becomes public by itself."""
    if "publishAt" in video.status:
        _set_status(platform, video, status_of(video.status, platform.clock.now()))
        platform.videos.put(video.id, video)
    return str(video.status["privacyStatus"])


def upload_status(platform: YouTube, video: Video) -> str:
    if platform.clock.now() < video.processed_at:
        return "uploaded"
    return "failed" if video.failure else "rejected" if video.rejection else "processed"


def resource(platform: YouTube, video: Video, named: set[str]) -> dict[str, Any]:
    status = upload_status(platform, video)
    return {"kind": "youtube#video", "etag": "e", "id": video.id} | {
        name: fields
        for name, fields in {
            "snippet": {**video.snippet, "publishedAt": iso(video.uploaded_at), "channelId": video.profile_id},
            "status": _status(platform, video, status),
            "processingDetails": _processing(status),
            **video.details,
        }.items()
        if name in named
    }


def _status(platform: YouTube, video: Video, status: str) -> dict[str, Any]:
    seen = privacy(platform, video)
    shown = {**video.status, "privacyStatus": seen, "uploadStatus": status}
    shown["madeForKids"] = video.status.get("selfDeclaredMadeForKids", False)
    if status == "failed":
        shown["failureReason"] = video.failure
    if status == "rejected":
        shown["rejectionReason"] = video.rejection
    return shown


def _set_status(platform: YouTube, video: Video, status: dict[str, Any]) -> None:
    if platform.switches["keepPrivate"]:
        status = {**status, "privacyStatus": "private"}
    if status["privacyStatus"] == "private":
        video.seen_at = None
    elif video.seen_at is None:
        video.seen_at = wall_time()
    video.status = status


def _processing(status: str) -> dict[str, Any]:
    if status == "uploaded":
        progress = {"partsTotal": "100", "partsProcessed": "50", "timeLeftMs": "1000"}
        return {"processingStatus": "processing", "processingProgress": progress}
    return {"processingStatus": "succeeded" if status == "processed" else "terminated"}


def _entry(video: Video, profile: Account, named: set[str]) -> dict[str, Any]:
    snippet = {name: video.snippet.get(name, "") for name in ("title", "description")}
    snippet |= {"publishedAt": iso(video.uploaded_at), "channelId": profile.id, "playlistId": profile.uploads}
    fields = {
        "snippet": {**snippet, "resourceId": {"kind": "youtube#video", "videoId": video.id}},
        "contentDetails": {"videoId": video.id, "videoPublishedAt": iso(video.uploaded_at)},
        "status": {"privacyStatus": video.status["privacyStatus"]},
    }
    return {"kind": "youtube#playlistItem", "id": f"{profile.uploads}.{video.id}"} | _named(fields, named)


def _channel(profile: Account, named: set[str]) -> dict[str, Any]:
    fields = {
        "snippet": {"title": profile.title, "customUrl": profile.custom_url, "description": ""},
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": profile.uploads}},
        "status": {
            "privacyStatus": "public",
            "isLinked": True,
            "longUploadsStatus": "eligible" if profile.status == "unverified" else "allowed",
        },
    }
    return {"kind": "youtube#channel", "etag": "e", "id": profile.id} | _named(fields, named)


def _named(fields: dict[str, Any], named: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in named}


def listed(kind: str, resources: list[dict[str, Any]]) -> Answer:
    """A list answer of one page."""
    info = {"totalResults": len(resources), "resultsPerPage": len(resources)}
    return Answer(200, {"kind": f"youtube#{kind}ListResponse", "etag": "e", "pageInfo": info, "items": resources})
