"""The account of a token of the seventh network. Its tokens do not expire."""

from __future__ import annotations

from munadi.channels.channel import TokenAccounts
from munadi.channels.http import ChannelHttp, Request, given_id, no_proof
from munadi.domain.account import Profile


class SeventhAccounts(TokenAccounts):
    """Accounts, connected by import."""

    def __init__(self, http: ChannelHttp, base: str) -> None:
        super().__init__("Seventh")
        self._http, self._base = http, base

    async def profile_of(self, token: str) -> Profile:
        """GET /me. Raises ChannelError."""
        answer = await self._http.send(Request("GET", f"{self._base}/me", token=token))
        account_id = given_id(answer.field("id"))
        if account_id is None:
            raise no_proof(answer)
        return Profile(external_id=account_id, handle=str(answer.field("name") or account_id))
