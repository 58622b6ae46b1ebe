"""Login Kit: consent in a browser, a code, a token of hours and one of months to renew it. Source: facts, section 2.

One consent is for one creator. The exchange proves itself with a PKCE verifier beside the secret, always: an app that
is registered as a desktop one (the only kind with redirects to localhost) is refused without it, a web app needs none
and ignores it. TikTok's challenge is the verifier's SHA-256 in lower-case hex, not RFC 7636's base64url.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.oauth import code_in, consent_url, end_of, new_verifier, refused_code, require_scopes, text_of
from munadi.channels.tiktok.accounts import Accounts
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Asking, Choice, Clock, Consent, Granted

# How a revocation of a token that is not alive may be refused: TikTok documents no word for it.
DEAD = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED, Reason.INVALID_FIELD})


@dataclass(frozen=True)
class TikTokLogin:
    """See `munadi.ports.Authorizer`."""

    settings: Settings
    api: Api
    accounts: Accounts
    clock: Clock

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The app's client key and secret."""
        return self.settings.missing("TIKTOK")

    async def begin(self, asking: Asking) -> Consent:
        """TikTok's consent page, always shown: without `disable_auto_auth` a known creator is sent straight back."""
        verifier = new_verifier()
        query = {
            "client_key": self.settings.client_id or "",
            "redirect_uri": asking.redirect_uri,
            "scope": ",".join(SPEC.scopes),
            "response_type": "code",
            "state": asking.state,
            "disable_auto_auth": "1",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        page = f"{self.settings.hosts.auth.rstrip('/')}/{self.settings.version}/auth/authorize/"
        return Consent(consent_url(page, query), {"verifier": verifier})

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        """Code and verifier → both tokens, whose they are, and the scopes left ticked. Raises ChannelError."""
        code, verifier = code_in(SPEC.title, answered), kept.get("verifier", "")
        form = {
            "client_key": self.settings.client_id or "",
            "client_secret": self.settings.secret,
            "grant_type": "authorization_code",
            "redirect_uri": asking.redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        try:
            answer = await self.api.grant(form, self.settings.secret, code, verifier)
        except ChannelError as error:
            raise refused_code(SPEC.title, error) from error
        open_id = text_of(SPEC.title, answer, "open_id")
        scopes = tuple(filter(None, str(answer.field("scope") or "").split(",")))
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        given = AccountImport(
            external_id=open_id,
            access_token=SecretStr(text_of(SPEC.title, answer, "access_token")),
            refresh_token=SecretStr(text_of(SPEC.title, answer, "refresh_token")),
            expires_at=end_of(self.clock.now(), answer.field("expires_in")),
            grant_expires_at=end_of(self.clock.now(), answer.field("refresh_expires_in")),
        )
        return Granted((Choice(open_id, open_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant. A dead access token proves nothing about it: then a fresh one does it, or cannot be had."""
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
            fresh = await self.accounts.refresh(account)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_REVOKED:
                return True
            raise
        await self._end(fresh.access_token)
        return True

    async def _end(self, token: SecretStr) -> None:
        secret, hidden = self.settings.secret, token.get_secret_value()
        form = {"client_key": self.settings.client_id or "", "client_secret": secret, "token": hidden}
        await self.api.revoke(form, secret, hidden)


def challenge_of(verifier: str) -> str:
    """TikTok's challenge: the SHA-256 in lower-case hex, 64 characters."""
    return hashlib.sha256(verifier.encode()).hexdigest()
