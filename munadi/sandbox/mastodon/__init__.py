"""Mastodon emulated: one server under `/mastodon/server`, as version 4.7.2 answers.

Source: docs/networks/mastodon.md, section 8. The switch `plain` makes it a server that only speaks the API: no
idempotency, media that any number of posts may have, a list of public posts only, an empty answer to a removal. With
`ignoreDeletes` a removal is answered with 404 and does nothing, as snac's. `requireLogin` shows nothing without a
token. Not emulated: two servers at once, federation, GIFs as videos, the race of two first calls under one key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.clock import iso
from munadi.sandbox.exchange import Call
from munadi.sandbox.mastodon import editing, posting, reading, removal
from munadi.sandbox.mastodon.changes import CHANGES
from munadi.sandbox.mastodon.model import (
    HOST,
    LOGIN,
    PROBLEMS,
    Account,
    App,
    Medium,
    Status,
    UsedKey,
    key_of,
)
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import site
from munadi.sandbox.storage import Table


class Mastodon(BearerPlatform[Account]):
    channel = "mastodon"
    title = "Mastodon"
    problems, login = PROBLEMS, LOGIN
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
        "deletesPer30Minutes": 30,
    }
    default_switches = dict.fromkeys(("plain", "failRepeats", "failProcessing", "ignoreDeletes", "requireLogin"), False)
    statuses = {"active", "limited", "disabled", "suspended", "sensitized"}
    changes = CHANGES
    default_profile = Account("113500000000000001", "munadi.sandbox")
    id_bits = 16
    visible = frozenset({"post_status"})
    routes = {
        f"GET {HOST}/.well-known/nodeinfo": ("nodeinfo_links", posting.nodeinfo_links),
        f"GET {HOST}/nodeinfo/2.0": ("nodeinfo", posting.nodeinfo),
        f"GET {HOST}/api/v2/instance": ("instance", posting.instance),
        f"GET {HOST}/api/v1/instance": ("instance_v1", posting.instance),
        f"POST {HOST}/api/v1/apps": ("register_app", posting.register),
        f"GET {HOST}/oauth/authorize": ("authorize", posting.authorize),
        f"POST {HOST}/oauth/token": ("token", bearer.token),
        f"POST {HOST}/oauth/revoke": ("revoke", posting.revoke),
        f"GET {HOST}/api/v1/accounts/verify_credentials": ("verify_credentials", posting.verify_credentials),
        f"POST {HOST}/api/v2/media": ("upload_media", posting.upload),
        f"GET {HOST}/api/v1/media/*": ("get_media", posting.read_media),
        f"POST {HOST}/api/v1/statuses": ("post_status", posting.create),
        f"GET {HOST}/api/v1/statuses": ("get_statuses", reading.read_several),
        f"GET {HOST}/api/v1/statuses/*": ("get_status", reading.read),
        f"PUT {HOST}/api/v1/statuses/*": ("edit_status", editing.update),
        f"DELETE {HOST}/api/v1/statuses/*": ("delete_status", removal.delete),
        f"GET {HOST}/api/v1/statuses/*/source": ("status_source", reading.source),
        f"GET {HOST}/api/v1/statuses/*/history": ("status_history", reading.history),
        f"GET {HOST}/api/v1/accounts/*/statuses": ("list_statuses", reading.listed),
        f"GET {HOST}/**": ("site", site),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.apps: Table[App] = self.table("app", App)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.posted: Table[Status] = self.table("status", Status)
        self.keys: Table[UsedKey] = self.table("key", UsedKey)

    def caller(self, call: Call, *scopes: str) -> Account:
        profile = super().caller(call, *scopes)
        PROBLEMS.refuse_if(profile.status in ("disabled", "suspended"), "disabled")
        return profile

    def permits(self, token: Token, scopes: tuple[str, ...]) -> bool:
        """Whether it has the scopes; the scope `write` includes `write:media`."""
        return all(scope in token.scopes or scope.partition(":")[0] in token.scopes for scope in scopes)

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        known = {"Limit": str(most), "Remaining": "0", "Reset": iso(ends)}
        return {"headers": {f"X-RateLimit-{name}": value for name, value in known.items()}}

    def app_of(self, call: Call) -> dict[str, str]:
        """The form of a call by an app that was registered here."""
        form = call.form
        app = self.apps.get(form.get("client_id", ""))
        if app is None or app.client_secret != form.get("client_secret"):
            raise self.token_refusal(*LOGIN.problems["app"])
        return form

    def granted(self, source: Code | Token) -> dict[str, Any]:
        made = self.issuer.issue("", source.profile_id, source.scopes, None)
        body = {"access_token": made.value, "token_type": "Bearer", "scope": " ".join(source.scopes)}
        return {**body, "created_at": int(made.issued_at)}

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
        # The token is published on purpose: it opens nothing real.
        self.issuer.issue("", profile.id, [*LOGIN.scopes], None, value="sandboxMunadiMastodonToken")

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        return Account(self.next_id(), self.new_username(name, signs="_", joint="_"))

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        return {"accessToken": self.issuer.issue("", profile.id, [*LOGIN.scopes], None).value}

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """Tokens have no end, so an expired one is one that the server forgot."""
        self.issuer.forget(profile_id)

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.posted, post.id)]

    def permalink(self, row: Status, base_url: str) -> str:
        return f"{base_url}/{self.channel}/{HOST}/@{self.profile(row.profile_id).username}/{row.id}"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(status, base_url) for status in self.posted]

    def _view(self, status: Status, base_url: str) -> PostView:
        attached = [found for one in status.media if (found := self.media.get(one)) is not None]
        notes = [f"Visibility: {status.visibility}"] if status.visibility != "public" else []
        notes += [f"Content warning: {status.spoiler}"] if status.spoiler else []
        notes += [f"Poll: {' · '.join(status.poll['options'])}"] if status.poll else []
        notes += [f"Quotes {status.quoted}"] if status.quoted else []
        view = self.view(
            status,
            base_url,
            kind="reply" if status.reply_to else "post",
            media=self.shown_media([one.digest for one in attached], [one.description for one in attached]),
            comments=[] if status.reply_to else [one.text for one in self.posted if one.reply_to == status.id],
            notes=notes,
        )
        return replace(view, profile=key_of(status.profile_id, base_url))
