"""Threads Login: the consent page, the code, short and long tokens, refresh, inspection. No path has a version.

Source: channels/threads.md section 2. That a failed code exchange answers as Instagram's does is unverified.
"""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter, refuse
from munadi.sandbox.graph.parameters import parameters, token_in
from munadi.sandbox.graph.tokens import DAY, HOUR, LONG_SECONDS, Token, granted, require_secret
from munadi.sandbox.threads import errors
from munadi.sandbox.threads.graph import BASIC, Graph


class Login:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def authorize(self, call: Call) -> Answer:
        """See `Tokens.consented`."""
        choices = [Choice(one.id, one.username) for one in self._graph.profiles]
        return self._graph.tokens.consented(call, "Threads", choices)

    async def exchange_code(self, call: Call) -> Answer:
        code = self._graph.tokens.spent(call)
        token = self.issue(code.profile_id, code.scopes, HOUR, long_lived=False)
        user_id = code.profile_id if self._graph.switches["userIdAsText"] else int(code.profile_id)
        return Answer(200, {"access_token": token.value, "user_id": user_id}, effect=True)

    async def app_token(self, call: Call) -> Answer:
        require_secret(call, "client_credentials")
        return Answer(
            200, {"access_token": f"TH|{parameters(call).get('client_id', '')}|sandbox", "token_type": "bearer"}
        )

    async def exchange_token(self, call: Call) -> Answer:
        """Short-lived to long-lived, once."""
        require_secret(call, "th_exchange_token")
        token = self._graph.token(token_in(call))
        if token.long_lived or token.exchanged:
            raise refuse(errors.SESSION_REVOKED)
        token.exchanged = True
        self._graph.tokens.rows.put(token.value, token)
        return granted(self.issue(token.profile_id, token.scopes))

    async def refresh(self, call: Call) -> Answer:
        if parameters(call).get("grant_type") != "th_refresh_token":
            raise bad_parameter("Missing or invalid grant_type")
        token = self._graph.token(token_in(call))
        self._graph.tokens.require_refreshable(token, BASIC)
        return granted(self.issue(token.profile_id, token.scopes))

    async def inspect(self, call: Call) -> Answer:
        self._graph.token(token_in(call))
        token = self._graph.tokens.rows.get(parameters(call).get("input_token", ""))
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
        self, profile_id: str, scopes: list[str], seconds: int = LONG_SECONDS, *,
        long_lived: bool = True, age: int = 0, value: str | None = None,
    ) -> Token:  # fmt: skip
        """A new token, `age` seconds old already."""
        value = value or "TH" + secrets.token_urlsafe(48)
        return self._graph.tokens.issue(value, profile_id, scopes, seconds, long_lived=long_lived, age=age)
