"""The resumable protocol: open a session, receive chunks, report how much is stored, create the video at the last byte.

Source: docs/networks/youtube.md section 3. An offset that is not the session's is answered with 416 here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from munadi.sandbox.clock import DAY, wall_time
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import sniff, video_facts
from munadi.sandbox.youtube.model import PROBLEMS, UPLOAD, Account, Session, Video, new_id, refuse, refuse_if
from munadi.sandbox.youtube.videos import RESETS, parts, resource, snippet_of

if TYPE_CHECKING:
    from munadi.sandbox.youtube import YouTube

UNIT = 262_144
SESSION_SECONDS = 7 * DAY
LARGEST = 274_877_906_944
LONGEST, UNVERIFIED_LONGEST = 12 * 3_600, 15 * 60
RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")


async def start(platform: YouTube, call: Call) -> Answer:
    """Every call counts against the day's bucket, also one whose metadata are refused."""
    if not platform.spend("uploads", 1, platform.limits["uploadsPerDay"]):
        return PROBLEMS.answer("rateLimitExceeded")
    profile = platform.channel_of(call, UPLOAD)
    session = _described(platform, call, profile)
    since = platform.clock.now() - DAY
    recent = sum(1 for v in platform.videos if v.profile_id == profile.id and v.uploaded_at > since)
    refuse_if(recent >= platform.limits["uploadsPerChannel"], "uploadLimitExceeded")
    platform.sessions.put(session.id, session)
    platform.received[session.id] = bytearray()
    query = f"uploadType=resumable&part={call.query.get('part', '')}&upload_id={session.id}"
    location = f"{call.base_url}/youtube/api/upload/youtube/v3/videos?{query}"
    return Answer(200, None, {"location": location, "x-guploader-uploadid": session.id}, effect=True)


async def put(platform: YouTube, call: Call) -> Answer:
    """A chunk, a whole file, or a probe. Without any await: two at once cannot make two videos."""
    session = _session(platform, call)
    given = RANGE.match(call.headers.get("content-range", f"bytes 0-{len(call.body) - 1}/{session.total}"))
    if given is None or int(given[3]) != session.total:
        return Answer(400, "Invalid Content-Range.")
    if session.video_id is not None:
        return Answer(200, _resource(platform, session.video_id))
    if given[1] is None:
        return _stored(platform, session)
    received = platform.received.setdefault(session.id, bytearray())
    first, last = int(given[1]), int(given[2])
    if last - first + 1 != len(call.body):
        return Answer(400, "Content-Length does not fit Content-Range.")
    if last + 1 != session.total and len(call.body) % UNIT:
        return Answer(400, f"Invalid request. The number of bytes uploaded must be a multiple of {UNIT}.")
    if first != len(received):
        return Answer(416, "The first byte is not the next one.")
    received += call.body
    if len(received) < session.total:
        return _stored(platform, session, effect=True)
    video = _make(platform, session, bytes(received))
    return Answer(201, _resource(platform, video.id), effect=True)


def is_visible_once_complete(platform: YouTube, call: Call) -> bool:
    """Whether the video of this session will be visible as soon as it is complete."""
    session = platform.sessions.get(call.query.get("upload_id", ""))
    return session is not None and session.metadata["status"]["privacyStatus"] != "private"


def _described(platform: YouTube, call: Call, profile: Account) -> Session:
    length = int(call.headers.get("x-upload-content-length", 0))
    refuse_if(length > LARGEST, "uploadTooLarge")
    body, now = call.json(refuse("badRequest")), platform.clock.now()
    refuse_if(not set(body) <= parts(call), "unexpectedPart", "The body has properties of parts that are not named.")
    metadata = {"snippet": snippet_of(body.get("snippet", {})), "status": {**RESETS, **body.get("status", {})}}
    localizations = body.get("localizations", {})
    refuse_if(localizations and "defaultLanguage" not in metadata["snippet"], "defaultLanguageNotSet")
    for each in localizations.values():
        snippet_of(each)
    # Parts that are written here and only shown afterwards.
    metadata["details"] = {name: value for name, value in body.items() if name not in ("id", "snippet", "status")}
    mime_type = call.headers.get("x-upload-content-type", "application/octet-stream")
    return Session(new_id(64), profile.id, now, length, mime_type, metadata)


def _session(platform: YouTube, call: Call) -> Session:
    session = platform.sessions.get(call.query.get("upload_id", ""))
    if session is None or platform.clock.now() >= session.opened_at + SESSION_SECONDS:
        raise Refusal(Answer(404, "Not Found"))
    return session


def _stored(platform: YouTube, session: Session, effect: bool = False) -> Answer:
    count = len(platform.received.get(session.id, b""))
    return Answer(308, None, {"range": f"bytes=0-{count - 1}"} if count else {}, effect)


def _make(platform: YouTube, session: Session, body: bytes) -> Video:
    now = platform.clock.now()
    video = Video(
        id=new_id(11),
        profile_id=session.profile_id,
        uploaded_at=now,
        processed_at=now + platform.delays["processing"],
        snippet=session.metadata["snippet"],
        status=session.metadata["status"],
        details=session.metadata["details"],
    )
    _check_file(platform, video, session, body)
    if video.privacy != "private":
        video.seen_at = wall_time()
    platform.videos.put(video.id, video)
    session.video_id = video.id
    platform.sessions.put(session.id, session)
    platform.received.pop(session.id, None)
    return video


def _check_file(platform: YouTube, video: Video, session: Session, body: bytes) -> None:
    """A problem with the file shows later, when it has been processed."""
    facts = video_facts(body)
    if facts is None:
        video.failure = "invalidFile"
        return
    video.width, video.height, video.seconds = facts.width, facts.height, facts.seconds
    mime_type = session.mime_type if session.mime_type.startswith("video/") else sniff(body) or "video/mp4"
    video.digest = platform.blob_store.keep(body, mime_type).digest
    verified = platform.profile(session.profile_id).status != "unverified"
    if facts.seconds > (LONGEST if verified else UNVERIFIED_LONGEST):
        video.rejection = "length"
    elif platform.switches["rejectDuplicates"] and any(
        other.digest == video.digest and other.profile_id == video.profile_id for other in platform.videos
    ):
        video.rejection = "duplicate"


def _resource(platform: YouTube, video_id: str) -> dict[str, object]:
    video = platform.videos.get(video_id)
    if video is None:  # deleted meanwhile; the session still knows what it answered
        return {"kind": "youtube#video", "id": video_id}
    return resource(platform, video, {"id", "snippet", "status"})
