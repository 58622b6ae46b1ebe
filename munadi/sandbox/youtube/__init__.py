"""YouTube emulated: Data API, consent and token endpoints under `/youtube/{api,auth,token}`.

Source: docs/networks/youtube.md section 8. Files are probed, so a file that is no video fails after its processing;
every other failure or rejection is planted as an answer of `list_videos`. Not emulated: scheduling at YouTube, search,
replies, captions.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from munadi.sandbox.clock import DAY, iso
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, Run
from munadi.sandbox.storage import Table
from munadi.sandbox.youtube import login, uploads, videos
from munadi.sandbox.youtube.errors import envelope, refuse, refuse_if, token_answer
from munadi.sandbox.youtube.metadata import new_id
from munadi.sandbox.youtube.model import ALL_SCOPES, GIVES, PREFIX, Account, Session, Usage, Video

DEFAULT = Account("UCmunadisandboxdefault00", "@munadi.sandbox", "Munadi Sandbox")
# Published on purpose: they open nothing real. The token outlives Google's hour, so that a sandbox that is left
# running keeps working without an OAuth client; those of new profiles live an hour.
DEFAULT_TOKEN = "ya29.sandboxMunadiAccessToken"
DEFAULT_GRANT = "1//0sandboxMunadiRefreshToken"
DEFAULT_SECONDS = 365 * DAY
PACIFIC = ZoneInfo("America/Los_Angeles")
# The quota units of an operation; uploads have a bucket of their own.
COSTS = dict.fromkeys(("list_videos", "list_uploads", "list_channels", "list_comments"), 1)
COSTS |= dict.fromkeys(("update_video", "delete_video", "set_thumbnail", "insert_comment"), 50)
# Parameters that Google knows but that are not emulated are refused too, not ignored.
EVERYWHERE = {"alt", "prettyPrint", "quotaUser"}
PARAMETERS = {
    "start_upload": {"part", "uploadType", "notifySubscribers"},
    "set_thumbnail": {"videoId", "uploadType"},
    "list_videos": {"part", "id"},
    "update_video": {"part"},
    "delete_video": {"id"},
    "list_uploads": {"part", "playlistId", "maxResults"},
    "list_channels": {"part", "mine"},
    "insert_comment": {"part"},
    "list_comments": {"part", "videoId", "order", "maxResults", "textFormat"},
}


class YouTube(Platform[Account]):
    channel = "youtube"
    title = "YouTube"
    refusal, throttling = {"reason": "channelSuspended"}, {"reason": "rateLimitExceeded"}
    hosts = {"API": "api", "AUTH": "auth", "TOKEN": "token"}
    default_delays = {"processing": 3.0, "listing": 1.0}
    default_limits = {
        "uploadsPerDay": 100,
        "unitsPerDay": 10_000,
        "uploadsPerChannel": 50,
        "thumbnailsPerChannel": 100,
    }
    default_switches = {
        "emptyBucketIs403": False,
        "keepPrivate": False,
        "rejectDuplicates": False,
        "testingStatus": False,
    }
    statuses = {"active", "suspended", "no_channel", "unverified"}
    default_profile = DEFAULT
    routes = {
        "POST api/upload/youtube/v3/videos": ("start_upload", uploads.start),
        "PUT api/upload/youtube/v3/videos": ("upload_chunk", uploads.put),
        "POST api/upload/youtube/v3/thumbnails/set": ("set_thumbnail", videos.set_thumbnail),
        "GET api/youtube/v3/videos": ("list_videos", videos.list_videos),
        "PUT api/youtube/v3/videos": ("update_video", videos.update_video),
        "DELETE api/youtube/v3/videos": ("delete_video", videos.delete_video),
        "GET api/youtube/v3/playlistItems": ("list_uploads", videos.list_uploads),
        "GET api/youtube/v3/channels": ("list_channels", videos.list_channels),
        "POST api/youtube/v3/commentThreads": ("insert_comment", videos.insert_comment),
        "GET api/youtube/v3/commentThreads": ("list_comments", videos.list_comments),
        "POST token/token": ("token", login.token),
        "POST token/revoke": ("revoke_token", login.revoke),
        "GET auth/o/oauth2/v2/auth": ("authorize", login.authorize),
    }
    variants = {"probe_upload": uploads.put}

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.sessions: Table[Session] = self.table("session", Session)
        self.videos: Table[Video] = self.table("video", Video)
        self.usage: Table[Usage] = self.table("usage", Usage)

    def variant(self, name: str, call: Call) -> str:
        is_probe = name == "upload_chunk" and call.headers.get("content-range", "").startswith("bytes */")
        return "probe_upload" if is_probe else name

    def is_visible_operation(self, name: str, call: Call) -> bool:
        if _unknown_parameters(name, call):
            return False
        if name == "upload_chunk":
            return uploads.is_visible_once_complete(self, call)
        return name == "insert_comment" or (name == "update_video" and _wants_to_be_seen(call))

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """An invalid call costs its units as well; one that is refused for quota does not."""
        if _unknown_parameters(name, call):
            text = "Invalid JSON payload received. Unknown name: cannot bind query parameter."
            return envelope("badRequest", message=text)
        if name in COSTS and not self.spend("units", COSTS[name], self.limits["unitsPerDay"]):
            return envelope("quotaExceeded")
        return await run(self, call)

    async def not_served(self, call: Call) -> Answer:
        return envelope("notFound")

    def profile_of(self, call: Call) -> str | None:
        session = self.sessions.get(call.query.get("upload_id", ""))
        return super().profile_of(call) or (session.profile_id if session else None)

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """The answer for a fault's `error: {reason, message}`, or `{error}` for the token endpoint."""
        if "error" in error:
            return token_answer(str(error["error"]), message=error.get("message"), status=status)
        return envelope(str(error.get("reason", "backendError")), message=error.get("message"), status=status)

    def seed_tokens(self, profile: Account) -> None:
        granted = login.grant(self, profile.id, ALL_SCOPES, DEFAULT_GRANT)
        login.issue(self, granted, DEFAULT_SECONDS, DEFAULT_TOKEN)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        slug = self.new_username(name, signs="._-", kind="channel")
        return Account(f"UC{new_id(22)}", f"@{slug}", (name or slug).strip()[:60])

    def short_name(self, profile: Account) -> str:
        return profile.username.removeprefix("@")

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        granted = login.grant(self, profile.id, ALL_SCOPES)
        token = login.issue(self, granted)
        return {"accessToken": token.value, "refreshToken": granted.value, "expiresAt": iso(token.expires_at or 0)}

    def expire_tokens(self, profile_id: str, which: str) -> None:
        if which in ("access", "all"):
            self.issuer.expire(profile_id, "access")
        if which in ("refresh", "all"):
            self.issuer.revoke(profile_id, login.REVOKED, "refresh")

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """The owner withdrew the consent: everything ends at once."""
        for granted in self.issuer.of(profile_id, "refresh"):
            login.end(self, granted)

    def caller(self, call: Call, scope: str) -> Account:
        """The profile of the call's token, which must be valid, have the scope and a channel that may act."""
        if call.bearer is None:
            raise refuse("required")
        token = self.issuer.live(call.bearer)
        if token is None:
            raise refuse("authError")
        held = {name.removeprefix(PREFIX) for name in token.scopes}
        if scope not in held.union(*(GIVES.get(name, set()) for name in held)):
            raise refuse("insufficientPermissions")
        profile = self.profile(token.profile_id)
        refuse_if(profile.status == "suspended", "channelSuspended")
        return profile

    def channel_of(self, call: Call, scope: str) -> Account:
        """The caller, which must have a channel."""
        profile = self.caller(call, scope)
        refuse_if(profile.status == "no_channel", "youtubeSignupRequired")
        return profile

    def own_video(self, video_id: str, profile: Account) -> Video:
        video = self.videos.get(video_id)
        if video is None:
            raise refuse("videoNotFound")
        refuse_if(video.profile_id != profile.id, "forbidden")
        return video

    def spend(self, bucket: str, amount: int, limit: int) -> bool:
        """Take from a bucket that is refilled at midnight in California; False when it is empty."""
        day = datetime.fromtimestamp(self.clock.now(), PACIFIC).date().isoformat()
        usage = self.usage.get(bucket) or Usage()
        used = usage.days.get(day, 0)
        if used + amount > limit:
            return False
        usage.days = {day: used + amount}
        self.usage.put(bucket, usage)
        return True

    def posts(self, base_url: str) -> list[PostView]:
        """What can be watched: public or unlisted, and processed."""
        return [
            self._view(video)
            for video in self.videos
            if video.privacy != "private" and videos.upload_status(self, video) == "processed"
        ]

    def _view(self, video: Video) -> PostView:
        title = str(video.snippet["title"])
        return self.view(
            video.profile_id,
            id=video.id,
            url=f"https://www.youtube.com/watch?v={video.id}",
            text=str(video.snippet["description"]) or title,
            kind="short" if video.is_short else "video",
            received_at=video.seen_at or video.uploaded_at,
            media=self.shown_media([video.digest, video.thumbnail], [title, f"thumbnail: {title}"]),
            raw=asdict(video),
            comments=[comment.text for comment in self.comments_on(video.id)],
        )


def _unknown_parameters(name: str, call: Call) -> bool:
    return not set(call.query) <= PARAMETERS.get(name, set(call.query)) | EVERYWHERE


def _wants_to_be_seen(call: Call) -> bool:
    try:
        return bool(json.loads(call.body)["status"].get("privacyStatus") != "private")
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
