"""Google's OAuth 2.0: consent in a browser, a token of an hour, and the refresh token that is the grant.

Source: docs/networks/youtube.md, section 2. The owner picks one channel, their own or a brand's, and may untick each
scope. With `prompt=consent` Google gives a refresh token each time, not at the first consent alone. PKCE (S256) is
documented for installed apps, and web apps may use it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.oauth import (
    challenge_of,
    code_in,
    consent_url,
    end_of,
    new_verifier,
    refused_code,
    require_scopes,
    text_of,
)
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Asking, Choice, Clock, Consent, Granted


@dataclass(frozen=True)
class GoogleLogin:
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    settings: Settings
    api: Api
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The id and secret of the OAuth client in the Google Cloud project."""
        return self.settings.missing("YOUTUBE")

    async def begin(self, asking: Asking) -> Consent:
        """Google's consent page. As a hint it takes email addresses only, so a channel's handle is not sent."""
        verifier = new_verifier()
        query = {
            "client_id": self.settings.client_id or "",
            "redirect_uri": asking.redirect_uri,
            "response_type": "code",
            "scope": " ".join(SPEC.scopes),
            "state": asking.state,
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        if asking.hint and "@" in asking.hint.removeprefix("@"):
            query["login_hint"] = asking.hint
        page = f"{self.settings.hosts.auth.rstrip('/')}/o/oauth2/v2/auth"
        return Consent(consent_url(page, query), {"verifier": verifier})

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """Code and verifier → tokens, and the channel that they are for, which the Data API names.

        Raises ChannelError; besides what the port says, MISSING_SCOPE when Google gave no refresh token.
        """
        form = {
            **self._client,
            "grant_type": "authorization_code",
            "redirect_uri": asking.redirect_uri,
            "code": code_in(SPEC.title, answered),
            "code_verifier": kept.get("verifier", ""),
        }
        try:
            answer = await self.api.token(form)
        except ChannelError as error:
            raise refused_code(SPEC.title, error) from error
        scopes = tuple(str(answer.field("scope") or "").split())
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        credentials = self._credentials(answer, None)
        if credentials.refresh_token is None:
            # The account would be lost within the hour, so it is not connected.
            message = (
                f"{SPEC.title}: Google granted access for an hour only (no refresh token): "
                "remove this app at myaccount.google.com/permissions, then connect again"
            )
            raise ChannelError(Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_message=message)
        channel = await self.api.own_channel(credentials.access_token.get_secret_value())
        given = AccountImport.of(credentials, external_id=channel.external_id, service_url=None)
        return Granted((Choice(channel.external_id, channel.handle, given),), scopes)

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
        form = {**self._client, "grant_type": "refresh_token", "refresh_token": token.get_secret_value()}
        return self._credentials(await self.api.token(form), token)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or with the access token of an account that has no other."""
        token = account.credentials.refresh_token or account.credentials.access_token
        try:
            await self.api.revoke(token.get_secret_value())
        except ChannelError as error:
            if error.reason is not Reason.TOKEN_REVOKED:
                raise
        return True

    @property
    def _client(self) -> dict[str, str]:
        return {"client_id": self.settings.client_id or "", "client_secret": self.settings.secret}

    def _credentials(self, answer: Answer, refresh_token: SecretStr | None) -> Credentials:
        """From a token answer; a renewal normally brings no new refresh token, then the old one stays the grant."""
        now, newer = self.clock.now(), answer.field("refresh_token")
        ends = end_of(now, answer.field("refresh_token_expires_in"))
        return Credentials(
            access_token=SecretStr(text_of(SPEC.title, answer, "access_token")),
            refresh_token=SecretStr(newer) if isinstance(newer, str) and newer else refresh_token,
            expires_at=end_of(now, answer.field("expires_in")),
            grant_expires_at=ends,
            is_final=ends is not None,  # Google names an end only where the access was given for a time
        )
