"""Instagram Login: the consent page, the code, short and long tokens, refresh.

Source: channels/instagram.md section 2a.
"""

from __future__ import annotations

import secrets

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter
from munadi.sandbox.graph.parameters import parameters
from munadi.sandbox.graph.tokens import HOUR, LONG_SECONDS, Token, granted, require_secret
from munadi.sandbox.instagram.graph import BASIC, Graph


class Login:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def authorize(self, call: Call) -> Answer:
        """See `Tokens.consented`."""
        choices = [Choice(one.id, one.username) for one in self._graph.profiles]
        return self._graph.tokens.consented(call, "Instagram", choices)

    async def exchange_code(self, call: Call) -> Answer:
        code = self._graph.tokens.spent(call)
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
        require_secret(call, "ig_exchange_token")
        token = self._graph.token(call)
        if token.long_lived:
            raise bad_parameter("Session key invalid. This could be because the session key has an incorrect format")
        return _granted(self.issue(token.profile_id, token.scopes))

    async def refresh(self, call: Call) -> Answer:
        if parameters(call).get("grant_type") != "ig_refresh_token":
            raise bad_parameter("Missing or invalid grant_type")
        token = self._graph.token(call)
        self._graph.tokens.require_refreshable(token, BASIC)
        return _granted(self.issue(token.profile_id, token.scopes))

    def issue(
        self, profile_id: str, scopes: list[str], seconds: int = LONG_SECONDS, *,
        long_lived: bool = True, age: int = 0, value: str | None = None, kind: str = "account",
        pages: list[str] | None = None,
    ) -> Token:  # fmt: skip
        """A new token, `age` seconds old already."""
        value = value or ("IG" if kind == "account" else "EAA") + secrets.token_urlsafe(48)
        return self._graph.tokens.issue(
            value, profile_id, scopes, seconds, long_lived=long_lived, age=age, kind=kind, pages=pages
        )


def _granted(token: Token) -> Answer:
    return granted(token, permissions=",".join(token.scopes))
