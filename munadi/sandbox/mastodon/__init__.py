"""Mastodon emulated: one server under `/mastodon/server`, as version 4.7.2 answers.

Source: docs/networks/mastodon.md, section 8. The switch `plain` makes it a server that only speaks the API: no
idempotency, media that any number of posts may have, a list of public posts only. Not emulated: two servers at once,
federation, edits, GIFs as videos, the race of two first calls under one key.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.mastodon import login, media, posting
from munadi.sandbox.mastodon.errors import KNOWN, answer, planned, refuse, refuse_if
from munadi.sandbox.mastodon.model import HOST, SCOPES, Account, App, Medium, Status, UsedKey, key_of
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, site
from munadi.sandbox.storage import Table

DEFAULT = Account("113500000000000001", "munadi.sandbox")
DEFAULT_TOKEN = "sandboxMunadiMastodonToken"  # published on purpose: it opens nothing real


class Mastodon(Platform[Account]):
    channel = "mastodon"
    title = "Mastodon"
    refusal, throttling = {"error": "disabled"}, {"error": "rate"}
    app_credentials = ()  # an app is registered on first use
    default_delays = {"image": 0.0, "video": 2.0}
    default_limits = {
        "characters": 500,
        "mediaPerPost": 4,
        "descriptionCharacters": 1500,
        "imageBytes": 16_777_216,
        "videoBytes": 60_000_000,  # the sandbox holds no larger body
        "pollOptions": 4,
        "postsPer3Hours": 300,
        "mediaPer30Minutes": 30,
        "pagesPer15Minutes": 300,
    }
    default_switches = {"plain": False, "failRepeats": False, "pretendSuccess": False, "failProcessing": False}
    statuses = {"active", "limited", "disabled"}
    default_profile = DEFAULT
    visible = frozenset({"post_status"})
    routes = {
        f"GET {HOST}/.well-known/nodeinfo": ("nodeinfo_links", login.nodeinfo_links),
        f"GET {HOST}/nodeinfo/2.0": ("nodeinfo", login.nodeinfo),
        f"GET {HOST}/api/v2/instance": ("instance", login.instance),
        f"GET {HOST}/api/v1/instance": ("instance_v1", login.instance),
        f"POST {HOST}/api/v1/apps": ("register_app", login.register),
        f"GET {HOST}/oauth/authorize": ("authorize", login.authorize),
        f"POST {HOST}/oauth/token": ("token", login.token),
        f"POST {HOST}/oauth/revoke": ("revoke", login.revoke),
        f"GET {HOST}/api/v1/accounts/verify_credentials": ("verify_credentials", login.verify_credentials),
        f"POST {HOST}/api/v2/media": ("upload_media", media.upload),
        f"GET {HOST}/api/v1/media/*": ("get_media", media.read),
        f"POST {HOST}/api/v1/statuses": ("post_status", posting.create),
        f"GET {HOST}/api/v1/statuses/*": ("get_status", posting.read),
        f"GET {HOST}/api/v1/statuses/*/source": ("status_source", posting.source),
        f"GET {HOST}/api/v1/accounts/*/statuses": ("list_statuses", posting.listed),
        f"GET {HOST}/**": ("site", site),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.apps: Table[App] = self.table("app", App)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.posted: Table[Status] = self.table("status", Status)
        self.keys: Table[UsedKey] = self.table("key", UsedKey)
        self._last_id = 0

    def next_id(self) -> str:
        """A snowflake: the time in milliseconds, then 16 bits."""
        self._last_id = max(int(self.clock.now() * 1000) << 16, self._last_id + 1)
        return str(self._last_id)

    async def not_served(self, call: Call) -> Answer:
        return answer("missing")

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned(error, status)

    def caller(self, call: Call, scope: str) -> Account:
        """The account of the call's token, which must have the scope."""
        token = self.issuer.live(call.bearer or "")
        if token is None:
            raise refuse("token")
        refuse_if(scope not in token.scopes and scope.partition(":")[0] not in token.scopes, "scopes")
        profile = self.profile(token.profile_id)
        refuse_if(profile.status == "disabled", "disabled")
        return profile

    def limited(self, profile: Account, limit: str, seconds: float) -> None:
        """One more use within this time, or 429 with the time of the next; there is no Retry-After."""
        recent = self.recent(f"{limit} {profile.id}", seconds)
        if len(recent) >= self.limits[limit]:
            reset = (recent[0] if recent else self.clock.now()) + seconds
            headers = {"X-RateLimit-Limit": str(self.limits[limit]), "X-RateLimit-Remaining": "0"}
            status, text = KNOWN["rate"]
            raise Refusal(Answer(status, {"error": text}, {**headers, "X-RateLimit-Reset": iso(reset)}))
        recent.append(self.clock.now())

    # Munadi's name of an account has its server; the rows have the server's own id.
    def profile_of(self, call: Call) -> str | None:
        found = super().profile_of(call)
        return key_of(found, call.base_url) if found else None

    def profile_id(self, reference: str) -> str:
        return super().profile_id(reference.partition("@")[0])

    def profile_names(self, profile_id: str | None) -> set[str]:
        names = super().profile_names((profile_id or "").partition("@")[0])
        return names | {profile_id} if names and profile_id else names

    def credentials(self, profile: Account, base_url: str) -> dict[str, Any]:
        named = {"externalId": key_of(profile.id, base_url), "serviceUrl": f"{base_url}/{self.channel}/{HOST}"}
        return super().credentials(profile, base_url) | named

    def seed_tokens(self, profile: Account) -> None:
        self.issuer.issue("", profile.id, SCOPES, None, value=DEFAULT_TOKEN)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        return Account(self.next_id(), self.new_username(name, signs="_", joint="_"))

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        return {"accessToken": self.issuer.issue("", profile.id, SCOPES, None).value}

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """Tokens have no end, so an expired one is one that the server forgot."""
        self.issuer.forget(profile_id)

    def permalink(self, status: Status, base_url: str) -> str:
        return f"{base_url}/{self.channel}/{HOST}/@{self.profile(status.profile_id).username}/{status.id}"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(status, base_url) for status in self.posted]

    def _view(self, status: Status, base_url: str) -> PostView:
        attached = [found for one in status.media if (found := self.media.get(one)) is not None]
        notes = [f"Visibility: {status.visibility}"] if status.visibility != "public" else []
        notes += [f"Content warning: {status.spoiler}"] if status.spoiler else []
        notes += [f"Poll: {' · '.join(status.poll['options'])}"] if status.poll else []
        notes += [f"Quotes {status.quoted}"] if status.quoted else []
        view = self.view(
            status.profile_id,
            id=status.id,
            url=self.permalink(status, base_url),
            text=status.text,
            kind="reply" if status.reply_to else "post",
            received_at=status.received_at,
            media=self.shown_media([one.digest for one in attached], [one.description for one in attached]),
            raw=asdict(status),
            comments=[] if status.reply_to else [one.text for one in self.posted if one.reply_to == status.id],
            notes=notes,
        )
        return replace(view, profile=key_of(status.profile_id, base_url))
