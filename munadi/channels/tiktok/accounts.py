"""Whose a token is, what its creator allows, and new tokens for old. Source: facts, section 2."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.oauth import end_of
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.spec import SPEC, Settings
from munadi.channels.tiktok.wire import Creator, creator_facts
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport, Connection

PROFILE_FIELDS = "open_id,union_id,display_name"
# creator_info answers these for a good token whose creator may not post just now.
NOT_NOW = frozenset({FailureClass.RATE_LIMIT, FailureClass.POLICY})


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, api: Api, settings: Settings, tools: ChannelTools) -> None:
        self._api = api
        self._settings = settings
        self._clock = tools.clock

    async def verify(self, given: AccountImport) -> Connection:
        """user/info for the open_id, creator_info for what may be posted. Raises ChannelError."""
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken")
        token = given.access_token.get_secret_value()
        answer = await self._api.get("user/info/", token, {"fields": PROFILE_FIELDS})
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

    async def _creator(self, token: str) -> Creator | None:
        """None when the creator may not post just now: the account is theirs all the same."""
        try:
            return await self._api.creator(token)
        except ChannelError as error:
            if REASONS[error.reason].class_ in NOT_NOW:
                return None
            raise

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A new access token, and a new refresh token: the old one stops working. Raises ChannelError."""
        refresh_token, secret = account.credentials.refresh_token, self._settings.client_secret
        if refresh_token is None or not refresh_token.get_secret_value():
            raise ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, "TikTok: there is no refresh token to renew with")
        if not self._settings.client_id or secret is None:
            raise ChannelError(
                Reason.INTERNAL_ERROR,
                Effect.NOT_SENT,
                "TikTok: set MUNADI_CHANNELS__TIKTOK__CLIENT_ID and …CLIENT_SECRET, without which no token is renewed",
            )
        form = {
            "client_key": self._settings.client_id,
            "client_secret": secret.get_secret_value(),
            "grant_type": "refresh_token",
            "refresh_token": refresh_token.get_secret_value(),
        }
        answer = await self._api.grant(form, form["client_secret"], form["refresh_token"])
        newer, seconds, grant = (answer.field(name) for name in ("refresh_token", "expires_in", "refresh_expires_in"))
        return Credentials(
            access_token=SecretStr(answer.field("access_token")),
            refresh_token=SecretStr(newer) if isinstance(newer, str) and newer else refresh_token,
            expires_at=end_of(self._clock.now(), seconds),
            grant_expires_at=end_of(self._clock.now(), grant),
        )


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, f"TikTok: {message}")
