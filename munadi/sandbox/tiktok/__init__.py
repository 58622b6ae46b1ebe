"""TikTok emulated: the API, its upload host and the site under `/tiktok/{api,upload,www}`.

Source: docs/networks/tiktok.md. Not emulated: shares to the creator's inbox, webhooks, and the check that
the domain of a URL was verified in the portal (the switch `urlsVerified` replaces it).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import Downloads
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import site
from munadi.sandbox.storage import Table
from munadi.sandbox.tiktok import posting, uploads
from munadi.sandbox.tiktok.changes import CHANGES
from munadi.sandbox.tiktok.model import LOGIN, PROBLEMS, Account, Publish, log_id


class TikTok(BearerPlatform[Account]):
    channel = "tiktok"
    title = "TikTok"
    problems, login = PROBLEMS, LOGIN
    token_problem, scope_problem, rate_problem = "access_token_invalid", "scope_not_authorized", "rate_limit_exceeded"
    refusal, throttling = {"code": "spam_risk_user_banned_from_posting"}, {"code": "rate_limit_exceeded"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "upload"}
    default_delays = {"processing": 3.0, "moderation": 1.0}
    default_limits = {
        "initPerMinute": 6,
        "creatorInfoPerMinute": 20,
        "statusPerMinute": 30,
        "postsPerDay": 15,
        "activeUsersPerDay": 1000,
        "minChunkBytes": 5_000_000,
        "accessTokenSeconds": 7200,
    }
    default_switches = {
        "unaudited": False,
        "urlsVerified": True,
        "oauthErrorsWith200": False,
    }
    statuses = {"active", "private", "banned", "closed"}
    changes, hides_rows = CHANGES, False  # the status of a publish is read after the end of its post
    default_profile = Account("-000MunadiSandboxOpenId", "munadi.sandbox", "munadi-sandbox-union-id", "Munadi Sandbox")
    default_tokens, default_seconds = ("act.sandboxMunadiAccessToken", "rft.sandboxMunadiRefreshToken"), 180 * DAY
    visible = frozenset({"init_pull", "init_photo", "upload_last_chunk"})
    routes = {
        "GET www/v2/auth/authorize": ("authorize", bearer.authorize),
        "GET www/**": ("site", site),
        "PUT upload/**": ("upload_chunk", uploads.put),
        "POST api/v2/post/publish/creator_info/query": ("creator_info", posting.creator_info),
        "POST api/v2/post/publish/video/init": ("init_file", posting.init_video),
        "POST api/v2/post/publish/content/init": ("init_photo", posting.init_photo),
        "POST api/v2/post/publish/status/fetch": ("status", posting.status),
        "POST api/v2/post/publish/cancel": ("cancel", posting.cancel),
        "POST api/v2/video/query": ("query_videos", posting.query),
        "GET api/v2/user/info": ("user_info", posting.user_info),
        "POST api/v2/oauth/token": ("token", bearer.token),
        "POST api/v2/oauth/revoke": ("revoke", bearer.revoke),
    }
    variants = {"init_pull": posting.init_video, "upload_last_chunk": uploads.put}

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.publishes: Table[Publish] = self.table("publish", Publish)
        self.downloads: Downloads[Publish] = Downloads(self.publishes, "fail_reason", "internal")

    def variant(self, name: str, call: Call) -> str:
        """Every path of the API ends with a slash; the two ways of a video's init differ in the body."""
        if call.path.startswith("api/") and not call.ends_with_slash:
            return "unknown"
        if name == "upload_chunk" and uploads.is_last(call):
            return "upload_last_chunk"
        return "init_pull" if name == "init_file" and _pulls(call) else name

    async def not_served(self, call: Call) -> Answer:
        return PROBLEMS.answer("invalid_params", "Unsupported path", status=404)

    def profile_of(self, call: Call) -> str | None:
        if call.path.startswith("upload/"):
            publish = uploads.upload_of(self, call)
            return publish.profile_id if publish else None
        return super().profile_of(call)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        username = self.new_username(name)
        return Account(f"-000{secrets.token_urlsafe(24)}", username, secrets.token_hex(16), name or username)

    def app_of(self, call: Call) -> dict[str, str]:
        if call.content_type != "application/x-www-form-urlencoded":
            raise self.token_refusal("invalid_request", "Only application/x-www-form-urlencoded is supported")
        return super().app_of(call)

    def granted(self, source: Code | Token) -> dict[str, Any]:
        access, refresh = self.issue_pair(source.profile_id, source.scopes)
        return {
            "open_id": source.profile_id,
            "scope": ",".join(source.scopes),
            "access_token": access.value,
            "expires_in": self.limits["accessTokenSeconds"],
            "refresh_token": refresh.value,
            "refresh_expires_in": LOGIN.refresh_seconds,
            "token_type": "Bearer",
        }

    def token_refusal(self, error: str, description: str = "", status: int = 400) -> Refusal:
        """OAuth errors have their own shape; some reports say that they arrive with HTTP 200."""
        body = {"error": error, "error_description": description, "log_id": log_id()}
        return Refusal(Answer(200 if self.switches["oauthErrorsWith200"] else status, body))

    def cap(self, profile: Account) -> str | None:
        """Why this user may not post now, as creator_info and init report it."""
        if profile.status == "banned":
            return "spam_risk_user_banned_from_posting"
        since = self.clock.now() - DAY
        users = [one.profile_id for one in self.publishes if (one.accepted_at or 0) > since]
        if users.count(profile.id) >= self.limits["postsPerDay"]:
            return "spam_risk_too_many_posts"
        if profile.id not in users and len(set(users)) >= self.limits["activeUsersPerDay"]:
            return "reached_active_user_cap"
        return None

    def privacy_options(self, profile: Account) -> list[str]:
        widest = "FOLLOWER_OF_CREATOR" if profile.status == "private" else "PUBLIC_TO_EVERYONE"
        return [widest, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]

    def status_of(self, publish: Publish) -> str:
        working = "PROCESSING_UPLOAD" if publish.source == "FILE_UPLOAD" else "PROCESSING_DOWNLOAD"
        if publish.cancelled:
            return "FAILED"
        if publish.accepted_at is None or publish.loading:
            return working
        if self.clock.now() < publish.accepted_at + self.delays["processing"]:
            return working
        return "FAILED" if publish.fail_reason else "PUBLISH_COMPLETE"

    def shown_id(self, publish: Publish) -> str | None:
        """The post's id, once it is public and moderated; never for a private post."""
        if self.status_of(publish) != "PUBLISH_COMPLETE" or publish.privacy == "SELF_ONLY":
            return None
        known_at = (publish.accepted_at or 0) + self.delays["processing"] + self.delays["moderation"]
        return None if self.clock.now() < known_at else publish.post_id

    def live_posts(self) -> list[Publish]:
        return [one for one in self.publishes if self.status_of(one) == "PUBLISH_COMPLETE"]

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.publishes, str(post.raw["id"]))]

    def permalink(self, row: Publish, base_url: str) -> str:
        username = self.profile(row.profile_id).username
        return f"{base_url}/tiktok/www/@{username}/{row.kind}/{row.post_id}"

    def posts(self, base_url: str) -> list[PostView]:
        return [
            self.view(
                publish,
                base_url,
                id=publish.post_id,
                text="\n".join(part for part in (publish.title, publish.text) if part),
                media=self.shown_media(publish.digests, []),
                raw={name: value for name, value in asdict(publish).items() if name != "upload_token"},
            )
            for publish in self.live_posts()
        ]


def _pulls(call: Call) -> bool:
    try:
        return bool(json.loads(call.body)["source_info"]["source"] == "PULL_FROM_URL")
    except (ValueError, TypeError, KeyError):
        return False
