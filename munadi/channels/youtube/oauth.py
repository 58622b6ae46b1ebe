"""Google's OAuth 2.0: consent in a browser, a token of an hour, and the refresh token that is the grant.

Source: docs/networks/youtube.md, section 2. The owner picks one channel, their own or a brand's, and may untick each
scope. With `prompt=consent` Google gives a refresh token each time, not at the first consent alone. PKCE (S256) is
documented for installed apps, and web apps may use it too.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from munadi.channels.oauth import AppLogin, challenge_of, consent_url, end_grant, new_verifier, require_scopes
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles


class GoogleLogin(AppLogin):
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock)
        self._page, self._api = f"{settings.hosts.auth.rstrip('/')}/o/oauth2/v2/auth", api

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint."""
        return await self._api.token(form)

    def credentials(self, answer: Answer, refresh_token: SecretStr | None) -> Credentials:
        """Google names an end of a grant only where the access was given for a time."""
        found = super().credentials(answer, refresh_token)
        return found.model_copy(update={"is_final": found.grant_expires_at is not None})

    async def begin(self, request: ConsentRequest) -> Consent:
        """Google's consent page. As a hint it takes email addresses only, so a channel's handle is not sent."""
        verifier = new_verifier()
        query = {
            "client_id": self.settings.client_id or "",
            "redirect_uri": request.redirect_uri,
            "response_type": "code",
            "scope": " ".join(SPEC.scopes),
            "state": request.state,
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        if request.hint and "@" in request.hint.removeprefix("@"):
            query["login_hint"] = request.hint
        return Consent(consent_url(self._page, query), {"verifier": verifier})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code and verifier → tokens, and the channel that they are for, which the Data API names.

        Raises ChannelError; besides what the port says, MISSING_SCOPE when Google gave no refresh token.
        """
        answer = await self.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").split())
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        credentials = self.credentials(answer, None)
        if credentials.refresh_token is None:
            # The account would be lost within the hour, so it is not connected.
            message = (
                f"{SPEC.title}: Google granted access for an hour only (no refresh token): "
                "remove this app at myaccount.google.com/permissions, then connect again"
            )
            raise ChannelError(Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_message=message)
        channel = await self._api.own_channel(credentials.access_token.get_secret_value())
        given = AccountImport.of(credentials, external_id=channel.external_id, service_url=None)
        return GrantedProfiles((Choice(channel.external_id, channel.handle, given),), scopes)

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

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or with the access token of an account that has no other."""
        return await end_grant(account, self._api.revoke, (Reason.TOKEN_REVOKED,))
