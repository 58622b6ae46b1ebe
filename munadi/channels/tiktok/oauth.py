"""Login Kit: consent in a browser, a token of hours, and one of months to renew it.

Source: docs/networks/tiktok.md, section 2. One consent is for one creator. The exchange always proves itself with a
PKCE verifier beside the secret: an app that is registered as a desktop app (the only kind with redirects to localhost)
is refused without it; a web app needs none and ignores it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pydantic import SecretStr

from munadi.channels.oauth import AppLogin, consent_url, new_verifier, require_scopes, text_of
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.spec import SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# How TikTok may refuse to revoke a token that is dead already; it documents no code for it.
DEAD = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED, Reason.INVALID_FIELD})


class TikTokLogin(AppLogin):
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    id_name, end_name = "client_key", "refresh_expires_in"

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock)
        self._hosts, self._version, self._api = settings.hosts, settings.version, api

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """An error may come with HTTP 200."""
        return await self._api.grant(form)

    async def begin(self, request: ConsentRequest) -> Consent:
        """TikTok's consent page; without `disable_auto_auth` TikTok sends a known creator back without showing it."""
        verifier = new_verifier()
        query = {
            "client_key": self.settings.client_id or "",
            "redirect_uri": request.redirect_uri,
            "scope": ",".join(SPEC.scopes),
            "response_type": "code",
            "state": request.state,
            "disable_auto_auth": "1",
            # In lower-case hex, not in RFC 7636's base64url.
            "code_challenge": hashlib.sha256(verifier.encode()).hexdigest(),
            "code_challenge_method": "S256",
        }
        page = f"{self._hosts.auth.rstrip('/')}/{self._version}/auth/authorize/"
        return Consent(consent_url(page, query), {"verifier": verifier})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code and verifier → both tokens, whose they are, and the scopes left ticked. Raises ChannelError."""
        answer = await self.redeem(request, answered, kept)
        open_id = text_of(SPEC.title, answer, "open_id")
        scopes = tuple(filter(None, str(answer.field("scope") or "").split(",")))
        require_scopes(SPEC.title, scopes, SPEC.scopes)
        credentials = self.credentials(answer, SecretStr(text_of(SPEC.title, answer, "refresh_token")))
        given = AccountImport.of(credentials, external_id=open_id, service_url=None)
        return GrantedProfiles((Choice(open_id, open_id, given),), scopes)

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

    async def _end(self, token: SecretStr) -> None:
        await self._api.revoke({**self.app, "token": token.get_secret_value()})
