"""Facebook Login: the consent page, the code, a person's short and long tokens, their Pages' tokens, inspection.

Source: channels/facebook.md section 2. A Page's token from a long-lived token has no end.
"""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.consent import Choice, decided, is_address, sent_back
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.facebook.graph import ALL_SCOPES, DAY, HOUR, Graph
from munadi.sandbox.facebook.model import Code, Page, Person, Token
from munadi.sandbox.facebook.parameters import parameters
from munadi.sandbox.graph import errors as family
from munadi.sandbox.graph.errors import bad_parameter, refuse
from munadi.sandbox.graph.parameters import fields
from munadi.sandbox.graph.reading import sliced

LONG_SECONDS = 60 * DAY
DENIAL = {"error": "access_denied", "error_reason": "user_denied", "error_description": "Permissions error"}
TASKS = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
ACCOUNT_FIELDS = {"id", "name", "username", "access_token", "tasks", "category"}
PAGE_FIELDS = {"id", "name", "username", "link", "category", "fan_count", "access_token"}


class Login:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def authorize(self, call: Call) -> Answer:
        """The consent page, and the way back with a code or without (`munadi.sandbox.consent`)."""
        redirect_uri = call.query.get("redirect_uri", "")
        if not is_address(redirect_uri):
            return Answer(400, "Invalid redirect_uri")
        asked = [scope for part in call.query.get("scope", "").split(",") if (scope := part.strip())]
        decision = decided(call, "Facebook", map(self._choice, self._graph.persons), asked, denial=DENIAL)
        if isinstance(decision, Answer):
            return decision
        code = Code(
            value="AQ" + secrets.token_urlsafe(64),
            person_id=decision.profile_id,
            redirect_uri=redirect_uri,
            scopes=decision.scopes,
            expires_at=self._graph.clock.now() + HOUR,
            client_id=call.query.get("client_id", ""),
            pages=decision.pages,
        )
        self._graph.codes.put(code.value, code)
        return sent_back(call, {"code": code.value}, effect=True)

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
            long = self.issue(token.person_id, None, token.scopes, LONG_SECONDS, pages=token.pages)
            return _granted(long, LONG_SECONDS)
        code = self._graph.codes.get(values.get("code", ""))
        if code is None or code.expires_at <= self._graph.clock.now():
            raise bad_parameter("This authorization code has been used or has expired.")
        if code.client_id != values["client_id"]:
            raise bad_parameter("Error validating verification code. It was given to another app")
        if code.redirect_uri != values.get("redirect_uri"):
            raise bad_parameter("Error validating verification code. Please make sure your redirect_uri is identical")
        self._graph.codes.remove(code.value)
        token = self.issue(code.person_id, None, code.scopes, HOUR, long_lived=False, pages=code.pages)
        return _granted(token, HOUR)

    async def accounts(self, call: Call) -> Answer:
        """The Pages that the person shared, with a token for each; `limit` (25) of them from `after`."""
        token = self._person(call)
        values = parameters(call)
        wanted = fields(values, ACCOUNT_FIELDS, "Page") or sorted(ACCOUNT_FIELDS)
        shared = [page for page in self._graph.pages if self._is_shared(token, page)]
        shown, paging = sliced(shared, values, lambda page: page.id, f"{call.base_url}/facebook/{call.path}")
        data = []
        for page in shown:
            facts = {"id": page.id, "name": page.name, "username": page.username, "category": page.category}
            facts |= {"access_token": self._page_token(token, page).value, "tasks": TASKS}  # type: ignore[dict-item]
            data.append({name: facts[name] for name in {*wanted, "id"}})
        return Answer(200, {"data": data, "paging": paging})

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
            "granular_scopes": [{"scope": scope, **_targets(token)} for scope in token.scopes],
            "user_id": token.person_id,
            **({"profile_id": token.page_id} if token.page_id else {}),
        }
        return Answer(200, {"data": data})

    async def node(self, call: Call) -> Answer:
        """`/me` and `/{page}`: a person has a name, a Page more; a person's token reads its Pages' tokens."""
        token = self._graph.token(call)
        node = call.path.split("/")[-1]
        page = self._graph.pages.get(token.page_id or "" if node == "me" else node)
        if page is None or not self._is_shared(token, page):
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
        pages: list[str] | None = None,
    ) -> Token:
        """A new token; without `seconds` it has no end."""
        now = self._graph.clock.now()
        value = value or "EAA" + secrets.token_urlsafe(60)
        expires_at = None if seconds is None else now + seconds
        token = Token(value, person_id, page_id, now, expires_at, scopes, long_lived, pages=pages)
        return self._graph.tokens.put(value, token)

    def _choice(self, person: Person) -> Choice:
        pages = [(page.id, page.name) for page in self._graph.pages if page.person_id == person.id]
        return Choice(person.id, person.name, pages, frozenset(page_id for page_id, _ in pages))

    def _is_shared(self, token: Token, page: Page) -> bool:
        """Whether this is the token of the Page, or of its person, who shared it."""
        if token.page_id is not None:
            return token.page_id == page.id
        return page.person_id == token.person_id and (token.pages is None or page.id in token.pages)

    def _page_token(self, token: Token, page: Page) -> Token:
        seconds = None if token.long_lived else HOUR
        return self.issue(page.person_id, page.id, token.scopes, seconds, long_lived=token.long_lived)

    def _person(self, call: Call) -> Token:
        token = self._graph.token(call)
        if token.page_id is not None:
            raise bad_parameter("Tried accessing nonexisting field on node type (Page)")
        return token


def _targets(token: Token) -> dict[str, list[str]]:
    """The Pages that a scope is granted for; nothing is said when it is all."""
    return {} if token.pages is None else {"target_ids": token.pages}


def _granted(token: Token, seconds: int) -> Answer:
    return Answer(200, {"access_token": token.value, "token_type": "bearer", "expires_in": seconds}, effect=True)
