"""Whose a token is, what it may do, and its renewal. Source: docs/networks/threads.md, section 2."""

from __future__ import annotations

from dataclasses import dataclass

from munadi.channels.channel import Accounts
from munadi.channels.meta.graph import Graph, moment, profile_of, scopes_in
from munadi.channels.threads.oauth import ThreadsLogin
from munadi.channels.threads.spec import Settings
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import Reason
from munadi.ports import AccountImport, Clock, Connection

PROFILE_FIELDS = "id,username,name,is_verified"
# The edge of a profile's publishing limits.
LIMIT = "threads_publishing_limit"


@dataclass(frozen=True)
class ThreadsAccounts(Accounts):
    """Profiles, each with a token of its own."""

    settings: Settings
    graph: Graph
    clock: Clock

    @property
    def authorizer(self) -> ThreadsLogin:
        return ThreadsLogin(self.settings, self.graph, self.clock)

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me. Where they can be read, the token adds scopes and expiry, and the limits add the day's quota.

        Raises ChannelError.
        """
        token = self.graph.token_in(given)
        answer, user_id = await self.graph.me(given, PROFILE_FIELDS)
        known = await self.graph.inspect(token) if self.settings.inspect_tokens else {}
        quota = await self.graph.quota(user_id, LIMIT, token) if self.settings.read_quota else None
        facts = {"is_verified": answer.field("is_verified") is True, **({"quota": quota} if quota else {})}
        profile = profile_of(answer, user_id, facts, scopes_in(known))
        expires_at = given.expires_at or moment(known.get("expires_at"))
        return Connection(profile, Credentials(access_token=given.access_token, expires_at=expires_at))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days, see `Graph.renewed`. Raises ChannelError."""
        return await self.graph.renewed(
            account, "th_refresh_token", self.clock.now(), lambda error: error.reason is Reason.INVALID_FIELD
        )
