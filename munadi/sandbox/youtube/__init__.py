"""YouTube emulated: Data API, consent and token endpoints under `/youtube/{api,auth,token}`.

Built from channels/youtube.md section 8. Files are probed for real, so what is no video fails after its processing;
every other failure or rejection is planted as an answer of `list_videos`. Not here: search, replies, captions.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict
from typing import Any

from munadi.sandbox.clock import SandboxClock, iso
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store
from munadi.sandbox.youtube.comments import Comments
from munadi.sandbox.youtube.errors import envelope, planned_failure
from munadi.sandbox.youtube.login import Login
from munadi.sandbox.youtube.model import Profile, Video
from munadi.sandbox.youtube.platform import ALL_SCOPES, DAY, Platform, new_id
from munadi.sandbox.youtube.uploads import Uploads
from munadi.sandbox.youtube.videos import Videos, is_short

DEFAULT = Profile("UCmunadisandboxdefault00", "Munadi Sandbox", "@munadi.sandbox")
# Published on purpose: nothing real is behind them. The token outlives Google's hour, so that a sandbox that is
# left running goes on without an OAuth client; those of new profiles live an hour.
DEFAULT_TOKEN = "ya29.sandboxMunadiAccessToken"
DEFAULT_GRANT = "1//0sandboxMunadiRefreshToken"
DEFAULT_SECONDS = 365 * DAY
SESSION_SECONDS = 7 * DAY


class YouTube(EmulatedNetwork):
    channel = "youtube"
    title = "YouTube"
    hosts = {"API": "api", "AUTH": "auth", "TOKEN": "token"}
    default_delays = {"processing": 3.0, "listing": 1.0}
    # `storedPerChunk` 0: all of it.
    default_limits = {
        "uploadsPerDay": 100,
        "unitsPerDay": 10_000,
        "uploadsPerChannel": 50,
        "thumbnailsPerChannel": 100,
        "sessionSeconds": SESSION_SECONDS,
        "storedPerChunk": 0,
    }
    default_switches = {
        "emptyBucketIs403": False,
        "keepPrivate": False,
        "rejectDuplicates": False,
        "testingStatus": False,
    }
    statuses = {"active", "suspended", "no_channel", "unverified"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._platform = Platform(clock, store, media, self.delays, self.limits, self.switches)
        self._login = Login(self._platform)
        self._videos = Videos(self._platform)
        self._uploads = Uploads(self._platform, self._videos)
        self._comments = Comments(self._platform, self._videos)
        self._operations = self._built()

    def operation(self, call: Call) -> Operation:
        host, _, path = call.path.partition("/")
        name = ROUTES.get((call.method, host, path), "unknown")
        if name == "upload_chunk":
            return self._chunk(call)
        found = self._operations.get(name) or Operation("unknown", _not_served)
        if not set(call.query) <= PARAMETERS.get(name, set(call.query)) | EVERYWHERE:
            return Operation(name, _unknown_parameter)
        shows = name == "insert_comment" or (name == "update_video" and _wants_to_be_seen(call))
        return Operation(name, found.run, shows)

    def operation_names(self) -> set[str]:
        return {*self._operations, "upload_chunk", "probe_upload"}

    def profile_of(self, call: Call) -> str | None:
        token = self._platform.tokens.get(call.bearer or "")
        if token is not None:
            return token.profile_id
        session = self._platform.sessions.get(call.query.get("upload_id", ""))
        return session.profile_id if session else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(error, status)

    def seed(self) -> None:
        if DEFAULT.id not in self._platform.profiles:
            self._platform.profiles.put(DEFAULT.id, Profile(DEFAULT.id, DEFAULT.title, DEFAULT.custom_url))
            grant = self._login.grant(DEFAULT.id, ALL_SCOPES, DEFAULT_GRANT)
            self._login.issue(grant, DEFAULT_SECONDS, DEFAULT_TOKEN)

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        slug = re.sub(r"[^a-z0-9._-]+", ".", (name or "").lower()).strip(".")[:24] or f"channel.{secrets.token_hex(3)}"
        if any(profile.custom_url == f"@{slug}" for profile in self._platform.profiles):
            slug = f"{slug}.{secrets.token_hex(3)}"
        profile = Profile(f"UC{new_id(22)}", (name or slug).strip()[:60], f"@{slug}")
        self._platform.profiles.put(profile.id, profile)
        return self._credentials(profile)

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self._credentials(self._platform.profile(profile_id))

    def profiles(self) -> list[ProfileView]:
        return [
            ProfileView("youtube", p.id, p.custom_url, p.status, f"https://www.youtube.com/channel/{p.id}")
            for p in self._platform.profiles
        ]

    def posts(self, base_url: str) -> list[PostView]:
        """What can be watched: public or unlisted, and processed."""
        return [
            self._post(video)
            for video in self._platform.videos
            if self._videos.privacy(video) != "private" and self._videos.upload_status(video) == "processed"
        ]

    def set_status(self, profile_id: str, status: str) -> None:
        profile = self._platform.profile(profile_id)
        profile.status = status
        self._platform.profiles.put(profile_id, profile)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        for token in self._platform.tokens:
            if token.profile_id == profile_id and which in ("access", "all"):
                token.expires_at = min(token.expires_at, self.clock.now() - 1)
                self._platform.tokens.put(token.value, token)
        for grant in self._platform.grants:
            if grant.profile_id == profile_id and which in ("refresh", "all"):
                grant.revoked = True
                self._platform.grants.put(grant.value, grant)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """The owner withdrew the consent: everything ends at once."""
        for grant in self._platform.grants:
            if grant.profile_id == profile_id:
                self._login.end(grant)

    def clear(self) -> None:
        self._platform.clear()
        self.restore_settings()

    def _built(self) -> dict[str, Operation]:
        videos, login, charged = self._videos, self._login, self._platform.charged
        runs = {
            "start_upload": self._uploads.start,  # a bucket of its own
            "list_videos": charged(1, videos.list),
            "update_video": charged(50, videos.update),
            "delete_video": charged(50, videos.delete),
            "list_uploads": charged(1, videos.uploads),
            "list_channels": charged(1, videos.channels),
            "set_thumbnail": charged(50, videos.thumbnail),
            "insert_comment": charged(50, self._comments.insert),
            "list_comments": charged(1, self._comments.list),
            "token": login.token,
            "revoke_token": login.revoke,
            "inspect_token": login.inspect,
            "authorize": login.authorize,
        }
        return {name: Operation(name, run) for name, run in runs.items()}

    def _chunk(self, call: Call) -> Operation:
        if call.headers.get("content-range", "").startswith("bytes */"):
            return Operation("probe_upload", self._uploads.put)
        return Operation("upload_chunk", self._uploads.put, self._uploads.shows(call))

    def _credentials(self, profile: Profile) -> dict[str, Any]:
        grant = self._login.grant(profile.id, ALL_SCOPES)
        token = self._login.issue(grant)
        return {
            "channel": "youtube",
            "externalId": profile.id,
            "username": profile.custom_url,
            "accessToken": token.value,
            "refreshToken": grant.value,
            "expiresAt": iso(token.expires_at),
        }

    def _post(self, video: Video) -> PostView:
        profile = self._platform.profile(video.profile_id)
        title = str(video.snippet["title"])
        shown = [(video.digest, title), (video.thumbnail, f"thumbnail: {title}")]
        kept = [(self._platform.shelf.facts(digest), alt) for digest, alt in shown if digest]
        return PostView(
            channel="youtube",
            profile=profile.id,
            profile_name=profile.custom_url,
            id=video.id,
            url=f"https://www.youtube.com/watch?v={video.id}",
            text=str(video.snippet["description"]) or title,
            kind="short" if is_short(video) else "video",
            received_at=video.seen_at or video.uploaded_at,
            media=[(facts, alt) for facts, alt in kept if facts],
            raw=asdict(video),
            comments=[comment.text for comment in self._platform.comments if comment.video_id == video.id],
        )


V3, UPLOAD_V3 = "youtube/v3", "upload/youtube/v3"
ROUTES = {
    ("POST", "api", f"{UPLOAD_V3}/videos"): "start_upload",
    ("PUT", "api", f"{UPLOAD_V3}/videos"): "upload_chunk",
    ("POST", "api", f"{UPLOAD_V3}/thumbnails/set"): "set_thumbnail",
    ("GET", "api", f"{V3}/videos"): "list_videos",
    ("PUT", "api", f"{V3}/videos"): "update_video",
    ("DELETE", "api", f"{V3}/videos"): "delete_video",
    ("GET", "api", f"{V3}/playlistItems"): "list_uploads",
    ("GET", "api", f"{V3}/channels"): "list_channels",
    ("POST", "api", f"{V3}/commentThreads"): "insert_comment",
    ("GET", "api", f"{V3}/commentThreads"): "list_comments",
    ("POST", "token", "token"): "token",
    ("POST", "token", "revoke"): "revoke_token",
    ("GET", "token", "tokeninfo"): "inspect_token",
    ("GET", "auth", "o/oauth2/v2/auth"): "authorize",
}
# What Google knows besides and is not emulated is refused too, rather than ignored.
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


def _wants_to_be_seen(call: Call) -> bool:
    try:
        return bool(json.loads(call.body)["status"].get("privacyStatus") != "private")
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


async def _unknown_parameter(call: Call) -> Answer:
    return envelope("badRequest", message="Invalid JSON payload received. Unknown name: cannot bind query parameter.")


async def _not_served(call: Call) -> Answer:
    return envelope("notFound")
