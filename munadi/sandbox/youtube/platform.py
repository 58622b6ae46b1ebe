"""YouTube's shared parts: tables, who is calling with which scopes, and the project's quotas by Pacific day."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.network import UnknownProfileError
from munadi.sandbox.storage import Store, Table
from munadi.sandbox.youtube.errors import envelope, refuse
from munadi.sandbox.youtube.model import Code, Comment, Grant, Profile, Session, Token, Usage, Video

PREFIX = "https://www.googleapis.com/auth/"
UPLOAD, READ, MANAGE = "youtube.upload", "youtube.readonly", "youtube.force-ssl"
ALL_SCOPES = [PREFIX + name for name in (UPLOAD, READ, MANAGE)]
# What each scope lets a token do, besides itself.
GIVES = {"youtube": {UPLOAD, READ, MANAGE}, MANAGE: {UPLOAD, READ}}
PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = 86_400
Run = Callable[[Call], Awaitable[Answer]]


class Platform:
    def __init__(
        self,
        clock: SandboxClock,
        store: Store,
        media: MediaShelf,
        delays: dict[str, float],
        limits: dict[str, int],
        switches: dict[str, bool],
    ) -> None:
        self.clock = clock
        self.shelf = media
        self.delays, self.limits, self.switches = delays, limits, switches
        self.profiles: Table[Profile] = Table(store, "youtube_profile", Profile)
        self.tokens: Table[Token] = Table(store, "youtube_token", Token)
        self.grants: Table[Grant] = Table(store, "youtube_grant", Grant)
        self.codes: Table[Code] = Table(store, "youtube_code", Code)
        self.sessions: Table[Session] = Table(store, "youtube_session", Session)
        self.videos: Table[Video] = Table(store, "youtube_video", Video)
        self.comments: Table[Comment] = Table(store, "youtube_comment", Comment)
        self.usage: Table[Usage] = Table(store, "youtube_usage", Usage)
        self.received: dict[str, bytearray] = {}  # by session; lost in a restart, as a client must expect

    def clear(self) -> None:
        people = (self.profiles, self.tokens, self.grants, self.codes)
        for table in (*people, self.sessions, self.videos, self.comments, self.usage):
            table.clear()
        self.received.clear()

    def caller(self, call: Call, scope: str) -> Profile:
        """Who calls, with a live token that has the scope and a channel that may act."""
        token = self.tokens.get(call.bearer or "")
        if call.bearer is None:
            raise refuse("required")
        if token is None or token.expires_at <= self.clock.now():
            raise refuse("authError")
        held = {name.removeprefix(PREFIX) for name in token.scopes}
        if scope not in held.union(*(GIVES.get(name, set()) for name in held)):
            raise refuse("insufficientPermissions")
        profile = self.profile(token.profile_id)
        if profile.status == "suspended":
            raise refuse("channelSuspended")
        return profile

    def channel(self, call: Call, scope: str) -> Profile:
        """The caller, who must have a channel."""
        profile = self.caller(call, scope)
        if profile.status == "no_channel":
            raise refuse("youtubeSignupRequired")
        return profile

    def profile(self, profile_id: str) -> Profile:
        profile = self.profiles.get(profile_id)
        if profile is None:
            raise UnknownProfileError(f"youtube has no profile {profile_id!r}")
        return profile

    def own_video(self, video_id: str, profile: Profile) -> Video:
        video = self.videos.get(video_id)
        if video is None:
            raise refuse("videoNotFound")
        if video.profile_id != profile.id:
            raise refuse("forbidden")
        return video

    def charged(self, units: int, run: Run) -> Run:
        """The operation with its cost; an invalid call costs as well, one that is refused for quota does not."""

        async def run_and_charge(call: Call) -> Answer:
            try:
                self.spend("units", units, self.limits["unitsPerDay"])
            except OverflowError:
                return envelope("quotaExceeded")
            try:
                return await run(call)
            except Refusal as refusal:
                return refusal.answer

        return run_and_charge

    def spend(self, bucket: str, amount: int, limit: int) -> None:
        """Take from a bucket that is full again at midnight in California; OverflowError when it is empty."""
        day = datetime.fromtimestamp(self.clock.now(), PACIFIC).date().isoformat()
        usage = self.usage.get(bucket) or Usage()
        used = usage.days.get(day, 0)
        if used + amount > limit:
            raise OverflowError(bucket)
        usage.days = {day: used + amount}
        self.usage.put(bucket, usage)


def json_object(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body or b"{}")
    except ValueError:
        raise refuse("badRequest") from None
    if not isinstance(body, dict):
        raise refuse("badRequest")
    return body


def parts(call: Call, known: set[str]) -> set[str]:
    """The `part` parameter, which every call needs."""
    named = {part.strip() for part in call.query.get("part", "").split(",") if part.strip()}
    if not named:
        raise refuse("missingRequiredParameter", "Missing required parameter: part")
    if not named <= known:
        raise refuse("unexpectedPart", f"'{sorted(named - known)[0]}' was not expected in the part parameter")
    return named


def new_id(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]
