"""Whose a token is, and a new one for it. Source: facts, section 2 (Google OAuth 2.0).

A refresh normally brings no new refresh token: then the old one is kept, since it is the grant.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.oauth import end_of
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import Settings
from munadi.channels.youtube.wire import entries, text_in
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Connection

# The life of an access token: what an import that does not tell may assume at most.
TOKEN_LIFE = timedelta(hours=1)
CHANNEL_PARTS = "id,snippet,contentDetails,status"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, api: Api, settings: Settings, tools: ChannelTools) -> None:
        self._api = api
        self._settings = settings
        self._clock = tools.clock

    async def verify(self, given: AccountImport) -> Connection:
        """channels.list of the token's own channel.

        Raises ChannelError; MISSING_SCOPE for a token that may only upload.
        """
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken, and refreshToken to outlive its hour")
        expires_at = given.expires_at or (self._clock.now() + TOKEN_LIFE if given.refresh_token else None)
        credentials = Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=expires_at,
            grant_expires_at=given.grant_expires_at,
            is_final=given.is_final,
        )
        profile = _profile(await self._look(credentials))
        if given.external_id and given.external_id != profile.external_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {profile.external_id}'s, not externalId's")
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another hour. Raises ChannelError: TOKEN_REVOKED when the grant is dead."""
        token = account.credentials.refresh_token
        if token is None:
            raise _refuse(Reason.TOKEN_REVOKED, "the account was connected without a refresh token")
        return await self._renew(token)

    async def _look(self, credentials: Credentials) -> Answer:
        token = credentials.access_token.get_secret_value()
        return await self._api.get("channels", token, {"part": CHANNEL_PARTS, "mine": "true"})

    async def _renew(self, refresh_token: SecretStr) -> Credentials:
        secret = self._settings.secret
        if not self._settings.client_id or not secret:
            message = "tokens are renewed with CLIENT_ID and CLIENT_SECRET of the Google OAuth client: set both"
            raise _refuse(Reason.APP_NOT_APPROVED, message)
        form = {
            "client_id": self._settings.client_id,
            "client_secret": secret,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token.get_secret_value(),
        }
        return self._granted(await self._api.token(form), refresh_token)

    def _granted(self, answer: Answer, kept: SecretStr) -> Credentials:
        token, fresh, seconds = (answer.field(name) for name in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(token, str) or not token:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, "YouTube: a refresh without a token")
        ends = end_of(self._clock.now(), answer.field("refresh_token_expires_in"))
        return Credentials(
            access_token=SecretStr(token),
            refresh_token=SecretStr(fresh) if isinstance(fresh, str) and fresh else kept,
            expires_at=end_of(self._clock.now(), seconds),
            grant_expires_at=ends,
            is_final=ends is not None,  # told only where the access was given for a time
        )


def _profile(answer: Answer) -> Profile:
    """The one channel behind a token: a brand account's is chosen at consent."""
    channel = next((fields for fields in entries(answer) if isinstance(fields.get("id"), str)), None)
    if channel is None:
        raise _refuse(Reason.TARGET_NOT_ACCESSIBLE, "this Google account has no channel: create or choose one")
    title, handle = text_in(channel, "snippet", "title"), text_in(channel, "snippet", "customUrl")
    return Profile(
        external_id=channel["id"],
        handle=handle or title or channel["id"],
        display_name=title,
        facts={
            "uploads": text_in(channel, "contentDetails", "relatedPlaylists", "uploads"),
            "long_uploads_status": text_in(channel, "status", "longUploadsStatus"),
        },
    )


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, f"YouTube: {message}")
