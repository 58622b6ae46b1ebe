"""The platform's shared parts: tables, ids, who is calling with which scope, and the sliding limits."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict, deque
from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Call
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table
from munadi.sandbox.tiktok.errors import invalid, refuse
from munadi.sandbox.tiktok.model import Code, Profile, Publish, Token

MINUTE, HOUR, DAY = 60, 3600, 86_400
BASIC, PROFILE, STATS, LIST = "user.info.basic", "user.info.profile", "user.info.stats", "video.list"
PUBLISH, UPLOAD = "video.publish", "video.upload"
ALL_SCOPES = [BASIC, PROFILE, STATS, LIST, PUBLISH, UPLOAD]


class Platform:
    def __init__(
        self,
        clock: SandboxClock,
        store: Store,
        shelf: MediaShelf,
        delays: dict[str, float],
        limits: dict[str, int],
        switches: dict[str, bool],
    ) -> None:
        self.clock, self.shelf = clock, shelf
        self.delays, self.limits, self.switches = delays, limits, switches
        self.profiles: Table[Profile] = Table(store, "tiktok_profile", Profile)
        self.tokens: Table[Token] = Table(store, "tiktok_token", Token)
        self.codes: Table[Code] = Table(store, "tiktok_code", Code)
        self.publishes: Table[Publish] = Table(store, "tiktok_publish", Publish)
        self._recent: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def clear(self) -> None:
        for table in (self.profiles, self.tokens, self.codes, self.publishes):
            table.clear()
        self._recent.clear()

    def profile(self, profile_id: str) -> Profile:
        profile = self.profiles.get(profile_id)
        if profile is None:
            raise UnknownProfileError(f"tiktok has no profile {profile_id!r}")
        return profile

    def caller(self, call: Call, *scopes: str) -> Profile:
        """Whose token this is; it must have one of `scopes`. Raises the 401 family."""
        token = self.tokens.get(call.bearer or "")
        if token is None or token.kind != "access" or token.expires_at <= self.clock.now():
            raise refuse("access_token_invalid")
        if not set(scopes) & set(token.scopes):
            raise refuse("scope_not_authorized")
        return self.profile(token.profile_id)

    def limited(self, profile: Profile, limit: str) -> None:
        """One more call within the sliding minute, or 429. No header tells what is left."""
        recent, now = self._recent[profile.id, limit], self.clock.now()
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        if len(recent) >= self.limits[limit]:
            raise refuse("rate_limit_exceeded")
        recent.append(now)

    def cap(self, profile: Profile) -> str | None:
        """Why this user may not post just now, as creator_info and init say it."""
        if profile.status == "banned":
            return "spam_risk_user_banned_from_posting"
        since = self.clock.now() - DAY
        direct = [one for one in self.publishes if not one.inbox and (one.accepted_at or 0) > since]
        if sum(1 for one in direct if one.profile_id == profile.id) >= self.limits["postsPerDay"]:
            return "spam_risk_too_many_posts"
        users = {one.profile_id for one in direct}
        if profile.id not in users and len(users) >= self.limits["activeUsersPerDay"]:
            return "reached_active_user_cap"
        return None

    def privacy_options(self, profile: Profile) -> list[str]:
        widest = "FOLLOWER_OF_CREATOR" if profile.status == "private" else "PUBLIC_TO_EVERYONE"
        return [widest, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def json_body(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body or b"{}")
    except ValueError:
        raise invalid("The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object")
    return body


def new_post_id() -> str:
    """19 digits, as TikTok's are: too long for a float."""
    return "7" + "".join(secrets.choice("0123456789") for _ in range(18))
