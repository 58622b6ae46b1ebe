"""Whose a token is, what it may do, and a longer life for it. Source: facts, section 2."""

from __future__ import annotations

from munadi.channels.graph import Graph, moment, words
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import Reason
from munadi.ports import AccountImport, Clock, Connection

PROFILE_FIELDS = "id,username,name,is_verified"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, graph: Graph, clock: Clock, *, inspect: bool, read_quota: bool) -> None:
        self._graph = graph
        self._clock = clock
        self._inspect = inspect
        self._read_quota = read_quota

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me; what can be read of the token adds scopes and expiry, what can be of the limits the day's quota.

        Raises ChannelError.
        """
        if given.access_token is None:
            raise self._graph.refusal(Reason.MISSING_FIELD, "give accessToken")
        token = given.access_token.get_secret_value()
        answer = await self._graph.get("me", token, {"fields": PROFILE_FIELDS})
        # A number above 2^53 in Meta's documentation, text in its sample app.
        user_id = str(answer.field("id") or "")
        if not user_id:
            raise self._graph.strange("/me has no id")
        if given.external_id and given.external_id != user_id:
            raise self._graph.refusal(Reason.INVALID_FIELD, f"this token is {user_id}'s, not externalId's")
        told = await self._graph.inspect(token) if self._inspect else {}
        scopes = told.get("scopes")
        quota = await self._graph.quota(limit_of(user_id), token) if self._read_quota else None
        profile = Profile(
            external_id=user_id,
            handle=str(answer.field("username") or user_id),
            display_name=words(answer.field("name")),
            scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
            facts={"is_verified": answer.field("is_verified") is True, **({"quota": quota} if quota else {})},
        )
        expires_at = given.expires_at or moment(told.get("expires_at"))
        return Connection(profile, Credentials(access_token=given.access_token, expires_at=expires_at))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days, see `Graph.renewed`. Raises ChannelError."""
        return await self._graph.renewed(
            account, "th_refresh_token", self._clock.now(), lambda error: error.reason is Reason.INVALID_FIELD
        )


def limit_of(external_id: str) -> str:
    """Where the publishing limits of a profile stand."""
    return f"{external_id}/threads_publishing_limit"
