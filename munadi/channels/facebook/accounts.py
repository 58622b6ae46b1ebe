"""Whose a token is, and its renewal. Source: docs/networks/facebook.md, section 2.

A Page's token has no expiry date and no renewal. Only with the long-lived token of its person, imported as the refresh
token, can another be fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from munadi.channels.channel import Accounts
from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.oauth import LOGIN, FacebookLogin
from munadi.channels.http import Request
from munadi.channels.meta.graph import granted_by, moment, scopes_in, unrenewable, words
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Connection

# `category` is a field of Pages and not of people, so its refusal reveals a person's token.
PAGE_FIELDS = "id,name,username,link,category"


@dataclass(frozen=True)
class FacebookAccounts(Accounts):
    """The Pages that people share with the app."""

    graph: PageGraph

    @property
    def authorizer(self) -> FacebookLogin:
        return FacebookLogin.of(self.graph.settings, self.graph)

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me, which for a Page's token is the Page; with the app's credentials its scopes too.

        Raises ChannelError: INVALID_FIELD for another Page's token, or a person's.
        """
        refusal = self.graph.refusal
        token = self.graph.token_in(given, ", the Page's own token")
        self.graph.require_login(given.login, (LOGIN,))
        app = self.graph.settings.app
        try:
            answer, page_id = await self.graph.me(given, PAGE_FIELDS)
        except ChannelError as error:
            if error.provider_code == "100":
                raise refusal(Reason.INVALID_FIELD, "this is not a Page's token; take it from /me/accounts") from error
            raise
        known = await self.graph.inspect(token, "|".join(app)) if app else {}
        profile = Profile(
            external_id=page_id,
            handle=str(answer.field("username") or answer.field("name") or page_id),
            display_name=words(answer.field("name")),
            scopes=scopes_in(known),
            facts={key: value for key in ("category", "link") if (value := words(answer.field(key))) is not None}
            | granted_by(known.get("user_id")),
        )
        until = given.expires_at or moment(known.get("expires_at"))
        tokens = Credentials(access_token=given.access_token, refresh_token=given.refresh_token, expires_at=until)
        return Connection(profile, tokens)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another Page token from the person's, whose life is extended when the app's credentials are known.

        Without a person's token, one read shows whether the Page's works. Raises ChannelError: TOKEN_REVOKED when not.
        """
        person = account.credentials.refresh_token
        try:
            if person is None:
                await self.graph.get("me", account.token, {"fields": "id"})
                return account.credentials
            if not account.external_id:
                raise self.graph.refusal(
                    Reason.TOKEN_EXPIRED, "the Page's token has expired; name the Page (externalId)"
                )
            person = await self._extended(person)
            fields = {"fields": "id,access_token"}
            answer = await self.graph.get(account.external_id, person.get_secret_value(), fields)
        except ChannelError as error:
            unrenewable(error)
            raise
        token = words(answer.field("access_token"))
        if not token:
            raise self.graph.refusal(Reason.ROLE_OR_2FA_REQUIRED, "the person's token gives none for this Page now")
        return Credentials(access_token=SecretStr(token), refresh_token=person)

    async def _extended(self, person: SecretStr) -> SecretStr:
        """The person's token with another 60 days; as it is without the app's credentials."""
        if self.graph.settings.app is None:
            return person
        (client_id, secret), token = self.graph.settings.app, person.get_secret_value()
        app = {"client_id": client_id, "client_secret": secret}
        params = {"grant_type": "fb_exchange_token", "fb_exchange_token": token, **app}
        url = f"{self.graph.tokens}/oauth/access_token"
        answer = await self.graph.http.send(Request("GET", url, params=params, secrets=[secret, token]))
        fresh = words(answer.field("access_token"))
        return SecretStr(fresh) if fresh else person
