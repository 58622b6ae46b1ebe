"""Threads Login: consent in a browser, a code, a token of an hour and one of 60 days for it.

One consent is for one profile. Threads takes no PKCE and has no call that ends a grant: its owner does that in the app.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from munadi.channels.meta.graph import Graph, scopes_in
from munadi.channels.meta.login import AccountLogin
from munadi.channels.oauth import require_scopes, text_of
from munadi.channels.threads.spec import REMOVAL_SCOPES, REPLY_SCOPE, SPEC, Settings
from munadi.domain.account import ConnectedAccount
from munadi.ports import AccountImport, Choice, Clock, Consent, ConsentRequest, GrantedProfiles

# The scopes that publishing needs, and the one for replies: parts and first comments are replies.
NEEDED = ("threads_basic", "threads_content_publish")
ASKED = (*NEEDED, REPLY_SCOPE)


class ThreadsLogin(AccountLogin):
    """The log-in of a Threads profile, by the Threads app's id and secret (not the Meta app's)."""

    grant_type = "th_exchange_token"

    def __init__(self, settings: Settings, graph: Graph, clock: Clock) -> None:
        super().__init__(SPEC, settings, clock, graph, (settings.hosts.auth, graph.tokens))
        self._asked = (*ASKED, *REMOVAL_SCOPES) if settings.withdrawals else ASKED

    async def begin(self, request: ConsentRequest) -> Consent:
        """Threads' consent page, with every scope that we can use."""
        return self.consent(request, self._asked)

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code → short token, whose answer names the profile → long token. Raises ChannelError.

        The short token shows what was granted, as far as it can be read: its owner may have unticked some scopes.
        """
        short = await self.short(request, answered)
        token, user_id = text_of(SPEC.title, short, "access_token"), text_of(SPEC.title, short, "user_id")
        scopes = scopes_in(await self.graph.inspect(token))
        require_scopes(SPEC.title, scopes or ASKED, NEEDED)
        long, expires_at = await self.long(token)
        given = AccountImport(user_id, access_token=SecretStr(long), expires_at=expires_at)
        return GrantedProfiles((Choice(user_id, user_id, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """Threads has no call for it."""
        return False
