"""Login Kit: consent in a browser, a token of hours, and one of months to renew it.

Source: docs/networks/tiktok.md, section 2. One consent is for one creator. The exchange always proves itself with a
PKCE verifier beside the secret: an app that is registered as a desktop app (the only kind with redirects to localhost)
is refused without it; a web app needs none and ignores it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.oauth import code_in, consent_url, end_of, new_verifier, refused_code, require_scopes, text_of
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer, Asking, Choice, Clock, Consent, Granted

# How TikTok may refuse to revoke a token that is dead already; it documents no code for it.
DEAD = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED, Reason.INVALID_FIELD})


@dataclass(frozen=True)
class TikTokLogin:
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    settings: Settings
    api: Api
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The app's client key and secret."""
        return self.settings.missing("TIKTOK")

    async def begin(self, asking: Asking) -> Consent:
        """TikTok's consent page; without `disable_auto_auth` TikTok sends a known creator back without showing it."""
        verifier = new_verifier()
        query = {
            "client_key": self.settings.client_id or "",
            "redirect_uri": asking.redirect_uri,
            "scope": ",".join(SPEC.scopes),
            "response_type": "code",
            "state": asking.state,
            "disable_auto_auth": "1",
            # In lower-case hex, not in RFC 7636's base64url.
            "code_challenge": hashlib.sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
        }
        page = f"{self.settings.hosts.auth.rstrip('/')}/{self.settings.version}/auth/authorize/"
        return Consent(consent_url(page, query), {"verifier": verifier})

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """Code and verifier → both tokens, whose they are, and the scopes left ticked. Raises ChannelError."""
        code, verifier = code_in(SPEC.title, answered), kept.get("verifier", "")
        form = {
            **self._client,
            "grant_type": "authorization_code",
            "redirect_uri": asking.redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        try:
            answer = await self.api.grant(form, code, verifier)
        except ChannelError as error:
            raise refused_code(SPEC.title, error) from error
        open_id = text_of(SPEC.title, answer, "open_id")
        scopes = tuple(filter(None, str(answer.field("scope") or "").split(",")))
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        credentials = self._credentials(answer, SecretStr(text_of(SPEC.title, answer, "refresh_token")))
        given = AccountImport.of(credentials, external_id=open_id, service_url=None)
        return Granted((Choice(open_id, open_id, given),), scopes)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A new access token, and a new refresh token: the old one stops working. Raises ChannelError."""
        token = account.credentials.refresh_token
        if token is None or not token.get_secret_value():
            raise ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, "TikTok: there is no refresh token to renew with")
        if self.missing_settings:
            message = "set MUNADI_CHANNELS__TIKTOK__CLIENT_ID and …CLIENT_SECRET, without which no token is renewed"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, f"TikTok: {message}")
        form = {**self._client, "grant_type": "refresh_token", "refresh_token": token.get_secret_value()}
        answer = await self.api.grant(form, form["refresh_token"])
        newer = answer.field("refresh_token")
        return self._credentials(answer, SecretStr(newer) if isinstance(newer, str) and newer else token)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant. A dead access token proves nothing about it: then a renewed token ends it."""
        end = account.credentials.expires_at
        try:
            if end is None or end > self.clock.now():
                await self._end(account.credentials.access_token)
                return True
        except ChannelError as error:
            if error.reason not in DEAD:
                raise
        if account.credentials.refresh_token is None:
            return True
        try:
            renewed = await self.refresh(account)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_REVOKED:
                return True
            raise
        await self._end(renewed.access_token)
        return True

    @property
    def _client(self) -> dict[str, str]:
        return {"client_key": self.settings.client_id or "", "client_secret": self.settings.secret}

    async def _end(self, token: SecretStr) -> None:
        hidden = token.get_secret_value()
        await self.api.revoke({**self._client, "token": hidden}, hidden)

    def _credentials(self, answer: Answer, refresh_token: SecretStr) -> Credentials:
        now = self.clock.now()
        return Credentials(
            access_token=SecretStr(text_of(SPEC.title, answer, "access_token")),
            refresh_token=refresh_token,
            expires_at=end_of(now, answer.field("expires_in")),
            grant_expires_at=end_of(now, answer.field("refresh_expires_in")),
        )
