"""Threads Login: the consent page, the code, short and long tokens, refresh, inspection. No path has a version.

Source: channels/threads.md section 2. Which error answers the refresh of a token younger than 24 h is not
documented; code 100 is this emulation's choice.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.instagram.parameters import parameters, token_in
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.errors import bad_parameter, refuse
from munadi.sandbox.threads.graph import BASIC, DAY, HOUR, Graph
from munadi.sandbox.threads.model import Code, Profile, Token
from munadi.sandbox.threads.site import consent_page

LONG_SECONDS = 60 * DAY


class Login:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def authorize(self, call: Call) -> Answer:
        """The consent page's decision: `approve=<profile id>` or `deny=1`; the page itself without either."""
        query = dict(call.query)
        redirect_uri = query.get("redirect_uri", "")
        if not redirect_uri.startswith(("http://", "https://")):
            return Answer(400, "Invalid redirect_uri")
        state = {"state": query["state"]} if "state" in query else {}
        if "deny" in query:
            denial = {"error": "access_denied", "error_reason": "user_denied",
                      "error_description": "The user denied your request"}  # fmt: skip
            return _redirect(redirect_uri, denial | state)
        profile = self._graph.profiles.get(query.get("approve", ""))
        if profile is None:
            return Answer(200, consent_page(list(self._graph.profiles), query))
        scopes = query.get("scope", "").replace(",", " ").split()
        code = self._new_code(profile, redirect_uri, scopes)
        answer = _redirect(redirect_uri, {"code": code.value} | state, fragment="#_")
        return Answer(answer.status, None, answer.headers, effect=True)

    async def exchange_code(self, call: Call) -> Answer:
        values = parameters(call)
        code = self._graph.codes.get(values.get("code", "").removesuffix("#_"))
        if values.get("grant_type") != "authorization_code" or not values.get("client_secret"):
            raise _login_error("Invalid client_id or client_secret")
        if code is None or code.expires_at <= self._graph.clock.now():
            raise _login_error("This authorization code has been used or has expired")
        if code.redirect_uri != values.get("redirect_uri"):
            raise _login_error("Error validating verification code. Please make sure your redirect_uri is identical")
        self._graph.codes.remove(code.value)
        token = self.issue(code.profile_id, code.scopes, HOUR, long_lived=False)
        user_id = code.profile_id if self._graph.switches["userIdAsText"] else int(code.profile_id)
        return Answer(200, {"access_token": token.value, "user_id": user_id}, effect=True)

    async def app_token(self, call: Call) -> Answer:
        values = parameters(call)
        if values.get("grant_type") != "client_credentials" or not values.get("client_secret"):
            raise bad_parameter("Missing or invalid grant_type or client_secret")
        return Answer(200, {"access_token": f"TH|{values.get('client_id', '')}|sandbox", "token_type": "bearer"})

    async def exchange_token(self, call: Call) -> Answer:
        """Short-lived to long-lived, once."""
        values = parameters(call)
        if values.get("grant_type") != "th_exchange_token" or not values.get("client_secret"):
            raise bad_parameter("Missing or invalid grant_type or client_secret")
        token = self._graph.token(token_in(call))
        if token.long_lived or token.exchanged:
            raise refuse(errors.SESSION_REVOKED)
        token.exchanged = True
        self._graph.tokens.put(token.value, token)
        return _granted(self.issue(token.profile_id, token.scopes, LONG_SECONDS))

    async def refresh(self, call: Call) -> Answer:
        if parameters(call).get("grant_type") != "th_refresh_token":
            raise bad_parameter("Missing or invalid grant_type")
        token = self._graph.token(token_in(call))
        if BASIC not in token.scopes:
            raise refuse(errors.NO_PERMISSION)
        if not token.long_lived or token.issued_at > self._graph.clock.now() - DAY:
            raise bad_parameter("The access token must be long-lived and at least 24 hours old to be refreshed")
        return _granted(self.issue(token.profile_id, token.scopes, LONG_SECONDS))

    async def inspect(self, call: Call) -> Answer:
        self._graph.token(token_in(call))
        token = self._graph.tokens.get(parameters(call).get("input_token", ""))
        if token is None:
            return Answer(200, {"data": {"is_valid": False, "scopes": []}})
        alive = token.revoked_subcode is None and token.expires_at > self._graph.clock.now()
        facts: dict[str, Any] = {
            "type": "USER",
            "application": "Munadi sandbox",
            "is_valid": alive,
            "issued_at": int(token.issued_at),
            "expires_at": int(token.expires_at),
            "data_access_expires_at": int(token.issued_at + 90 * DAY),
            "scopes": token.scopes,
            "user_id": token.profile_id,
        }
        return Answer(200, {"data": facts})

    def issue(
        self,
        profile_id: str,
        scopes: list[str],
        seconds: int,
        *,
        long_lived: bool = True,
        age: int = 0,
        value: str | None = None,
    ) -> Token:
        """A new token, `age` seconds old already."""
        issued_at = self._graph.clock.now() - age
        value = value or "TH" + secrets.token_urlsafe(48)
        token = Token(value, profile_id, issued_at, issued_at + seconds, scopes, long_lived)
        return self._graph.tokens.put(value, token)

    def _new_code(self, profile: Profile, redirect_uri: str, scopes: list[str]) -> Code:
        value = "AQ" + secrets.token_urlsafe(64)
        expires_at = self._graph.clock.now() + HOUR
        return self._graph.codes.put(value, Code(value, profile.id, redirect_uri, scopes, expires_at))


def _granted(token: Token) -> Answer:
    body = {"access_token": token.value, "token_type": "bearer", "expires_in": LONG_SECONDS}
    return Answer(200, body, effect=True)


def _login_error(message: str) -> Refusal:
    """The code exchange has an envelope of its own, as at Instagram (unverified)."""
    return Refusal(Answer(400, {"error_type": "OAuthException", "code": 400, "error_message": message}))


def _redirect(uri: str, values: dict[str, str], fragment: str = "") -> Answer:
    separator = "&" if "?" in uri else "?"
    return Answer(302, None, {"location": f"{uri}{separator}{urlencode(values)}{fragment}"})
