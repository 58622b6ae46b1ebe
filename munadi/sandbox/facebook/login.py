"""Facebook Login: the consent page, the code, a person's short and long tokens, their Pages' tokens, inspection.

Source: channels/facebook.md section 2. A Page's token from a long-lived token has no end.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.graph import ALL_SCOPES, DAY, HOUR, Graph
from munadi.sandbox.facebook.model import Code, Page, Token
from munadi.sandbox.facebook.parameters import parameters
from munadi.sandbox.facebook.site import consent_page
from munadi.sandbox.graph import errors as family
from munadi.sandbox.graph.errors import bad_parameter, refuse
from munadi.sandbox.graph.parameters import fields

LONG_SECONDS = 60 * DAY
TASKS = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
ACCOUNT_FIELDS = {"id", "name", "username", "access_token", "tasks", "category"}
PAGE_FIELDS = {"id", "name", "username", "link", "category", "fan_count", "access_token"}


class Login:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def authorize(self, call: Call) -> Answer:
        """The consent page's decision: `approve=<person id>` or `deny=1`; the page itself without either."""
        query = dict(call.query)
        redirect_uri = query.get("redirect_uri", "")
        if not redirect_uri.startswith(("http://", "https://")):
            return Answer(400, "Invalid redirect_uri")
        state = {"state": query["state"]} if "state" in query else {}
        if "deny" in query:
            denial = {"error": "access_denied", "error_reason": "user_denied",
                      "error_description": "Permissions error"}  # fmt: skip
            return _redirect(redirect_uri, denial | state)
        person = self._graph.persons.get(query.get("approve", ""))
        if person is None:
            return Answer(200, consent_page(list(self._graph.persons), query))
        scopes = [scope for part in query.get("scope", "").split(",") if (scope := part.strip())]
        value = "AQ" + secrets.token_urlsafe(64)
        self._graph.codes.put(value, Code(value, person.id, redirect_uri, scopes, self._graph.clock.now() + HOUR))
        return Answer(302, None, _redirect(redirect_uri, {"code": value} | state).headers, effect=True)

    async def access_token(self, call: Call) -> Answer:
        """A code becomes a short token, a short token a long one."""
        values = parameters(call)
        if not values.get("client_id") or not values.get("client_secret"):
            raise bad_parameter("Missing client_id or client_secret")
        if values.get("grant_type") == "fb_exchange_token":
            token = self._graph.tokens.get(values.get("fb_exchange_token", ""))
            if token is None or token.page_id is not None or token.revoked_subcode is not None:
                raise refuse(family.TOKEN_UNREADABLE)
            if token.expires_at is not None and token.expires_at <= self._graph.clock.now():
                raise refuse(family.TOKEN_EXPIRED)
            return _granted(self.issue(token.person_id, None, token.scopes, LONG_SECONDS), LONG_SECONDS)
        code = self._graph.codes.get(values.get("code", ""))
        if code is None or code.expires_at <= self._graph.clock.now():
            raise bad_parameter("This authorization code has been used or has expired.")
        if code.redirect_uri != values.get("redirect_uri"):
            raise bad_parameter("Error validating verification code. Please make sure your redirect_uri is identical")
        self._graph.codes.remove(code.value)
        token = self.issue(code.person_id, None, code.scopes, HOUR, long_lived=False)
        return _granted(token, HOUR)

    async def accounts(self, call: Call) -> Answer:
        """The person's Pages with a token for each."""
        token = self._person(call)
        wanted = fields(parameters(call), ACCOUNT_FIELDS, "Page") or sorted(ACCOUNT_FIELDS)
        data = []
        for page in self._graph.pages:
            if page.person_id == token.person_id:
                facts = {"id": page.id, "name": page.name, "username": page.username, "category": page.category}
                facts |= {"access_token": self._page_token(token, page).value, "tasks": TASKS}  # type: ignore[dict-item]
                data.append({name: facts[name] for name in {*wanted, "id"}})
        return Answer(200, {"data": data, "paging": {}})

    async def permissions(self, call: Call) -> Answer:
        token = self._person(call)
        granted = [{"permission": scope, "status": "granted"} for scope in token.scopes]
        missing = [scope for scope in ALL_SCOPES if scope not in token.scopes]
        return Answer(200, {"data": granted + [{"permission": scope, "status": "declined"} for scope in missing]})

    async def inspect(self, call: Call) -> Answer:
        """debug_token, asked with the app's own token `id|secret`."""
        values = parameters(call)
        if "|" not in (call.query.get("access_token") or ""):
            raise refuse(family.TOKEN_UNREADABLE)
        token = self._graph.tokens.get(values.get("input_token", ""))
        if token is None:
            return Answer(200, {"data": {"is_valid": False, "scopes": []}})
        expired = token.expires_at is not None and token.expires_at <= self._graph.clock.now()
        data = {
            "app_id": call.query["access_token"].split("|")[0],
            "type": "PAGE" if token.page_id else "USER",
            "is_valid": token.revoked_subcode is None and not expired,
            "expires_at": int(token.expires_at or 0),
            "scopes": token.scopes,
            "user_id": token.person_id,
            **({"profile_id": token.page_id} if token.page_id else {}),
        }
        return Answer(200, {"data": data})

    async def node(self, call: Call) -> Answer:
        """`/me` and `/{page}`: a person has a name, a Page more; a person's token reads its Pages' tokens."""
        token = self._graph.token(call)
        node = call.path.split("/")[-1]
        page = self._graph.pages.get(token.page_id or "" if node == "me" else node)
        if page is None or page.person_id != token.person_id or token.page_id not in (None, page.id):
            if node not in ("me", token.person_id) or token.page_id is not None:
                raise family.missing_object(node)
            person = self._graph.persons.get(token.person_id)
            wanted = fields(parameters(call), {"id", "name"}, "User") or ["id", "name"]
            facts = {"id": token.person_id, "name": person.name if person else ""}
            return Answer(200, {name: facts[name] for name in {*wanted, "id"}})
        wanted = fields(parameters(call), PAGE_FIELDS, "Page") or ["id", "name"]
        shown: dict[str, Any] = {"id": page.id, "name": page.name, "username": page.username, "category": page.category}
        shown |= {"link": f"https://www.facebook.com/{page.username}", "fan_count": 0}
        if "access_token" in wanted:
            shown["access_token"] = (token if token.page_id else self._page_token(token, page)).value
        return Answer(200, {name: shown[name] for name in {*wanted, "id"}})

    def issue(
        self,
        person_id: str,
        page_id: str | None,
        scopes: list[str],
        seconds: int | None,
        *,
        long_lived: bool = True,
        value: str | None = None,
    ) -> Token:
        """A new token; without `seconds` it has no end."""
        now = self._graph.clock.now()
        value = value or "EAA" + secrets.token_urlsafe(60)
        expires_at = None if seconds is None else now + seconds
        return self._graph.tokens.put(value, Token(value, person_id, page_id, now, expires_at, scopes, long_lived))

    def _page_token(self, token: Token, page: Page) -> Token:
        seconds = None if token.long_lived else HOUR
        return self.issue(page.person_id, page.id, token.scopes, seconds, long_lived=token.long_lived)

    def _person(self, call: Call) -> Token:
        token = self._graph.token(call)
        if token.page_id is not None:
            raise bad_parameter("Tried accessing nonexisting field on node type (Page)")
        return token


def _granted(token: Token, seconds: int) -> Answer:
    return Answer(200, {"access_token": token.value, "token_type": "bearer", "expires_in": seconds}, effect=True)


def _redirect(uri: str, values: dict[str, str]) -> Answer:
    return Answer(302, None, {"location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}"})
