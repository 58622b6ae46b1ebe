"""Whose a token is. Source: docs/networks/youtube.md, section 2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from munadi.channels.channel import Accounts
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.oauth import GoogleLogin
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Connection

# The life of an access token, for an import that gives no end.
TOKEN_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class YouTubeAccounts(Accounts):
    """Channels of YouTube, of a person or of a brand account."""

    api: Api
    login: GoogleLogin

    @property
    def authorizer(self) -> GoogleLogin:
        """Google's consent."""
        return self.login

    async def verify(self, given: AccountImport) -> Connection:
        """channels.list of the token's own channel.

        Raises ChannelError; MISSING_SCOPE for a token that may only upload.
        """
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken, and refreshToken to outlive its hour")
        assumed = self.login.clock.now() + TOKEN_LIFE if given.refresh_token else None
        credentials = Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=given.expires_at or assumed,
            grant_expires_at=given.grant_expires_at,
            is_final=given.is_final,
        )
        profile = await self.api.own_channel(credentials.access_token.get_secret_value())
        if given.external_id and given.external_id != profile.external_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {profile.external_id}'s, not externalId's")
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `GoogleLogin`."""
        return await self.login.refresh(account)


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, f"YouTube: {message}")
