"""videos.list, update and delete, the list of uploads, the channel, thumbnails.set, and comments.

Google's discovery document describes names, types and enumerations, which are checked by it in tests; here are the
limits of docs/networks/youtube.md, section 4, which it lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import iso, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import image_facts
from munadi.sandbox.model import Comment
from munadi.sandbox.youtube.model import MANAGE, READ, UPLOAD, Account, Video, new_id, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.youtube import YouTube

CATEGORIES = {"1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29"}
# What an update of the status resets, when it leaves it out; omitted privacy means public.
RESETS = {"privacyStatus": "public", "license": "youtube", "embeddable": True, "publicStatsViewable": True}
LONGEST_COMMENT = 10_000  # unverified: only that there is a limit is documented
MOST_COMMENTS = 100
MOST_VIDEOS = 50  # of one list by ids (unverified: the number is printed for batchGetStats)
THUMBNAIL_BYTES = 52_428_800


def parts(call: Call) -> set[str]:
    return {part.strip() for part in call.query.get("part", "").split(",")}


def snippet_of(given: dict[str, Any]) -> dict[str, Any]:
    title, description, tags = given.get("title", ""), given.get("description", ""), given.get("tags", [])
    refuse_if(not title.strip() or len(title) > 100 or _bracketed(title), "invalidTitle")
    refuse_if(len(description.encode()) > 5_000 or _bracketed(description), "invalidDescription")
    # Commas between tags count, and quotes around a tag with a space.
    counted = sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)
    refuse_if(counted > 500, "invalidTags")
    refuse_if(given.get("categoryId", "22") not in CATEGORIES, "invalidCategoryId")
    return {"categoryId": "22", "description": "", **given}


def _bracketed(text: str) -> bool:
    return "<" in text or ">" in text


async def list_videos(platform: YouTube, call: Call) -> Answer:
    """Videos by id, fifty at most; a private one is shown only to its owner, a missing one is left out."""
    profile = platform.caller(call, READ)
    named = parts(call)
    wanted = call.query.get("id", "").split(",")
    refuse_if(len(wanted) > MOST_VIDEOS, "badRequest")
    found = [video for video_id in wanted if (video := platform.videos.get(video_id)) is not None]
    shown = [v for v in found if v.profile_id == profile.id or shown_privacy(platform, v) != "private"]
    return listed("video", [resource(platform, video, named) for video in shown])


async def update_video(platform: YouTube, call: Call) -> Answer:
    """The named parts are replaced as a whole."""
    profile = platform.channel_of(call, MANAGE)
    named = parts(call)
    body = call.json(refuse("badRequest"))
    video = platform.own_video(str(body.get("id", "")), profile)
    before = (video.snippet, video.status)
    if "snippet" in named:
        video.snippet = snippet_of(body["snippet"])
    if "status" in named:
        _set_status(platform, video, {**RESETS, **body["status"]})
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
    named = parts(call)
    refuse_if(call.query.get("playlistId") != profile.uploads, "playlistNotFound")
    until = platform.clock.now() - platform.delays["listing"]
    own = [v for v in platform.videos if v.profile_id == profile.id and v.uploaded_at <= until]
    count = min(int(call.query.get("maxResults", "5")), 50)
    return listed("playlistItem", [_entry(platform, video, profile, named) for video in reversed(own[-count:])])


async def list_channels(platform: YouTube, call: Call) -> Answer:
    profile = platform.caller(call, READ)
    named = parts(call)
    return listed("channel", [] if profile.status == "no_channel" else [_channel(profile, named)])


# Some of the categories, one of which no video may have.
LISTED = {"1": "Film & Animation", "10": "Music", "18": "Short Movies", "22": "People & Blogs", "27": "Education"}
NOT_ASSIGNABLE = {"18"}


async def list_categories(platform: YouTube, call: Call) -> Answer:
    platform.caller(call, READ)
    refuse_if(not call.query.get("regionCode"), "invalidRegionCode")
    found = [
        {"id": each, "snippet": {"title": title, "assignable": each not in NOT_ASSIGNABLE}}
        for each, title in LISTED.items()
    ]
    return listed("videoCategory", [{"kind": "youtube#videoCategory", "etag": "e", **each} for each in found])


async def set_thumbnail(platform: YouTube, call: Call) -> Answer:
    profile = platform.channel_of(call, UPLOAD)
    video = platform.own_video(call.query.get("videoId", ""), profile)
    if profile.status == "unverified":
        raise refuse("forbidden", "The channel may not set custom thumbnails.")
    refuse_if(not call.body, "mediaBodyRequired")
    facts = image_facts(call.body)
    if facts is None or facts.format not in ("JPEG", "PNG") or len(call.body) > THUMBNAIL_BYTES:
        raise refuse("invalidImage")
    refuse_if(video.is_short and upload_status(platform, video) == "uploaded", "failedPrecondition")
    video.thumbnail = platform.blob_store.keep(call.body, facts.mime_type).digest
    platform.videos.put(video.id, video)
    size = {"url": f"{call.base_url}/media/{video.thumbnail}", "width": facts.width, "height": facts.height}
    body = {"kind": "youtube#thumbnailSetResponse", "etag": "e", "items": [{"default": size}]}
    return Answer(200, body, effect=True)


def upload_status(platform: YouTube, video: Video) -> str:
    if platform.clock.now() < video.processed_at:
        return "uploaded"
    return "failed" if video.failure else "rejected" if video.rejection else "processed"


def resource(platform: YouTube, video: Video, named: set[str]) -> dict[str, Any]:
    status = upload_status(platform, video)
    facts: dict[str, Any] = {
        "snippet": {**video.snippet, "publishedAt": iso(video.uploaded_at), "channelId": video.profile_id},
        "status": _status(video, status),
        "processingDetails": _processing(status),
        "contentDetails": {"duration": f"PT{round(video.seconds)}S", "licensedContent": False},
        **video.details,
    }
    shown = _named(platform.changed(video.id, facts), named)
    return {"kind": "youtube#video", "etag": "e", "id": video.id} | shown


def shown_privacy(platform: YouTube, video: Video) -> str:
    """Who may watch it, as of now."""
    changed = platform.changed(video.id, {"status": {"privacyStatus": video.privacy}})
    return str(changed["status"]["privacyStatus"])


def _status(video: Video, status: str) -> dict[str, Any]:
    shown = {**video.status, "uploadStatus": status}
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
    return {"processingStatus": {"uploaded": "processing", "processed": "succeeded"}.get(status, "terminated")}


def _entry(platform: YouTube, video: Video, profile: Account, named: set[str]) -> dict[str, Any]:
    snippet = {name: video.snippet.get(name, "") for name in ("title", "description")}
    snippet |= {"publishedAt": iso(video.uploaded_at), "channelId": profile.id, "playlistId": profile.uploads}
    status = {"privacyStatus": shown_privacy(platform, video)}
    fields = {"snippet": snippet, "contentDetails": {"videoId": video.id}, "status": status}
    return {"kind": "youtube#playlistItem", "id": f"{profile.uploads}.{video.id}"} | _named(fields, named)


def _channel(profile: Account, named: set[str]) -> dict[str, Any]:
    fields = {
        "snippet": {"title": profile.title, "customUrl": profile.username, "description": ""},
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": profile.uploads}},
        "status": {"longUploadsStatus": "eligible" if profile.status == "unverified" else "allowed"},
    }
    return {"kind": "youtube#channel", "etag": "e", "id": profile.id} | _named(fields, named)


def _named(fields: dict[str, Any], named: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in named}


def listed(kind: str, resources: list[dict[str, Any]]) -> Answer:
    """A list answer of one page."""
    info = {"totalResults": len(resources), "resultsPerPage": len(resources)}
    return Answer(200, {"kind": f"youtube#{kind}ListResponse", "etag": "e", "pageInfo": info, "items": resources})


async def insert_comment(platform: YouTube, call: Call) -> Answer:
    profile = platform.channel_of(call, MANAGE)
    named = parts(call)
    snippet = call.json(refuse("badRequest")).get("snippet", {})
    text = snippet.get("topLevelComment", {}).get("snippet", {}).get("textOriginal", "")
    refuse_if(not snippet.get("videoId") or not snippet.get("channelId"), "channelOrVideoIdMissing")
    refuse_if(not text.strip(), "commentTextRequired")
    refuse_if(len(text) > LONGEST_COMMENT, "commentTextTooLong")
    video = _commentable(platform, str(snippet["videoId"]))
    comment = platform.add_comment(new_id(26), video.id, profile, text)
    return Answer(200, _thread(comment, video, named), effect=True)


async def list_comments(platform: YouTube, call: Call) -> Answer:
    """Newest first; a new one may be missing for a while."""
    platform.channel_of(call, MANAGE)
    named = parts(call)
    video = _commentable(platform, call.query.get("videoId", ""))
    until = platform.clock.now() - platform.delays["listing"]
    found = [c for c in platform.comments_on(video.id) if c.created_at <= until]
    count = min(int(call.query.get("maxResults", "20")), MOST_COMMENTS)
    return listed("commentThread", [_thread(c, video, named) for c in reversed(found[-count:])])


def _commentable(platform: YouTube, video_id: str) -> Video:
    video = platform.videos.get(video_id)
    if video is None:
        raise refuse("videoNotFound")
    refuse_if(video.privacy == "private" or video.status.get("selfDeclaredMadeForKids"), "commentsDisabled")
    return video


def _thread(comment: Comment, video: Video, named: set[str]) -> dict[str, Any]:
    top = {
        "authorChannelId": {"value": comment.profile_id},
        "textDisplay": comment.text,
        "textOriginal": comment.text,
        "publishedAt": iso(comment.created_at),
    }
    above = {"kind": "youtube#comment", "etag": "e", "id": comment.id, "snippet": top}
    snippet = {"channelId": video.profile_id, "videoId": video.id, "topLevelComment": above}
    thread = {"kind": "youtube#commentThread", "etag": "e", "id": comment.id}
    return thread | ({"snippet": snippet} if "snippet" in named else {})
