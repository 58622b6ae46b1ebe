"""What graph.facebook.com has besides: people, their Pages, and each Page's account.

Every profile here belongs to a Page of its own with one person behind it; their ids follow from the profile's.
Source: channels/instagram.md section 2b.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter, missing_object
from munadi.sandbox.graph.parameters import fields, parameters
from munadi.sandbox.graph.tokens import DAY, LONG_SECONDS, Token, granted, require_secret
from munadi.sandbox.instagram.graph import ALL_PAGE_SCOPES, BASIC, Graph
from munadi.sandbox.instagram.login import Login
from munadi.sandbox.instagram.model import Profile

# A Page's token from a long-lived one has no end.
PAGE_SECONDS = 3650 * DAY
TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE"]
PERSON_FIELDS = {"id", "name"}
PAGE_FIELDS = {"id", "name", "category", "instagram_business_account"}
LISTED_FIELDS = PAGE_FIELDS | {"access_token", "tasks"}
ACCOUNT_FIELDS = {
    "id",
    "ig_id",
    "username",
    "name",
    "profile_picture_url",
    "followers_count",
    "follows_count",
    "media_count",
}


class Pages:
    def __init__(self, graph: Graph, login: Login) -> None:
        self._graph = graph
        self._login = login

    async def me(self, call: Call) -> Answer:
        """The Page or the person whose token this is."""
        token = self._graph.token(call)
        profile = self._graph.profile(token.profile_id)
        values = parameters(call)
        if token.kind == "person":
            facts = {"id": person_id(profile), "name": f"Owner of {profile.username}"}
            wanted = fields(values, PERSON_FIELDS, "User") or ["name"]
        else:
            facts = self._page(profile)
            wanted = fields(values, PAGE_FIELDS, "Page") or ["name"]
        return Answer(200, {name: facts[name] for name in [*wanted, "id"] if name in facts})

    async def listed(self, call: Call) -> Answer:
        """The person's Pages, each with a token of its own."""
        token = self._person(call, "accounts")
        profile = self._graph.profile(token.profile_id)
        wanted = fields(parameters(call), LISTED_FIELDS, "Page") or ["access_token", "category", "name", "tasks"]
        facts = self._page(profile) | {"access_token": self._page_token(profile).value, "tasks": TASKS}
        shown = {name: facts[name] for name in [*wanted, "id"]}
        return Answer(200, {"data": [shown], "paging": {"cursors": {"before": "QVFI", "after": "QVFI"}}})

    async def permissions(self, call: Call) -> Answer:
        token = self._person(call, "permissions")
        return Answer(200, {"data": [{"permission": scope, "status": "granted"} for scope in token.scopes]})

    async def account(self, call: Call) -> Answer:
        """The professional account; its id here is `{ig}`, and it tells no account_type."""
        profile = self._graph.caller(call, BASIC)
        node = call.path.rstrip("/").rpartition("/")[2]
        if node != profile.id:
            raise missing_object(node)
        wanted = fields(parameters(call), ACCOUNT_FIELDS, "IGUser") or ["id"]
        facts = {
            "id": profile.id,
            "ig_id": int(profile.app_scoped_id),
            "username": profile.username,
            "name": profile.username.replace(".", " ").title(),
            "followers_count": 0,
            "follows_count": 0,
            "media_count": sum(1 for media in self._graph.media if media.profile_id == profile.id),
        }
        return Answer(200, {name: facts[name] for name in ["id", *wanted] if name in facts})

    async def extend(self, call: Call) -> Answer:
        """A person's token for 60 more days."""
        require_secret(call, "fb_exchange_token")
        token = self._graph.tokens.rows.get(parameters(call).get("fb_exchange_token", ""))
        if (
            token is None
            or token.kind != "person"
            or token.revoked_subcode
            or token.expires_at < self._graph.clock.now()
        ):
            raise bad_parameter("The access token is invalid or has expired")
        return granted(self.issue(token.profile_id, "person"))

    def issue(self, profile_id: str, kind: str, value: str | None = None) -> Token:
        """A token of the Page or of its person."""
        seconds = PAGE_SECONDS if kind == "page" else LONG_SECONDS
        return self._login.issue(profile_id, ALL_PAGE_SCOPES, seconds, value=value, kind=kind)

    def _person(self, call: Call, edge: str) -> Token:
        token = self._graph.token(call)
        if token.kind != "person":
            raise bad_parameter(f"Tried accessing nonexisting field ({edge}) on node type (Page)")
        return token

    def _page(self, profile: Profile) -> dict[str, Any]:
        return {
            "id": page_id(profile),
            "name": profile.username,
            "category": "Brand",
            "instagram_business_account": {"id": profile.id},
        }

    def _page_token(self, profile: Profile) -> Token:
        """The newest that works, as Meta gives the same one again."""
        now = self._graph.clock.now()
        for token in reversed(list(self._graph.tokens.rows)):
            is_its = token.profile_id == profile.id and token.kind == "page"
            if is_its and token.revoked_subcode is None and token.expires_at > now:
                return token
        return self.issue(profile.id, "page")


def page_id(profile: Profile) -> str:
    return "10" + profile.id[-13:]


def person_id(profile: Profile) -> str:
    return "12" + profile.id[-13:]
