"""Whose a token is and what its creator allows. Source: docs/networks/tiktok.md, section 2."""

from __future__ import annotations

from munadi.channels.answers import object_in
from munadi.channels.channel import TokenAccounts
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.oauth import TikTokLogin
from munadi.channels.tiktok.spec import SPEC
from munadi.channels.tiktok.state import Creator
from munadi.channels.tiktok.wire import creator_facts
from munadi.domain.account import Profile
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS

PROFILE_FIELDS = "open_id,union_id,display_name"
# creator_info answers with these for a good token whose creator may not post at the moment.
MAY_NOT_POST = frozenset({FailureClass.RATE_LIMIT, FailureClass.POLICY})


class TikTokAccounts(TokenAccounts):
    """Creators."""

    def __init__(self, api: Api, login: TikTokLogin) -> None:
        super().__init__(SPEC.title, login)
        self._api = api

    async def profile_of(self, token: str) -> Profile:
        """user/info for the open_id, creator_info for what may be posted. Raises ChannelError."""
        answer = await self._api.get("user/info/", token, {"fields": PROFILE_FIELDS})
        user = object_in(answer.body, "data", "user")
        open_id = str(user.get("open_id") or "")
        if not open_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, "TikTok: user/info has no open_id")
        creator = await self._creator(token)
        name = (creator.nickname if creator else None) or user.get("display_name")
        return Profile(
            external_id=open_id,
            handle=(creator.username if creator else None) or str(name or open_id),
            display_name=name if isinstance(name, str) else None,
            scopes=SPEC.scopes,  # both calls were answered
            facts={
                "union_id": user.get("union_id"),
                "creator_info": creator_facts(creator) if creator else None,
            },
        )

    async def _creator(self, token: str) -> Creator | None:
        """None when the creator may not post at the moment: the token is theirs all the same."""
        try:
            return await self._api.creator(token)
        except ChannelError as error:
            if REASONS[error.reason].class_ in MAY_NOT_POST:
                return None
            raise
