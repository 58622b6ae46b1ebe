"""Whose a token is, what it may do, and a longer life for it. Source: facts, section 2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.threads.graph import Graph, token_of
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.ports import AccountImport, Connection

PROFILE_FIELDS = "id,username,name,is_verified"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, graph: Graph, tools: ChannelTools, *, inspect: bool) -> None:
        self._graph = graph
        self._clock = tools.clock
        self._inspect = inspect

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me; an inspection of the token, when it succeeds, adds scopes and expiry. Raises ChannelError."""
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken")
        token = given.access_token.get_secret_value()
        answer = await self._graph.get("me", token, {"fields": PROFILE_FIELDS})
        # A number above 2^53 in Meta's documentation, text in its sample app.
        user_id = str(answer.field("id") or "")
        if not user_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Threads: /me has no id")
        if given.external_id and given.external_id != user_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {user_id}'s, not externalId's")
        told = await self._told(token) if self._inspect else {}
        name, scopes = answer.field("name"), told.get("scopes")
        profile = Profile(
            external_id=user_id,
            handle=str(answer.field("username") or user_id),
            display_name=name if isinstance(name, str) else None,
            scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
            facts={"is_verified": answer.field("is_verified") is True},
        )
        expires_at = given.expires_at or _instant(told.get("expires_at"))
        return Connection(profile, Credentials(access_token=given.access_token, expires_at=expires_at))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days. A token younger than 24 h is refused, and kept: it has weeks to live.

        Raises ChannelError: TOKEN_REVOKED when the token is dead, since an expired one cannot be renewed.
        """
        params = {"grant_type": "th_refresh_token"}
        now = self._clock.now()
        try:
            answer = await self._graph.unversioned("refresh_access_token", token_of(account), params)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_EXPIRED:
                error.reason = Reason.TOKEN_REVOKED
            expires_at = account.credentials.expires_at
            if error.reason is Reason.INVALID_FIELD and (expires_at is None or expires_at > now):
                return account.credentials
            raise
        token, seconds = answer.field("access_token"), answer.field("expires_in")
        if not isinstance(token, str) or not token:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Threads: a refresh without a token")
        lifetime = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
        return Credentials(access_token=SecretStr(token), expires_at=now + lifetime if lifetime else None)

    async def _told(self, token: str) -> Mapping[str, Any]:
        """`debug_token`'s word on a token, or nothing: an import does not depend on it."""
        try:
            answer = await self._graph.inspect(token)
        except ChannelError:
            return {}
        data = answer.field("data")
        return data if isinstance(data, dict) else {}


def _instant(seconds: Any) -> datetime | None:
    """Seconds since the epoch; 0 is Meta's "never"."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Sorting.REJECTED, f"Threads: {message}")
