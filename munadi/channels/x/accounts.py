"""Whose a token is, what its subscription allows, and OAuth 2.0 with PKCE. Source: docs/networks/x.md, section 2.

One consent is for one profile. A code lives for half a minute, a token for two hours, and a refresh token works once.
Without `offline.access` there is no refresh token, and the account would be lost within two hours.
"""

from __future__ import annotations

from collections.abc import Mapping

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import Request, given_id, is_empty
from munadi.channels.oauth import AppAccounts, app_request, has_token
from munadi.channels.x.api import Api
from munadi.channels.x.errors import TABLE
from munadi.channels.x.spec import PREMIUM, SPEC, Settings
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer, Clock

SUBSCRIPTION = "subscription"
ME = "username,name,verified_type,subscription_type"


class XAccounts(AppAccounts):
    """Users."""

    dead = frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED})

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock, f"{settings.hosts.auth.rstrip('/')}/i/oauth2/authorize")
        self._api = api

    @property
    def app(self) -> dict[str, str]:
        """The secret goes into a header."""
        return {"client_id": self.settings.client_id or ""}

    async def tokens(self, form: Mapping[str, str]) -> Answer:
        """The token endpoint."""
        return await self._api.http.send(app_request(f"{self._api.base}/oauth2/token", form, self.settings, has_token))

    async def end(self, token: str) -> None:
        """End a token, and with a refresh token the grant."""
        url, form = f"{self._api.base}/oauth2/revoke", {"token": token}
        await self._api.http.send(app_request(url, form, self.settings, _is_ended))

    async def profile_of(self, token: str) -> Profile:
        """users/me, with the subscription that decides the limits of texts and videos. Raises ChannelError."""
        request = Request("GET", f"{self._api.base}/users/me", token=token, params={"user.fields": ME})
        user = object_in((await self._api.http.send(request)).body, "data")
        user_id = given_id(user.get("id"))
        if user_id is None:
            raise TABLE.failure(Reason.UNKNOWN_PROVIDER_ERROR, "users/me has no id", Effect.UNKNOWN)
        kind = text_in(user, "subscription_type")
        return Profile(
            external_id=user_id,
            handle=text_in(user, "username") or user_id,
            display_name=text_in(user, "name"),
            facts={SUBSCRIPTION: kind and kind[:40]},
        )


def is_premium(account: ConnectedAccount | None) -> bool:
    """Whether the account may publish long texts and larger videos."""
    return account is not None and account.facts.get(SUBSCRIPTION) in PREMIUM


def _is_ended(answer: Answer) -> bool:
    return is_empty(answer) and not answer.field("error")
