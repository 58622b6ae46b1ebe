"""Whose a token is, what its subscription allows, and OAuth 2.0 with PKCE. Source: docs/networks/x.md, section 2.

One consent is for one profile. A code lives for half a minute, a token for two hours, and a refresh token works once.
Without `offline.access` there is no refresh token, and the account would be lost within two hours.
"""

from __future__ import annotations

from munadi.channels.answers import object_in, text_in
from munadi.channels.apps import AppAccounts, Endpoints
from munadi.channels.http import Request, given_id
from munadi.channels.x.api import Api
from munadi.channels.x.errors import TABLE
from munadi.channels.x.spec import PREMIUM, SPEC, Settings
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import Effect, Reason
from munadi.ports import Clock

SUBSCRIPTION = "subscription"
ME = "username,name,verified_type,subscription_type"


class XAccounts(AppAccounts):
    """Accounts of users, with the subscription that decides their limits."""

    secret_in_header, dead = True, frozenset({Reason.TOKEN_EXPIRED, Reason.TOKEN_REVOKED})

    def __init__(self, settings: Settings, api: Api, clock: Clock) -> None:
        hosts = settings.hosts
        endpoints = Endpoints.at(hosts.auth, "i/oauth2/authorize", api.base, "oauth2/token", "oauth2/revoke")
        super().__init__(SPEC, settings, clock, api.http, endpoints)
        self._api = api

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
