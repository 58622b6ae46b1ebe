"""Whose a token is, and Google's OAuth 2.0: a token of an hour, and the refresh token that is the grant.

Source: docs/networks/youtube.md, section 2. The owner picks one channel, their own or a brand's, and may untick each
scope. With `prompt=consent` Google gives a refresh token each time, not at the first consent alone. PKCE (S256) is
documented for installed apps, and web apps may use it too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import SecretStr

from munadi.channels.apps import AppAccounts, Endpoints
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Clock, Connection, ConsentRequest

# The life of an access token, for an import that gives no end.
TOKEN_LIFE = timedelta(hours=1)


class YouTubeAccounts(AppAccounts):
    """Channels of YouTube, of a person or of a brand account."""

    advice = "give accessToken, and refreshToken to outlive its hour"
    needs_refresh_token = False

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        hosts = settings.hosts
        endpoints = Endpoints.at(hosts.auth, "o/oauth2/v2/auth", hosts.token, "token", "revoke")
        super().__init__(SPEC, settings, clock, api.grants, endpoints)
        self._api = api

    def asked(self, request: ConsentRequest) -> dict[str, str]:
        """As a hint Google takes email addresses only, so a channel's handle is not sent."""
        more = {"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"}
        is_email = request.hint is not None and "@" in request.hint.removeprefix("@")
        return {**more, "login_hint": request.hint or ""} if is_email else more

    def credentials(self, answer: Answer, refresh_token: SecretStr | None) -> Credentials:
        """Google names an end of a grant only where the access was given for a time.

        Without a refresh token the account would be lost within the hour, so it is not connected.
        """
        found = super().credentials(answer, refresh_token)
        if found.refresh_token is None:
            message = (
                f"{SPEC.title}: Google granted access for an hour only (no refresh token): "
                "remove this app at myaccount.google.com/permissions, then connect again"
            )
            raise ChannelError(Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_message=message)
        return found.model_copy(update={"is_final": found.grant_expires_at is not None})

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A token for another hour. Raises ChannelError: TOKEN_REVOKED when the grant has ended."""
        token = account.credentials.refresh_token
        if token is None:
            message = "YouTube: the account was connected without a refresh token"
            raise ChannelError(Reason.TOKEN_REVOKED, Effect.REJECTED, message)
        if self.missing_settings:
            message = (
                "YouTube: set CLIENT_ID and CLIENT_SECRET of the Google OAuth client: both are needed to renew tokens"
            )
            raise ChannelError(Reason.APP_NOT_APPROVED, Effect.REJECTED, message)
        return await self.renewed(token)

    async def profile_of(self, token: str) -> Profile:
        """channels.list of the token's own channel; MISSING_SCOPE for a token that may only upload."""
        return await self._api.own_channel(token)

    async def verify(self, given: AccountImport) -> Connection:
        """A token that can be renewed lives an hour, where its end is not given. Raises ChannelError."""
        if given.refresh_token and given.expires_at is None:
            given = replace(given, expires_at=self.clock.now() + TOKEN_LIFE)
        return await super().verify(given)
