"""Whose a token is, and its renewal; `pages` has the log-in through a Page.

Source: docs/networks/instagram.md, section 2a.
"""

from __future__ import annotations

from munadi.channels.channel import Accounts
from munadi.channels.instagram.oauth import InstagramLogin
from munadi.channels.instagram.pages import Pages
from munadi.channels.instagram.quota import LIMIT
from munadi.channels.instagram.spec import Graphs, Login, Settings, login_of
from munadi.channels.meta.graph import granted_by, profile_of
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import Effect
from munadi.ports import AccountImport, Clock, Connection

PROFILE_FIELDS = "user_id,username,name,account_type"


class InstagramAccounts(Accounts):
    """Professional accounts, by either log-in."""

    def __init__(self, settings: Settings, graphs: Graphs, clock: Clock) -> None:
        self._settings = settings
        self._graphs = graphs
        self._clock = clock
        self._direct_graph = graphs[Login.DIRECT]
        self._pages = Pages(graphs[Login.PAGE], clock, settings.fb_app)

    @property
    def authorizer(self) -> InstagramLogin:
        """Both log-ins in a browser."""
        return InstagramLogin(self._settings, self._graphs, self._clock)

    async def verify(self, given: AccountImport) -> Connection:
        """Whose the token is, by the log-in that `given` names, and the day's quota. Raises ChannelError."""
        token = self._direct_graph.token_in(given)
        self._direct_graph.require_login(given.login, tuple(Login))
        login = Login(given.login or Login.DIRECT)
        found = await (self._pages.verify(given, token) if login is Login.PAGE else self._direct(given))
        if not self._settings.read_quota:
            return found
        token = found.credentials.access_token.get_secret_value()
        quota = await self._graphs[login].quota(found.profile.external_id, LIMIT, token)
        facts = {**found.profile.facts, **({"quota": quota} if quota else {})}
        return Connection(found.profile.model_copy(update={"facts": facts}), found.credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days, see `Graph.renewed`; a Page's token as long as it works. Raises ChannelError."""
        if login_of(account) is Login.PAGE:
            return await self._pages.refresh(account)
        return await self._direct_graph.renewed(
            account, "ig_refresh_token", self._clock.now(), lambda error: error.effect is Effect.REJECTED
        )

    async def _direct(self, given: AccountImport) -> Connection:
        """GET /me. `user_id` is the account's id; `id` is only the app's name for it."""
        answer, user_id = await self._direct_graph.me(given, PROFILE_FIELDS, "user_id")
        facts = {"account_type": answer.field("account_type"), **granted_by(answer.field("id"))}
        profile = profile_of(answer, user_id, facts)
        return Connection(profile, Credentials(access_token=given.access_token, expires_at=given.expires_at))
