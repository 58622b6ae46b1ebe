"""Whose a token is, and a longer life for it. Source: facts, section 2a; the log-in through a Page is in `pages`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.graph import Graph, login_of, token_of
from munadi.channels.instagram.pages import Pages, refuse
from munadi.channels.instagram.spec import Login, Settings
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.ports import AccountImport, Connection

PROFILE_FIELDS = "user_id,username,name,account_type"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, graph: Graph, settings: Settings, tools: ChannelTools) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = tools.clock
        self._pages = Pages(graph, tools)

    async def verify(self, given: AccountImport) -> Connection:
        """Whose the token is, by the log-in that `given` names, and the day's quota. Raises ChannelError."""
        if given.access_token is None:
            raise refuse(Reason.MISSING_FIELD, "give accessToken")
        if given.login not in (None, *Login):
            raise refuse(Reason.INVALID_FIELD, f"login {given.login!r} is not supported; use {' or '.join(Login)}")
        login = Login(given.login or Login.DIRECT)
        if login is Login.PAGE:
            found = await self._pages.verify(given, given.access_token)
        else:
            found = await self._direct(given, given.access_token)
        quota = await self._quota(login, found) if self._settings.read_quota else None
        facts = {**found.profile.facts, **({"quota": quota} if quota else {})}
        return Connection(found.profile.model_copy(update={"facts": facts}), found.credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another 60 days. A token younger than 24 h is refused, and kept: it has weeks to live.

        Raises ChannelError: TOKEN_REVOKED when the token is dead, since an expired one cannot be renewed.
        """
        if login_of(account) is Login.PAGE:
            return await self._pages.refresh(account)
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

    async def _direct(self, given: AccountImport, token: SecretStr) -> Connection:
        """GET /me. `user_id` is the account's id; `id` is only the app's name for it."""
        answer = await self._graph.read(Login.DIRECT, "me", token.get_secret_value(), {"fields": PROFILE_FIELDS})
        user_id = str(answer.field("user_id") or "")
        if not user_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Instagram: /me has no user_id")
        if given.external_id and given.external_id != user_id:
            raise refuse(Reason.INVALID_FIELD, f"this token is {user_id}'s, not externalId's")
        name = answer.field("name")
        profile = Profile(
            external_id=user_id,
            handle=str(answer.field("username") or user_id),
            display_name=name if isinstance(name, str) else None,
            facts={"account_type": answer.field("account_type")},
        )
        return Connection(profile, Credentials(access_token=token, expires_at=given.expires_at))

    async def _quota(self, login: Login, found: Connection) -> dict[str, int] | None:
        """Posts of the last 24 hours and how many are allowed (facts, section 5); None when it cannot be read."""
        path = f"{found.profile.external_id}/content_publishing_limit"
        token = found.credentials.access_token.get_secret_value()
        try:
            answer = await self._graph.read(login, path, token, {"fields": "quota_usage,config"})
            row: Any = answer.body["data"][0]
            return {"used": int(row["quota_usage"]), "total": int(row["config"]["quota_total"])}
        except (ChannelError, TypeError, KeyError, IndexError, ValueError):
            return None
