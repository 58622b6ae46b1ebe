"""Whose a token of the seventh network is. Its tokens do not expire."""

from __future__ import annotations

from dataclasses import dataclass

from munadi.channels.channel import Accounts
from munadi.channels.http import ChannelHttp, given_id, no_proof
from munadi.domain.account import Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Connection


@dataclass(frozen=True)
class SeventhAccounts(Accounts):
    """Accounts, connected by import."""

    http: ChannelHttp
    base: str

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me. Raises ChannelError."""
        if given.access_token is None:
            raise ChannelError(Reason.MISSING_FIELD, Effect.REJECTED, "Seventh: give accessToken")
        answer = await self.http.call("GET", f"{self.base}/me", token=given.access_token.get_secret_value())
        account_id = given_id(answer.field("id"))
        if account_id is None:
            raise no_proof(answer)
        if given.external_id not in (None, account_id):
            message = f"Seventh: this token is {account_id}'s, not externalId's"
            raise ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, message)
        profile = Profile(external_id=account_id, handle=str(answer.field("name") or account_id))
        return Connection(profile, Credentials(access_token=given.access_token))
