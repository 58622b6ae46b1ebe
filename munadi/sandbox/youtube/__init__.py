"""YouTube emulated: Data API, consent and token endpoints under `/youtube/{api,auth,token}`.

Source: docs/networks/youtube.md section 8. Files are probed, so a file that is no video fails after its processing;
every other failure or rejection is planted as an answer of `list_videos`. Not emulated: scheduling at YouTube, search,
replies, captions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.clock import DAY, iso
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import Run
from munadi.sandbox.storage import Table
from munadi.sandbox.youtube import uploads, videos
from munadi.sandbox.youtube.changes import CHANGES
from munadi.sandbox.youtube.model import (
    ALL_SCOPES,
    GIVES,
    LOGIN,
    PREFIX,
    PROBLEMS,
    TOKEN_WORDS,
    Account,
    Session,
    Usage,
    Video,
    new_id,
    refuse,
    refuse_if,
)

# The token outlives Google's hour, so that a sandbox that is left running keeps working without an OAuth client.
DEFAULT_TOKEN, DEFAULT_GRANT = "ya29.sandboxMunadiAccessToken", "1//0sandboxMunadiRefreshToken"
ACCESS_SECONDS = 3_599
UNUSED_SECONDS = 182 * DAY  # how long a grant lives unused
LIVE_GRANTS = 100
REVOKED = 1  # what a grant has for its end
PACIFIC = ZoneInfo("America/Los_Angeles")
# The quota units of an operation; uploads have a bucket of their own.
COSTS = dict.fromkeys(("list_videos", "list_uploads", "list_channels", "list_comments", "list_categories"), 1)
COSTS |= dict.fromkeys(("update_video", "delete_video", "set_thumbnail", "insert_comment"), 50)


async def revoke(platform: YouTube, call: Call) -> Answer:
    """Either token ends the whole grant."""
    found = platform.issuer.tokens.get(call.form.get("token") or call.query.get("token", ""))
    granted = platform.issuer.tokens.get(found.grant) if found and found.grant else found
    if granted is None or granted.revoked_subcode:
        raise platform.token_refusal("invalid_token", "Token expired or revoked")
    platform.end(granted)
    return Answer(200, {}, effect=True)


class YouTube(BearerPlatform[Account]):
    channel = "youtube"
    title = "YouTube"
    problems, login = PROBLEMS, LOGIN
    token_problem, scope_problem = "authError", "insufficientPermissions"
    refusal, throttling = {"reason": "channelSuspended"}, {"reason": "rateLimitExceeded"}
    hosts = {"API": "api", "AUTH": "auth", "TOKEN": "token"}
    default_delays = {"processing": 3.0, "listing": 1.0}
    default_limits = {
        "uploadsPerDay": 100,
        "unitsPerDay": 10_000,
        "uploadsPerChannel": 50,
    }
    default_switches = {
        "keepPrivate": False,
        "rejectDuplicates": False,
    }
    statuses = {"active", "suspended", "no_channel", "unverified"}
    changes = CHANGES
    default_profile = Account("UCmunadisandboxdefault00", "@munadi.sandbox", "Munadi Sandbox")
    routes = {
        "POST api/upload/youtube/v3/videos": ("start_upload", uploads.start),
        "PUT api/upload/youtube/v3/videos": ("upload_chunk", uploads.put),
        "POST api/upload/youtube/v3/thumbnails/set": ("set_thumbnail", videos.set_thumbnail),
        "GET api/youtube/v3/videos": ("list_videos", videos.list_videos),
        "PUT api/youtube/v3/videos": ("update_video", videos.update_video),
        "DELETE api/youtube/v3/videos": ("delete_video", videos.delete_video),
        "GET api/youtube/v3/playlistItems": ("list_uploads", videos.list_uploads),
        "GET api/youtube/v3/channels": ("list_channels", videos.list_channels),
        "GET api/youtube/v3/videoCategories": ("list_categories", videos.list_categories),
        "POST api/youtube/v3/commentThreads": ("insert_comment", videos.insert_comment),
        "GET api/youtube/v3/commentThreads": ("list_comments", videos.list_comments),
        "POST token/token": ("token", bearer.token),
        "POST token/revoke": ("revoke_token", revoke),
        "GET auth/o/oauth2/v2/auth": ("authorize", bearer.authorize),
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
        if name == "upload_chunk":
            return uploads.is_visible_once_complete(self, call)
        return name == "insert_comment" or (name == "update_video" and _wants_to_be_seen(call))

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """An invalid call costs its units as well; one that is refused for quota does not."""
        if name in COSTS and not self.spend("units", COSTS[name], self.limits["unitsPerDay"]):
            return PROBLEMS.answer("quotaExceeded")
        return await run(self, call)

    async def not_served(self, call: Call) -> Answer:
        return PROBLEMS.answer("notFound")

    def profile_of(self, call: Call) -> str | None:
        session = self.sessions.get(call.query.get("upload_id", ""))
        return super().profile_of(call) or (session.profile_id if session else None)

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """The answer for a fault's `error: {reason, message}`, or `{error}` for the token endpoint."""
        if "error" in error:
            refused = self.token_refusal(str(error["error"]), error.get("message", ""), status or 0)
            return refused.answer
        return super().failure(error, status)

    def seed_tokens(self, profile: Account) -> None:
        self.issue(self.grant(profile.id, ALL_SCOPES, DEFAULT_GRANT), 365 * DAY, DEFAULT_TOKEN)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        slug = self.new_username(name, signs="._-", kind="channel")
        return Account(f"UC{new_id(22)}", f"@{slug}", (name or slug).strip()[:60])

    def short_name(self, profile: Account) -> str:
        return profile.username.removeprefix("@")

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        granted = self.grant(profile.id, ALL_SCOPES)
        token = self.issue(granted)
        return {"accessToken": token.value, "refreshToken": granted.value, "expiresAt": iso(token.expires_at or 0)}

    def expire_tokens(self, profile_id: str, which: str) -> None:
        if which in ("access", "all"):
            self.issuer.expire(profile_id, "access")
        if which in ("refresh", "all"):
            self.issuer.revoke(profile_id, REVOKED, "refresh")

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """The owner withdrew the consent: everything ends at once."""
        for granted in self.issuer.of(profile_id, "refresh"):
            self.end(granted)

    # --- the grants of Google OAuth 2.0: a grant is its refresh token
    def choices(self, call: Call) -> Iterable[Choice]:
        return [Choice(one.id, one.title, also=frozenset({one.username})) for one in self.accounts]

    def prepare(self, code: Code, call: Call) -> None:
        """Google returns a refresh token for the first consent, or when the app asks for a new one."""
        is_new = not self.live_grants(code.profile_id) or "consent" in call.query.get("prompt", "").split()
        code.with_refresh = call.query.get("access_type") == "offline" and is_new

    def granted(self, source: Code | Token) -> dict[str, Any]:
        grant = source if isinstance(source, Token) else self.grant(source.profile_id, source.scopes)
        scope, value = " ".join(grant.scopes), self.issue(grant).value
        body = {"access_token": value, "expires_in": ACCESS_SECONDS, "scope": scope, "token_type": "Bearer"}
        shows = isinstance(source, Code) and source.with_refresh
        return body | ({"refresh_token": grant.value} if shows else {})

    def renewable(self, value: str) -> Token:
        used, now = self.issuer.tokens.get(value), self.clock.now()
        if used is None or used.kind != "refresh" or used.revoked_subcode or now >= used.used_at + UNUSED_SECONDS:
            raise self.token_refusal("invalid_grant")
        used.used_at = now
        return self.issuer.tokens.put(used.value, used)

    def token_refusal(self, error: str, description: str = "", status: int = 0) -> Refusal:
        code, words = TOKEN_WORDS.get(error, (400, "Bad Request"))
        return Refusal(Answer(status or code, {"error": error, "error_description": description or words}))

    def live_grants(self, profile_id: str) -> list[Token]:
        return [one for one in self.issuer.of(profile_id, "refresh") if not one.revoked_subcode]

    def grant(self, profile_id: str, scopes: list[str], value: str | None = None) -> Token:
        """A new grant; of more than a hundred live ones the oldest silently ends."""
        live = self.live_grants(profile_id)
        for oldest in live[: max(len(live) + 1 - LIVE_GRANTS, 0)]:
            self.end(oldest)
        used_at = self.clock.now()
        return self.issuer.issue("1//0", profile_id, scopes, None, value=value, kind="refresh", used_at=used_at)

    def issue(self, grant: Token, seconds: int = ACCESS_SECONDS, value: str | None = None) -> Token:
        return self.issuer.issue("ya29.", grant.profile_id, grant.scopes, seconds, value=value, grant=grant.value)

    def end(self, grant: Token) -> None:
        """End the grant and all its access tokens. Its row stays, so that it can be reported as revoked."""
        grant.revoked_subcode = REVOKED
        self.issuer.tokens.put(grant.value, grant)
        for one in self.issuer.of(grant.profile_id, "access"):
            if one.grant == grant.value:
                self.issuer.tokens.remove(one.value)

    # --- who calls, and what is the caller's
    def caller(self, call: Call, *scopes: str) -> Account:
        """The profile of the call's token, which must be valid, have the scope and a channel that may act."""
        refuse_if(call.bearer is None, "required")
        profile = super().caller(call, *scopes)
        refuse_if(profile.status == "suspended", "channelSuspended")
        return profile

    def permits(self, token: Token, scopes: tuple[str, ...]) -> bool:
        """A wider scope includes narrower ones."""
        held = {name.removeprefix(PREFIX) for name in token.scopes}
        return set(scopes) <= held.union(*(GIVES.get(name, set()) for name in held))

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

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The video with its comments."""
        return [(self.videos, post.id), *((self.comments, comment.id) for comment in self.comments_on(post.id))]

    def permalink(self, row: Video, base_url: str) -> str:
        return f"https://www.youtube.com/watch?v={row.id}"

    def posts(self, base_url: str) -> list[PostView]:
        """What can be watched: public or unlisted, and processed."""
        return [
            self._view(video, base_url)
            for video in self.videos
            if video.privacy != "private" and videos.upload_status(self, video) == "processed"
        ]

    def _view(self, video: Video, base_url: str) -> PostView:
        title = str(video.snippet["title"])
        return self.view(
            video,
            base_url,
            text=str(video.snippet["description"]) or title,
            kind="short" if video.is_short else "video",
            received_at=video.seen_at or video.uploaded_at,
            media=self.shown_media([video.digest, video.thumbnail], [title, f"thumbnail: {title}"]),
        )


def _wants_to_be_seen(call: Call) -> bool:
    try:
        return bool(json.loads(call.body)["status"].get("privacyStatus") != "private")
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
