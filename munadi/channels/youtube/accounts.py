"""Whose a token is. Source: docs/networks/youtube.md, section 2."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from munadi.channels.channel import TokenAccounts
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.oauth import GoogleLogin
from munadi.domain.account import Profile
from munadi.ports import AccountImport, Connection

# The life of an access token, for an import that gives no end.
TOKEN_LIFE = timedelta(hours=1)


class YouTubeAccounts(TokenAccounts):
    """Channels of YouTube, of a person or of a brand account."""

    def __init__(self, api: Api, login: GoogleLogin) -> None:
        super().__init__("YouTube", login, "give accessToken, and refreshToken to outlive its hour")
        self._api, self._clock = api, login.clock

    async def profile_of(self, token: str) -> Profile:
        """channels.list of the token's own channel; MISSING_SCOPE for a token that may only upload."""
        return await self._api.own_channel(token)

    async def verify(self, given: AccountImport) -> Connection:
        """A token that can be renewed lives an hour, where its end is not given. Raises ChannelError."""
        if given.refresh_token and given.expires_at is None:
            given = replace(given, expires_at=self._clock.now() + TOKEN_LIFE)
        return await super().verify(given)
