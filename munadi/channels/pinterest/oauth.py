"""OAuth 2.0 without PKCE: consent in a browser, a token of 30 days, and a refresh token of 60 that is replaced.

Source: docs/networks/pinterest.md, section 2. One consent is for one account.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from munadi.channels.http import given_id, no_proof
from munadi.channels.oauth import AppLogin, consent_url, end_grant, require_scopes, text_of
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.spec import SCOPES, SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Reason
from munadi.ports import AccountImport, Answer, Choice, Clock, Consent, ConsentRequest, GrantedProfiles


class PinterestLogin(AppLogin):
    """See `munadi.ports.Authorizer`; and it renews what it granted."""

    settings: Settings

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock)
        self._page, self._api = f"{settings.hosts.auth.rstrip('/')}/oauth/", api
        self._more = {"continuous_refresh": "true"} if settings.continuous_refresh else {}
        self._scopes = settings.scopes

    @property
    def app(self) -> dict[str, str]:
        """Id and secret go into a header."""
        return {}

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint; there is no verifier to send."""
        return await self._api.grant({name: value for name, value in form.items() if value} | self._more)

    async def begin(self, request: ConsentRequest) -> Consent:
        """Pinterest's consent page."""
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id or "",
            "redirect_uri": request.redirect_uri,
            "scope": ",".join(self._scopes),
            "state": request.state,
        }
        return Consent(consent_url(self._page, query), {})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code → both tokens, and whose they are. Raises ChannelError."""
        answer = await self.redeem(request, answered, kept)
        scopes = tuple(str(answer.field("scope") or "").replace(",", " ").split())
        require_scopes(SPEC.title, scopes, SCOPES)
        credentials = self.credentials(answer, SecretStr(text_of(SPEC.title, answer, "refresh_token")))
        token = credentials.access_token.get_secret_value()
        user = await self._api.me(token)
        user_id, name = given_id(user.field("id")), str(user.field("username") or "")
        if user_id is None:
            raise no_proof(user, [token])
        given = AccountImport.of(credentials, external_id=user_id, service_url=None)
        return GrantedProfiles((Choice(user_id, name or user_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End the grant with its refresh token, or the access token of an account that has no other."""
        return await end_grant(account, self._api.revoke, (Reason.TOKEN_REVOKED,))
