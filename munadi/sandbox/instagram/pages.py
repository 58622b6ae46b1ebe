"""What graph.facebook.com has besides: people, their Pages, and each Page's account.

Every profile here belongs to a Page of its own with a person behind it; their ids follow from the profile's. A person
who owns several goes by the first of them, which is the profile of the person's tokens.
Source: channels/instagram.md section 2b.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter, missing_object
from munadi.sandbox.graph.parameters import fields, parameters
from munadi.sandbox.graph.reading import sliced
from munadi.sandbox.graph.tokens import DAY, HOUR, LONG_SECONDS, Token, granted, require_secret
from munadi.sandbox.instagram.graph import ALL_PAGE_SCOPES, BASIC, Graph
from munadi.sandbox.instagram.login import Login
from munadi.sandbox.instagram.model import Profile

# A Page's token from a long-lived one has no end.
PAGE_SECONDS = 3650 * DAY
TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE"]
PERSON_FIELDS = {"id", "name"}
PAGE_FIELDS = {"id", "name", "category", "instagram_business_account"}
LISTED_FIELDS = PAGE_FIELDS | {"access_token", "tasks"}
NAMED_ACCOUNT = "instagram_business_account{id,username}"
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

    async def authorize(self, call: Call) -> Answer:
        """Facebook's consent page: a person, and the Pages that they share."""
        leads = [profile for profile in self._graph.profiles if not profile.owner]
        return self._graph.tokens.consented(call, "Facebook", map(self._choice, leads), "person")

    async def access_token(self, call: Call) -> Answer:
        """A code becomes a person's short token, and that one a long one."""
        values = parameters(call)
        if values.get("grant_type") == "fb_exchange_token":
            return self._extended(call)
        if not values.get("client_id") or not values.get("client_secret"):
            raise bad_parameter("Missing client_id or client_secret")
        code = self._graph.tokens.codes.get(values.get("code", "").removesuffix("#_"))
        if code is None or code.kind != "person" or code.expires_at <= self._graph.clock.now():
            raise bad_parameter("This authorization code has been used or has expired.")
        if code.client_id != values["client_id"]:
            raise bad_parameter("Error validating verification code. It was given to another app")
        if code.redirect_uri != values.get("redirect_uri"):
            raise bad_parameter("Error validating verification code. Please make sure your redirect_uri is identical")
        self._graph.tokens.codes.remove(code.value)
        token = self._login.issue(code.profile_id, code.scopes, HOUR, long_lived=False, kind="person", pages=code.pages)
        return Answer(200, {"access_token": token.value, "token_type": "bearer", "expires_in": HOUR}, effect=True)

    async def listed(self, call: Call) -> Answer:
        """The Pages that the person shared, each with a token of its own; `limit` (25) of them from `after`."""
        token = self._person(call, "accounts")
        values = parameters(call)
        wanted = fields(values, LISTED_FIELDS, "Page") or ["access_token", "category", "name", "tasks"]
        shared = [one for one in self._owned(token.profile_id) if token.pages is None or page_id(one) in token.pages]
        shown, paging = sliced(shared, values, page_id, f"{call.base_url}/instagram/{call.path}")
        data = []
        for profile in shown:
            facts = self._page(profile) | {"access_token": self._page_token(profile, token).value, "tasks": TASKS}
            if NAMED_ACCOUNT in values.get("fields", ""):
                facts["instagram_business_account"] |= {"username": profile.username}
            data.append({name: facts[name] for name in [*wanted, "id"]})
        return Answer(200, {"data": data, "paging": paging})

    async def permissions(self, call: Call) -> Answer:
        token = self._person(call, "permissions")
        known = dict.fromkeys([*token.scopes, *ALL_PAGE_SCOPES])
        told = {scope: "granted" if scope in token.scopes else "declined" for scope in known}
        return Answer(200, {"data": [{"permission": scope, "status": status} for scope, status in told.items()]})

    async def inspect(self, call: Call) -> Answer:
        """debug_token, asked with the app's own token `id|secret`. A person's data is ours for 90 days."""
        values = parameters(call)
        if "|" not in values.get("access_token", ""):
            raise bad_parameter("You must provide an app access token, or a user access token of the app's developer")
        token = self._graph.tokens.rows.get(values.get("input_token", ""))
        if token is None:
            return Answer(200, {"data": {"is_valid": False, "scopes": []}})
        alive = token.revoked_subcode is None and token.expires_at > self._graph.clock.now()
        facts = {
            "app_id": values["access_token"].split("|")[0],
            "type": token.kind.upper() if token.kind == "page" else "USER",
            "is_valid": alive,
            "issued_at": int(token.issued_at),
            "expires_at": 0 if token.kind == "page" and token.long_lived else int(token.expires_at),
            "data_access_expires_at": int(token.issued_at + 90 * DAY),
            "scopes": token.scopes,
            "user_id": person_id(self._graph.profile(token.profile_id)),
        }
        return Answer(200, {"data": facts})

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

    def issue(self, profile_id: str, kind: str, value: str | None = None) -> Token:
        """A token of the Page or of its person, with every scope and for everything."""
        seconds = PAGE_SECONDS if kind == "page" else LONG_SECONDS
        return self._login.issue(profile_id, ALL_PAGE_SCOPES, seconds, value=value, kind=kind)

    def _extended(self, call: Call) -> Answer:
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
        return granted(self._login.issue(token.profile_id, token.scopes, kind="person", pages=token.pages))

    def _owned(self, lead: str) -> list[Profile]:
        return [profile for profile in self._graph.profiles if profile.lead == lead]

    def _choice(self, lead: Profile) -> Choice:
        owned = self._owned(lead.id)
        pages = [(page_id(one), f"{one.username} (Instagram: @{one.username})") for one in owned]
        also = {person_id(lead), *(page for page, _ in pages), *(one.id for one in owned)}
        return Choice(lead.id, f"Owner of {lead.username}", pages, frozenset(also))

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

    def _page_token(self, profile: Profile, person: Token) -> Token:
        """The newest one that works and is worth as much, as Meta gives the same one again."""
        now = self._graph.clock.now()
        for token in reversed(list(self._graph.tokens.rows)):
            is_its = token.profile_id == profile.id and token.kind == "page"
            is_worth = token.scopes == person.scopes and token.long_lived == person.long_lived
            if is_its and is_worth and token.revoked_subcode is None and token.expires_at > now:
                return token
        seconds = PAGE_SECONDS if person.long_lived else HOUR
        return self._login.issue(profile.id, person.scopes, seconds, long_lived=person.long_lived, kind="page")


def page_id(profile: Profile) -> str:
    return "10" + profile.id[-13:]


def person_id(profile: Profile) -> str:
    return "12" + profile.id[-13:]
