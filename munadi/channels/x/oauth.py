"""OAuth 2.0 with PKCE: consent in a browser, a token of two hours, and refresh tokens that work once each.

Source: docs/networks/x.md, section 2. One consent is for one profile. A code lives for half a minute.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from munadi.channels.http import given_id, no_proof
from munadi.channels.oauth import AppLogin, challenge_of, consent_url, end_grant, new_verifier, require_scopes, text_of
from munadi.channels.x.api import Api
from munadi.channels.x.spec import SCOPES, SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# What the end of a token that has ended already is refused with.
DEAD = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED})


class XLogin(AppLogin):
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock)
        self._page, self._api = f"{settings.hosts.auth.rstrip('/')}/i/oauth2/authorize", api

    @property
    def app(self) -> dict[str, str]:
        """The secret goes into a header."""
        return {"client_id": self.settings.client_id or ""}

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint."""
        return await self._api.grant(form)

    async def begin(self, request: ConsentRequest) -> Consent:
        """X's consent page."""
        verifier = new_verifier()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id or "",
            "redirect_uri": request.redirect_uri,
            "scope": " ".join(SCOPES),
            "state": request.state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return Consent(consent_url(self._page, query), {"verifier": verifier})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code and verifier → both tokens, and whose they are. Raises ChannelError.

        Without `offline.access` there is no refresh token, and the account would be lost within two hours.
        """
        answer = await self.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").split())
        require_scopes(SPEC.title, scopes, SCOPES)
        credentials = self.credentials(answer, SecretStr(text_of(SPEC.title, answer, "refresh_token")))
        user = await self._api.me(credentials.access_token.get_secret_value())
        user_id, username = given_id(user.get("id")), str(user.get("username") or "")
        if user_id is None:
            raise no_proof(answer, [credentials.access_token.get_secret_value()])
        given = AccountImport.of(credentials, external_id=user_id, service_url=None)
        return GrantedProfiles((Choice(user_id, username or user_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or the access token of an account that has no other."""
        return await end_grant(account, self._api.revoke, DEAD)
