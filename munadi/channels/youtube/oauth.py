"""Google's OAuth 2.0: consent in a browser, a code, a token of an hour and the refresh token that is the grant.

Source: facts, section 2. The owner picks one channel, their own or a brand's, and may untick each scope. With
`prompt=consent` Google gives a refresh token each time, not at the first consent alone. PKCE (S256) is documented for
installed apps and taken for web ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
from munadi.channels.youtube.accounts import Accounts
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Asking, Choice, Clock, Consent, Granted


@dataclass(frozen=True)
class GoogleLogin:
    """See `munadi.ports.Authorizer`."""

    settings: Settings
    api: Api
    accounts: Accounts
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The id and secret of the OAuth client in the Google Cloud project."""
        return self.settings.missing("YOUTUBE")

    async def begin(self, asking: Asking) -> Consent:
        """Google's consent page; of hints it knows email addresses, so that a channel's handle is not sent."""
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
        return Consent(
            consent_url(f"{self.settings.hosts.auth.rstrip('/')}/o/oauth2/v2/auth", query), {"verifier": verifier}
        )

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """Code and verifier → tokens, and the channel that they speak for, which only the Data API tells.

        Raises ChannelError; besides what the port says, MISSING_SCOPE when Google gave no refresh token.
        """
        form = {
            "client_id": self.settings.client_id or "",
            "client_secret": self.settings.secret,
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
        ends = end_of(self.clock.now(), answer.field("refresh_token_expires_in"))
        given = AccountImport(
            access_token=SecretStr(text_of(SPEC.title, answer, "access_token")),
            refresh_token=_lasting(answer),
            expires_at=end_of(self.clock.now(), answer.field("expires_in")),
            grant_expires_at=ends,
            is_final=ends is not None,  # told only where the access was given for a time
        )
        channel = (await self.accounts.verify(given)).profile
        given = replace(given, external_id=channel.external_id)
        return Granted((Choice(channel.external_id, channel.handle, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or with the access token of an account that has no other."""
        token = account.credentials.refresh_token or account.credentials.access_token
        try:
            await self.api.revoke(token.get_secret_value())
        except ChannelError as error:
            if error.reason is not Reason.TOKEN_REVOKED:
                raise
        return True


def _lasting(answer: Answer) -> SecretStr:
    """The refresh token. Without it the account would be lost within the hour, so nothing is connected."""
    token = answer.field("refresh_token")
    if isinstance(token, str) and token:
        return SecretStr(token)
    message = (
        f"{SPEC.title}: Google granted access for an hour only (no refresh token): "
        "remove this app at myaccount.google.com/permissions, then connect again"
    )
    raise ChannelError(Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_message=message)
