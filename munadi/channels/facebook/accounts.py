"""Whose a token is, and another one for it. Source: facts, section 2.

A Page's token has no expiry date and no renewal. Only with the long-lived token of its person, imported as the refresh
token, can another be fetched.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from munadi.channels.facebook.graph import Graph, token_of
from munadi.channels.facebook.spec import Settings
from munadi.channels.http import ChannelTools
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.ports import AccountImport, Connection

# `category` is a field of Pages and not of people, so a person's token is told by the refusal of it.
PAGE_FIELDS = "id,name,username,link,category"


class Accounts:
    """`verify` and `refresh` of the channel."""

    def __init__(self, graph: Graph, settings: Settings, tools: ChannelTools) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = tools.clock

    async def verify(self, given: AccountImport) -> Connection:
        """GET /me, which for a Page's token is the Page; with the app's credentials its scopes too.

        Raises ChannelError: INVALID_FIELD for another Page's token, or a person's.
        """
        if given.access_token is None:
            raise _refuse(Reason.MISSING_FIELD, "give accessToken, the Page's own token")
        if given.login not in (None, "facebook"):
            raise _refuse(Reason.INVALID_FIELD, f"login {given.login!r} is not supported; use facebook")
        token = given.access_token.get_secret_value()
        me = await self._page(token)
        page_id = str(me.get("id") or "")
        if not page_id:
            raise ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Sorting.UNKNOWN, "Facebook: /me has no id")
        if given.external_id and given.external_id != page_id:
            raise _refuse(Reason.INVALID_FIELD, f"this token is {page_id}'s, not externalId's")
        known = await self._inspect(token)
        name = me.get("name")
        profile = Profile(
            external_id=page_id,
            handle=str(me.get("username") or name or page_id),
            display_name=name if isinstance(name, str) else None,
            scopes=tuple(scope for scope in known.get("scopes") or () if isinstance(scope, str)),
            facts={key: value for key in ("category", "link") if isinstance(value := me.get(key), str)},
        )
        credentials = Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=given.expires_at or _instant(known.get("expires_at")),
        )
        return Connection(profile, credentials)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Another Page token from the person's, whose life is extended when the app's credentials are known.

        Without a person's token a look tells whether the Page's works. Raises ChannelError: TOKEN_REVOKED when not.
        """
        person = account.credentials.refresh_token
        try:
            if person is None:
                await self._graph.get("me", token_of(account), {"fields": "id"})
                return account.credentials
            person = await self._extended(person)
            params = {"fields": "id,access_token"}
            answer = await self._graph.get(account.external_id, person.get_secret_value(), params)
        except ChannelError as error:
            if error.reason is Reason.TOKEN_EXPIRED:
                error.reason = Reason.TOKEN_REVOKED
            raise
        token = answer.field("access_token")
        if not isinstance(token, str) or not token:
            raise _refuse(Reason.ROLE_OR_2FA_REQUIRED, "the person's token gives none for this Page any more")
        return Credentials(access_token=SecretStr(token), refresh_token=person)

    async def _page(self, token: str) -> dict[str, Any]:
        try:
            answer = await self._graph.get("me", token, {"fields": PAGE_FIELDS})
        except ChannelError as error:
            if error.provider_code == "100":
                raise _refuse(Reason.INVALID_FIELD, "this is not a Page's token; take it from /me/accounts") from error
            raise
        return answer.body if isinstance(answer.body, dict) else {}

    async def _inspect(self, token: str) -> dict[str, Any]:
        """debug_token's data; empty without the app's credentials, or when it cannot be read."""
        app = self._app()
        if app is None:
            return {}
        app_token = "|".join(app)
        try:
            params = {"input_token": token, "access_token": app_token}
            answer = await self._graph.oauth("debug_token", params, [token, app_token, app[1]])
        except ChannelError:
            return {}
        data = answer.field("data")
        return data if isinstance(data, dict) else {}

    async def _extended(self, person: SecretStr) -> SecretStr:
        """The person's token with another 60 days; as it is without the app's credentials."""
        app = self._app()
        if app is None:
            return person
        params = {
            "grant_type": "fb_exchange_token",
            "client_id": app[0],
            "client_secret": app[1],
            "fb_exchange_token": person.get_secret_value(),
        }
        answer = await self._graph.oauth("oauth/access_token", params, [app[1], person.get_secret_value()])
        token = answer.field("access_token")
        return SecretStr(token) if isinstance(token, str) and token else person

    def _app(self) -> tuple[str, str] | None:
        client_id, secret = self._settings.client_id, self._settings.client_secret
        return (client_id, secret.get_secret_value()) if client_id and secret else None


def _instant(seconds: Any) -> datetime | None:
    """0 is never."""
    if not isinstance(seconds, int) or not 0 < seconds < 1 << 35:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)


def _refuse(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Sorting.REJECTED, f"Facebook: {message}")
