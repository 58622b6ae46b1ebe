"""The resumable protocol: open a session, take chunks, say how much is stored, make the video at the last byte.

Source: channels/youtube.md section 3. An offset that is not the session's is answered with 416 here.
"""

from __future__ import annotations

import re

from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import sniff, video_facts
from munadi.sandbox.youtube.errors import envelope, refuse
from munadi.sandbox.youtube.metadata import DETAILS, PARTS, details_of, known_only, snippet_of, status_of
from munadi.sandbox.youtube.model import Profile, Session, Video
from munadi.sandbox.youtube.platform import DAY, UPLOAD, Platform, json_object, new_id, parts
from munadi.sandbox.youtube.videos import Videos

UNIT = 262_144
LARGEST = 274_877_906_944
LONGEST, UNVERIFIED_LONGEST = 12 * 3_600, 15 * 60
RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")


class Uploads:
    def __init__(self, platform: Platform, videos: Videos) -> None:
        self._platform = platform
        self._videos = videos

    async def start(self, call: Call) -> Answer:
        """Every call counts against the day's bucket, also one whose metadata are refused."""
        try:
            self._platform.spend("uploads", 1, self._platform.limits["uploadsPerDay"])
        except OverflowError:
            as_403 = self._platform.switches["emptyBucketIs403"]
            return envelope("quotaExceeded" if as_403 else "rateLimitExceeded")
        profile = self._platform.channel(call, UPLOAD)
        if call.query.get("uploadType") != "resumable":
            raise refuse("badRequest", "Only resumable uploads are emulated.")
        session = self._described(call, profile)
        since = self._platform.clock.now() - DAY
        recent = sum(1 for v in self._platform.videos if v.profile_id == profile.id and v.uploaded_at > since)
        if recent >= self._platform.limits["uploadsPerChannel"]:
            raise refuse("uploadLimitExceeded")
        self._platform.sessions.put(session.id, session)
        self._platform.received[session.id] = bytearray()
        query = f"uploadType=resumable&part={call.query.get('part', '')}&upload_id={session.id}"
        location = f"{call.base_url}/youtube/api/upload/youtube/v3/videos?{query}"
        return Answer(200, None, {"location": location, "x-guploader-uploadid": session.id}, effect=True)

    async def put(self, call: Call) -> Answer:
        """A chunk, a whole file, or a probe. Without any await: two at once cannot make two videos."""
        session = self._session(call)
        given = RANGE.match(call.headers.get("content-range", f"bytes 0-{len(call.body) - 1}/{session.total}"))
        if given is None or int(given[3]) != session.total:
            return Answer(400, "Invalid Content-Range.")
        if session.video_id is not None:
            return Answer(200, self._resource(session.video_id))
        if given[1] is None:
            return self._stored(session)
        received = self._platform.received.setdefault(session.id, bytearray())
        first, last = int(given[1]), int(given[2])
        if last - first + 1 != len(call.body):
            return Answer(400, "Content-Length does not fit Content-Range.")
        if last + 1 != session.total and len(call.body) % UNIT:
            return Answer(400, f"Invalid request. The number of bytes uploaded must be a multiple of {UNIT}.")
        if first != len(received):
            return Answer(416, "The first byte is not the next one.")
        taken = self._platform.limits["storedPerChunk"] // UNIT * UNIT or len(call.body)
        received += call.body[:taken]
        if len(received) < session.total:
            return self._stored(session, effect=True)
        video = self._make(session, bytes(received))
        return Answer(201, self._resource(video.id), effect=True)

    def shows(self, call: Call) -> bool:
        """Whether the video of this session will be visible as soon as it is complete."""
        session = self._platform.sessions.get(call.query.get("upload_id", ""))
        return session is not None and session.metadata["status"]["privacyStatus"] != "private"

    def _described(self, call: Call, profile: Profile) -> Session:
        length = call.headers.get("x-upload-content-length", "")
        if not length.isdecimal():
            raise refuse("badRequest", "X-Upload-Content-Length is missing.")
        if int(length) > LARGEST:
            raise refuse("uploadTooLarge")
        named = parts(call, PARTS)
        body = known_only(json_object(call), {"id", "snippet", "status", *DETAILS}, "video")
        if not set(body) <= named:
            raise refuse("unexpectedPart", "The body has properties of parts that the call does not name.")
        now = self._platform.clock.now()
        metadata = {"snippet": snippet_of(body.get("snippet")), "status": status_of(body.get("status"), now)}
        metadata["details"] = details_of(body)
        mime_type = call.headers.get("x-upload-content-type", "application/octet-stream")
        return Session(new_id(64), profile.id, now, int(length), mime_type, metadata)

    def _session(self, call: Call) -> Session:
        session = self._platform.sessions.get(call.query.get("upload_id", ""))
        life = self._platform.limits["sessionSeconds"]
        if session is None or self._platform.clock.now() >= session.opened_at + life:
            raise Refusal(Answer(404, "Not Found"))
        return session

    def _stored(self, session: Session, effect: bool = False) -> Answer:
        count = len(self._platform.received.get(session.id, b""))
        return Answer(308, None, {"range": f"bytes=0-{count - 1}"} if count else {}, effect)

    def _make(self, session: Session, body: bytes) -> Video:
        platform, now = self._platform, self._platform.clock.now()
        video = Video(
            id=new_id(11),
            profile_id=session.profile_id,
            uploaded_at=now,
            processed_at=now + platform.delays["processing"],
            snippet=session.metadata["snippet"],
            status=session.metadata["status"],
            details=session.metadata["details"],
        )
        self._judge(video, session, body)
        if video.status["privacyStatus"] != "private":
            video.seen_at = wall_time()
        platform.videos.put(video.id, video)
        session.video_id = video.id
        platform.sessions.put(session.id, session)
        platform.received.pop(session.id, None)
        return video

    def _judge(self, video: Video, session: Session, body: bytes) -> None:
        """What is wrong with the file shows later, when it has been processed."""
        facts = video_facts(body)
        if facts is None:
            video.failure = "invalidFile"
            return
        video.width, video.height, video.seconds = facts.width, facts.height, facts.seconds
        mime_type = session.mime_type if session.mime_type.startswith("video/") else sniff(body) or "video/mp4"
        video.digest = self._platform.shelf.keep(body, mime_type).digest
        verified = self._platform.profile(session.profile_id).status != "unverified"
        if facts.seconds > (LONGEST if verified else UNVERIFIED_LONGEST):
            video.rejection = "length"
        elif self._platform.switches["rejectDuplicates"] and any(
            other.digest == video.digest and other.profile_id == video.profile_id for other in self._platform.videos
        ):
            video.rejection = "duplicate"

    def _resource(self, video_id: str) -> dict[str, object]:
        video = self._platform.videos.get(video_id)
        if video is None:  # deleted meanwhile; the session still knows what it answered
            return {"kind": "youtube#video", "id": video_id}
        return self._videos.resource(video, {"id", "snippet", "status"})
