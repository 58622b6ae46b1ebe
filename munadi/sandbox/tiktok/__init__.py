"""TikTok emulated: the API, its upload host and the site under `/tiktok/{api,upload,www}`.

Built from channels/tiktok.md. Not here: webhooks, the check that a URL's domain was verified in the portal (the switch
`urlsVerified` stands for it), video/query.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import EmulatedNetwork, PostView, ProfileView
from munadi.sandbox.storage import Store
from munadi.sandbox.tiktok.errors import planned_failure, refuse
from munadi.sandbox.tiktok.login import Login
from munadi.sandbox.tiktok.model import Profile
from munadi.sandbox.tiktok.platform import ALL_SCOPES, DAY, Platform
from munadi.sandbox.tiktok.posting import Posting
from munadi.sandbox.tiktok.processing import Processing
from munadi.sandbox.tiktok.reading import Reading, profile_view
from munadi.sandbox.tiktok.uploads import Uploads

DEFAULT = Profile("-000MunadiSandboxOpenId", "munadi-sandbox-union-id", "munadi.sandbox", "Munadi Sandbox")
# Published on purpose: nothing real is behind them.
DEFAULT_TOKEN, DEFAULT_REFRESH = "act.sandboxMunadiAccessToken", "rft.sandboxMunadiRefreshToken"

NAMES = {
    ("POST", "post/publish/creator_info/query"): "creator_info",
    ("POST", "post/publish/video/init"): "init_file",
    ("POST", "post/publish/inbox/video/init"): "init_inbox",
    ("POST", "post/publish/content/init"): "init_photo",
    ("POST", "post/publish/status/fetch"): "status",
    ("POST", "post/publish/cancel"): "cancel",
    ("POST", "video/list"): "video_list",
    ("GET", "user/info"): "user_info",
    ("POST", "oauth/token"): "token",
    ("POST", "oauth/revoke"): "revoke",
}


class TikTok(EmulatedNetwork):
    channel = "tiktok"
    title = "TikTok"
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "upload"}
    default_delays = {"processing": 3.0, "moderation": 1.0}
    default_limits = {
        "initPerMinute": 6,
        "creatorInfoPerMinute": 20,
        "statusPerMinute": 30,
        "postsPerDay": 15,
        "activeUsersPerDay": 1000,
        "pendingShares": 5,
        "maxVideoSeconds": 600,
        "minChunkBytes": 5_000_000,
        "maxChunkBytes": 64_000_000,
        "accessTokenSeconds": 7200,
        "refreshTokenSeconds": 180 * DAY,
    }
    default_switches = {
        "commentDisabled": False,
        "duetDisabled": False,
        "stitchDisabled": False,
        "unaudited": False,
        "urlsVerified": True,
        "postIdNever": False,
        "oauthErrorsWith200": False,
    }
    statuses = {"active", "private", "banned"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        super().__init__(clock, store, media)
        self._platform = Platform(clock, store, media, self.delays, self.limits, self.switches)
        self._login = Login(self._platform)
        processing = Processing(self._platform)
        self._uploads = Uploads(self._platform, processing)
        self._reading = Reading(self._platform, processing)
        posting = Posting(self._platform, processing)
        runs = {
            "creator_info": posting.creator_info,
            "init_file": posting.init_video,
            "init_pull": posting.init_video,
            "init_inbox": posting.init_inbox,
            "init_photo": posting.init_photo,
            "status": posting.status,
            "cancel": posting.cancel,
            "upload_chunk": self._uploads.put,
            "upload_last_chunk": self._uploads.put,
            "user_info": self._reading.user_info,
            "video_list": self._reading.video_list,
            "token": self._login.token,
            "revoke": self._login.revoke,
            "authorize": self._login.authorize,
            "site": self._reading.site,
        }
        visible = {"init_pull", "init_photo", "upload_last_chunk"}
        self._operations = {name: Operation(name, run, name in visible) for name, run in runs.items()}

    def operation(self, call: Call) -> Operation:
        return self._operations.get(self._name(call)) or Operation("unknown", _not_served)

    def operation_names(self) -> set[str]:
        return set(self._operations)

    def profile_of(self, call: Call) -> str | None:
        if call.path.startswith("upload/"):
            publish = self._uploads.publish_of(call)
            return publish.profile_id if publish else None
        token = self._platform.tokens.get(call.bearer or "")
        return token.profile_id if token else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned_failure(error, status)

    def seed(self) -> None:
        if DEFAULT.id not in self._platform.profiles:
            profile = Profile(DEFAULT.id, DEFAULT.union_id, DEFAULT.username, DEFAULT.nickname)
            self._platform.profiles.put(profile.id, profile)
            self._login.issue(profile.id, ALL_SCOPES, access=DEFAULT_TOKEN, refresh=DEFAULT_REFRESH)

    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        username = re.sub(r"[^a-z0-9._]+", ".", (name or "").lower()).strip(".")[:24]
        username = username or f"user.{secrets.token_hex(3)}"
        if any(profile.username == username for profile in self._platform.profiles):
            username = f"{username[:17]}.{secrets.token_hex(3)}"
        profile = Profile(f"-000{secrets.token_urlsafe(24)}", secrets.token_hex(16), username, name or username)
        self._platform.profiles.put(profile.id, profile)
        return self._credentials(profile)

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        return self._credentials(self._platform.profile(profile_id))

    def profiles(self) -> list[ProfileView]:
        return [profile_view(profile) for profile in self._platform.profiles]

    def posts(self, base_url: str) -> list[PostView]:
        return [self._reading.post_view(publish, base_url) for publish in self._reading.live()]

    def set_status(self, profile_id: str, status: str) -> None:
        profile = self._platform.profile(profile_id)
        profile.status = status
        self._platform.profiles.put(profile_id, profile)

    def expire_tokens(self, profile_id: str, which: str) -> None:
        for token in self._platform.tokens:
            if token.profile_id == profile_id and which in (token.kind, "all"):
                token.expires_at = min(token.expires_at, self.clock.now() - 1)
                self._platform.tokens.put(token.value, token)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """The user disconnected the app."""
        self._login.forget(profile_id)

    def clear(self) -> None:
        self._platform.clear()
        self._uploads.clear()
        self.restore_settings()

    def _credentials(self, profile: Profile) -> dict[str, Any]:
        access, refresh = self._login.issue(profile.id, ALL_SCOPES)
        return {
            "channel": "tiktok",
            "externalId": profile.id,
            "username": profile.username,
            "accessToken": access.value,
            "refreshToken": refresh.value,
        }

    def _name(self, call: Call) -> str:
        """The operation's name for a path; the two ways of a video's init are told apart by its body."""
        host, _, path = call.path.partition("/")
        if host == "www":
            return "authorize" if path == "v2/auth/authorize" else "site"
        if host == "upload":
            if call.method != "PUT":
                return "unknown"
            return "upload_last_chunk" if self._uploads.is_last(call) else "upload_chunk"
        version, _, rest = path.partition("/")
        if host != "api" or version != "v2" or not call.ends_with_slash:  # every path of the API ends with one
            return "unknown"
        name = NAMES.get((call.method, rest), "unknown")
        return "init_pull" if name == "init_file" and _pulls(call) else name


def _pulls(call: Call) -> bool:
    try:
        body = json.loads(call.body)
        return bool(body["source_info"]["source"] == "PULL_FROM_URL")
    except (ValueError, TypeError, KeyError):
        return False


async def _not_served(call: Call) -> Answer:
    raise refuse("invalid_params", "Unsupported path", status=404)
