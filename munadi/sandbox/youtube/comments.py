"""commentThreads.insert and list: comments below a video that others can see.

Source: the reference of commentThreads, and the discovery document for the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.youtube.errors import refuse
from munadi.sandbox.youtube.metadata import json_object, known_only, new_id, parts
from munadi.sandbox.youtube.model import MANAGE, Comment, Video
from munadi.sandbox.youtube.videos import listed, privacy

if TYPE_CHECKING:
    from munadi.sandbox.youtube import YouTube

PARTS = {"id", "snippet"}
LONGEST = 10_000  # unverified: only that there is a limit is documented
MOST = 100


async def insert_comment(platform: YouTube, call: Call) -> Answer:
    profile = platform.channel_of(call, MANAGE)
    named = parts(call, PARTS)
    snippet = known_only(json_object(call).get("snippet"), {"channelId", "videoId", "topLevelComment"}, "snippet")
    above = known_only(snippet.get("topLevelComment"), {"snippet"}, "snippet.topLevelComment")
    text = known_only(above.get("snippet"), {"textOriginal"}, "snippet.topLevelComment.snippet").get("textOriginal")
    if not snippet.get("videoId") or not snippet.get("channelId"):
        raise refuse("channelOrVideoIdMissing")
    if not isinstance(text, str) or not text.strip():
        raise refuse("commentTextRequired")
    if len(text) > LONGEST:
        raise refuse("commentTextTooLong")
    video = _open(platform, str(snippet["videoId"]))
    comment = Comment(new_id(26), video.id, profile.id, text, platform.clock.now())
    platform.comments.put(comment.id, comment)
    return Answer(200, _thread(platform, comment, video, named), effect=True)


async def list_comments(platform: YouTube, call: Call) -> Answer:
    """Newest first; a new one may be missing for a while."""
    platform.channel_of(call, MANAGE)
    named = parts(call, PARTS)
    video = _open(platform, call.query.get("videoId", ""))
    until = platform.clock.now() - platform.delays["listing"]
    found = [c for c in platform.comments if c.video_id == video.id and c.written_at <= until]
    count = min(int(call.query.get("maxResults", "20")), MOST)
    return listed("commentThread", [_thread(platform, c, video, named) for c in reversed(found[-count:])])


def _open(platform: YouTube, video_id: str) -> Video:
    video = platform.videos.get(video_id)
    if video is None:
        raise refuse("videoNotFound")
    if privacy(platform, video) == "private" or video.status.get("selfDeclaredMadeForKids"):
        raise refuse("commentsDisabled")
    return video


def _thread(platform: YouTube, comment: Comment, video: Video, named: set[str]) -> dict[str, Any]:
    at = iso(comment.written_at)
    top = {
        "authorDisplayName": platform.profile(comment.profile_id).custom_url,
        "authorChannelId": {"value": comment.profile_id},
        "channelId": video.profile_id,
        "videoId": video.id,
        "textDisplay": comment.text,
        "textOriginal": comment.text,
        "publishedAt": at,
        "updatedAt": at,
    }
    snippet = {
        "channelId": video.profile_id,
        "videoId": video.id,
        "topLevelComment": {"kind": "youtube#comment", "etag": "e", "id": comment.id, "snippet": top},
        "canReply": True,
        "isPublic": True,
        "totalReplyCount": 0,
    }
    thread = {"kind": "youtube#commentThread", "etag": "e", "id": comment.id}
    return thread | ({"snippet": snippet} if "snippet" in named else {})
