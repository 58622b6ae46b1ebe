"""Instagram Login: the consent page, the code, short and long tokens, refresh.

Source: channels/instagram.md section 2a. Which error answers the refresh of a token younger than 24 h is not
documented; code 100 is this emulation's choice.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.instagram import errors
from munadi.sandbox.instagram.errors import bad_parameter, refuse
from munadi.sandbox.instagram.graph import BASIC, DAY, HOUR, Graph
from munadi.sandbox.instagram.model import Code, Profile, Token
from munadi.sandbox.instagram.parameters import parameters
from munadi.sandbox.instagram.site import consent_page

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
        if "deny" in query:
            denial = {"error": "access_denied", "error_reason": "user_denied",
                      "error_description": "The user denied your request"}  # fmt: skip
            return _redirect(redirect_uri, denial | _state(query))
        profile = self._graph.profiles.get(query.get("approve", ""))
        if profile is None:
            return Answer(200, consent_page(list(self._graph.profiles), query))
        scopes = [scope.strip() for scope in query.get("scope", "").split(",") if scope.strip()]
        code = self._new_code(profile, redirect_uri, scopes)
        answer = _redirect(redirect_uri, {"code": code.value} | _state(query), fragment="#_")
        return Answer(answer.status, None, answer.headers, effect=True)

    async def exchange_code(self, call: Call) -> Answer:
        values = parameters(call)
        code = self._graph.codes.get(values.get("code", "").removesuffix("#_"))
        if values.get("grant_type") != "authorization_code" or not values.get("client_secret"):
            raise _login_error("Invalid platform app")
        if code is None or code.expires_at <= self._graph.clock.now():
            raise _login_error("Matching code was not found or was already used")
        if code.redirect_uri != values.get("redirect_uri"):
            raise _login_error("Error validating verification code. Please make sure your redirect_uri is "
                               "identical to the one you used in the OAuth dialog request")  # fmt: skip
        self._graph.codes.remove(code.value)
        token = self.issue(code.profile_id, code.scopes, HOUR, long_lived=False)
        body = {
            "access_token": token.value,
            "user_id": int(code.profile_id),
            "permissions": ",".join(code.scopes),
        }
        flat = self._graph.switches["flatCodeAnswer"]
        return Answer(200, body if flat else {"data": [body]}, effect=True)

    async def exchange_token(self, call: Call) -> Answer:
        """Short-lived to long-lived."""
        values = parameters(call)
        if values.get("grant_type") != "ig_exchange_token" or not values.get("client_secret"):
            raise bad_parameter("Missing or invalid grant_type or client_secret")
        token = self._graph.token(call)
        if token.long_lived:
            raise bad_parameter("Session key invalid. This could be because the session key has an incorrect format")
        return _granted(self.issue(token.profile_id, token.scopes, LONG_SECONDS), LONG_SECONDS)

    async def refresh(self, call: Call) -> Answer:
        if parameters(call).get("grant_type") != "ig_refresh_token":
            raise bad_parameter("Missing or invalid grant_type")
        token = self._graph.token(call)
        if BASIC not in token.scopes:
            raise refuse(errors.NO_PERMISSION)
        if not token.long_lived or token.issued_at > self._graph.clock.now() - DAY:
            raise bad_parameter("The access token must be long-lived and at least 24 hours old to be refreshed")
        return _granted(self.issue(token.profile_id, token.scopes, LONG_SECONDS), LONG_SECONDS)

    def issue(
        self,
        profile_id: str,
        scopes: list[str],
        seconds: int,
        *,
        long_lived: bool = True,
        age: int = 0,
        value: str | None = None,
        kind: str = "account",
    ) -> Token:
        """A new token, `age` seconds old already."""
        issued_at = self._graph.clock.now() - age
        value = value or ("IG" if kind == "account" else "EAA") + secrets.token_urlsafe(48)
        token = Token(value, profile_id, issued_at, issued_at + seconds, scopes, long_lived, kind=kind)
        return self._graph.tokens.put(value, token)

    def _new_code(self, profile: Profile, redirect_uri: str, scopes: list[str]) -> Code:
        value = "AQ" + secrets.token_urlsafe(64)
        expires_at = self._graph.clock.now() + HOUR
        return self._graph.codes.put(value, Code(value, profile.id, redirect_uri, scopes, expires_at))


def _granted(token: Token, seconds: int) -> Answer:
    body: dict[str, Any] = {"access_token": token.value, "token_type": "bearer", "expires_in": seconds}
    return Answer(200, body | {"permissions": ",".join(token.scopes)}, effect=True)


def _login_error(message: str) -> Refusal:
    """api.instagram.com has an envelope of its own."""
    return Refusal(Answer(400, {"error_type": "OAuthException", "code": 400, "error_message": message}))


def _state(query: dict[str, str]) -> dict[str, str]:
    return {"state": query["state"]} if "state" in query else {}


def _redirect(uri: str, values: dict[str, str], fragment: str = "") -> Answer:
    separator = "&" if "?" in uri else "?"
    return Answer(302, None, {"location": f"{uri}{separator}{urlencode(values)}{fragment}"})
