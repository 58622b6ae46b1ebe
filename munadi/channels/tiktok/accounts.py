"""Whose a token is and what its creator allows. Source: docs/networks/tiktok.md, section 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from munadi.channels.channel import Accounts
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.oauth import TikTokLogin
from munadi.channels.tiktok.spec import SPEC
from munadi.channels.tiktok.state import Creator
from munadi.channels.tiktok.wire import creator_facts
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport, Connection

PROFILE_FIELDS = "open_id,union_id,display_name"
# creator_info answers with these for a good token whose creator may not post at the moment.
MAY_NOT_POST = frozenset({FailureClass.RATE_LIMIT, FailureClass.POLICY})


@dataclass(frozen=True)
class TikTokAccounts(Accounts):
    """Creators."""

    api: Api
    login: TikTokLogin

    @property
    def authorizer(self) -> TikTokLogin:
        """Login Kit."""
        return self.login

    async def verify(self, given: AccountImport) -> Connection:
        """user/info for the open_id, creator_info for what may be posted. Raises ChannelError."""
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken")
        token = given.access_token.get_secret_value()
        answer = await self.api.get("user/info/", token, {"fields": PROFILE_FIELDS})
        data = answer.field("data")
        user: dict[str, Any] = data["user"] if isinstance(data, dict) and isinstance(data.get("user"), dict) else {}
        open_id = str(user.get("open_id") or "")
        if not open_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, "TikTok: user/info has no open_id")
        if given.external_id and given.external_id != open_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {open_id}'s, not externalId's")
        creator = await self._creator(token)
        name = (creator.nickname if creator else None) or user.get("display_name")
        profile = Profile(
            external_id=open_id,
            handle=(creator.username if creator else None) or str(name or open_id),
            display_name=name if isinstance(name, str) else None,
            scopes=SPEC.scopes,  # both calls were answered
            facts={
                "union_id": user.get("union_id"),
                "creator_info": creator_facts(creator) if creator else None,
            },
        )
        credentials = Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=given.expires_at,
            grant_expires_at=given.grant_expires_at,
        )
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `TikTokLogin`."""
        return await self.login.refresh(account)

    async def _creator(self, token: str) -> Creator | None:
        """None when the creator may not post at the moment: the token is theirs all the same."""
        try:
            return await self.api.creator(token)
        except ChannelError as error:
            if REASONS[error.reason].class_ in MAY_NOT_POST:
                return None
            raise


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, f"TikTok: {message}")
