"""Whose a token is, and what its subscription allows. Source: docs/networks/x.md, section 2."""

from __future__ import annotations

from munadi.channels.channel import TokenAccounts
from munadi.channels.http import given_id
from munadi.channels.x.api import Api
from munadi.channels.x.errors import failure
from munadi.channels.x.oauth import XLogin
from munadi.channels.x.spec import PREMIUM, SPEC
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.failure import Effect, Reason

SUBSCRIPTION = "subscription"


class XAccounts(TokenAccounts):
    """Users."""

    def __init__(self, api: Api, login: XLogin) -> None:
        super().__init__(SPEC.title, login)
        self._api = api

    async def profile_of(self, token: str) -> Profile:
        """users/me, with the subscription that decides the limits of texts and videos. Raises ChannelError."""
        user = await self._api.me(token)
        user_id, username, name = given_id(user.get("id")), user.get("username"), user.get("name")
        if user_id is None:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "users/me has no id", Effect.UNKNOWN)
        kind = user.get("subscription_type")
        return Profile(
            external_id=user_id,
            handle=username if isinstance(username, str) and username else user_id,
            display_name=name if isinstance(name, str) else None,
            facts={SUBSCRIPTION: kind[:40] if isinstance(kind, str) else None},
        )


def is_premium(account: ConnectedAccount | None) -> bool:
    """Whether the account may publish long texts and larger videos."""
    return account is not None and account.facts.get(SUBSCRIPTION) in PREMIUM
