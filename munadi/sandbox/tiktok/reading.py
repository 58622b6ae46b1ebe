"""user/info, the list of public videos, and what the control API and the page show."""

from __future__ import annotations

from dataclasses import asdict

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.network import PostView, ProfileView
from munadi.sandbox.tiktok.errors import done, invalid, refuse
from munadi.sandbox.tiktok.model import Profile, Publish
from munadi.sandbox.tiktok.platform import BASIC, LIST, PROFILE, STATS, Platform
from munadi.sandbox.tiktok.processing import Processing

FIELD_SCOPES = {
    "open_id": BASIC,
    "union_id": BASIC,
    "avatar_url": BASIC,
    "display_name": BASIC,
    "username": PROFILE,
    "profile_deep_link": PROFILE,
    "is_verified": PROFILE,
    "video_count": STATS,
}


class Reading:
    def __init__(self, platform: Platform, processing: Processing) -> None:
        self._platform = platform
        self._processing = processing

    async def user_info(self, call: Call) -> Answer:
        profile = self._platform.caller(call, BASIC)
        wanted = [name for name in call.query.get("fields", "").split(",") if name]
        if not wanted or any(name not in FIELD_SCOPES for name in wanted):
            raise invalid("fields is missing or names an unknown field")
        token = self._platform.tokens.get(call.bearer or "")
        if token is None or any(FIELD_SCOPES[name] not in token.scopes for name in wanted):
            raise refuse("scope_not_authorized")
        facts = {
            "open_id": profile.id,
            "union_id": profile.union_id,
            "avatar_url": f"{call.base_url}/assets/icon.svg",
            "display_name": profile.nickname,
            "username": profile.username,
            "profile_deep_link": f"{call.base_url}/tiktok/www/@{profile.username}",
            "is_verified": False,
            "video_count": len(self._public(profile)),
        }
        return done({"user": {name: facts[name] for name in wanted}})

    async def video_list(self, call: Call) -> Answer:
        profile = self._platform.caller(call, LIST)
        videos = [
            {
                "id": one.post_id,
                "title": one.text,
                "create_time": int(one.accepted_at or 0),
                "share_url": address(one, profile, call.base_url),
            }
            for one in reversed(self._public(profile))
        ]
        return done({"videos": videos[:20], "cursor": 0, "has_more": len(videos) > 20})

    async def site(self, call: Call) -> Answer:
        """A permalink: 302 to the post on the sandbox's page."""
        post_id = call.path.rstrip("/").split("/")[-1]
        if any(one.post_id == post_id for one in self.live()):
            return Answer(302, None, {"location": f"{call.base_url}/?post={post_id}"})
        return Answer(404, "Couldn't find this page")

    def live(self) -> list[Publish]:
        return [one for one in self._platform.publishes if self._processing.status(one) == "PUBLISH_COMPLETE"]

    def post_view(self, publish: Publish, base_url: str) -> PostView:
        profile = self._platform.profile(publish.profile_id)
        stored = [self._platform.shelf.facts(digest) for digest in publish.digests]
        raw = {name: value for name, value in asdict(publish).items() if name != "upload_token"}
        return PostView(
            channel="tiktok",
            profile=profile.id,
            profile_name=profile.username,
            id=publish.post_id,
            url=address(publish, profile, base_url),
            text="\n".join(part for part in (publish.title, publish.text) if part),
            kind=publish.kind,
            received_at=publish.received_at,
            media=[(facts, "") for facts in stored if facts is not None],
            raw=raw,
        )

    def _public(self, profile: Profile) -> list[Publish]:
        return [one for one in self.live() if one.profile_id == profile.id and self._processing.shown_id(one)]


def address(publish: Publish, profile: Profile, base_url: str) -> str:
    return f"{base_url}/tiktok/www/@{profile.username}/{publish.kind}/{publish.post_id}"


def profile_view(profile: Profile) -> ProfileView:
    return ProfileView(
        "tiktok", profile.id, profile.username, profile.status, f"https://www.tiktok.com/@{profile.username}"
    )
