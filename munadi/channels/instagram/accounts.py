"""Whose a token is, and a longer life for it. Source: facts, section 2a (Instagram Login)."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.graph import Graph, token_of
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.ports import AccountImport, Connection

PROFILE_FIELDS = "user_id,username,name,account_type"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, graph: Graph, tools: ChannelTools) -> None:
        self._graph = graph
        self._clock = tools.clock

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me. `user_id` is the account's id; `id` is only the app's name for it. Raises ChannelError."""
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken")
        if given.login not in (None, "instagram"):
            raise _refuse(Reason.INVALID_FIELD, f"login {given.login!r} is not supported; use instagram")
        answer = await self._graph.get("me", given.access_token.get_secret_value(), {"fields": PROFILE_FIELDS})
        user_id = str(answer.field("user_id") or "")
        if not user_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Instagram: /me has no user_id")
        if given.external_id and given.external_id != user_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {user_id}'s, not externalId's")
        name = answer.field("name")
        profile = Profile(
            external_id=user_id,
            handle=str(answer.field("username") or user_id),
            display_name=name if isinstance(name, str) else None,
            facts={"account_type": answer.field("account_type")},
        )
        return Connection(profile, Credentials(access_token=given.access_token, expires_at=given.expires_at))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days. A token younger than 24 h is refused, and kept: it has weeks to live.

        Raises ChannelError: TOKEN_REVOKED when the token is dead, since an expired one cannot be renewed.
        """
        params = {"grant_type": "ig_refresh_token"}
        now = self._clock.now()
        try:
            answer = await self._graph.unversioned("refresh_access_token", token_of(account), params)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_EXPIRED:
                error.reason = Reason.TOKEN_REVOKED
            expires_at = account.credentials.expires_at
            if error.sorting is Sorting.REJECTED and (expires_at is None or expires_at > now):
                return account.credentials
            raise
        token, seconds = answer.field("access_token"), answer.field("expires_in")
        if not isinstance(token, str) or not token:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Instagram: a refresh without a token")
        lifetime = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
        return Credentials(access_token=SecretStr(token), expires_at=now + lifetime if lifetime else None)


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Sorting.REJECTED, f"Instagram: {message}")
