"""The Graph API of either log-in: versioned paths below its host, forms in, JSON out, the token as a header."""

from __future__ import annotations

from collections.abc import Mapping

from munadi.channels.http import ChannelHttp, ChannelTools, given_id
from munadi.channels.instagram.errors import explain
from munadi.channels.instagram.spec import Login, Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate


class Graph:
    """Calls for one account, at the host of its log-in; every call raises ChannelError."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = settings.hosts
        self._hosts = {Login.DIRECT: hosts.graph.rstrip("/"), Login.PAGE: hosts.fb_graph.rstrip("/")}
        self._version = settings.version
        self._clock = tools.clock
        self._http = ChannelHttp(tools.client, self.explain)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    async def get(self, path: str, account: ConnectedAccount, params: Mapping[str, str]) -> Answer:
        """Read with the account's token."""
        return await self.read(login_of(account), path, token_of(account), params)

    async def read(self, login: Login, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Read with a token that is no account's yet."""
        return await self._http.call("GET", f"{self._base(login)}/{path}", token=token, params=params)

    async def post(
        self, path: str, account: ConnectedAccount, form: Mapping[str, str], gate: Gate | None = None
    ) -> str:
        """Make something, and its id, without which nothing is known to be made. `gate` marks the visible call."""
        url, token = f"{self._base(login_of(account))}/{path}", token_of(account)
        answer = await self._http.call("POST", url, token=token, form=form, gate=gate, proof=id_of)
        return id_of(answer) or ""

    async def unversioned(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """GET a token endpoint of the direct log-in, which has no version and takes the token as a parameter."""
        given = {**params, "access_token": token}
        return await self._http.call("GET", f"{self._hosts[Login.DIRECT]}/{path}", params=given, secrets=[token])

    def _base(self, login: Login) -> str:
        return f"{self._hosts[login]}/{self._version}"


def login_of(account: ConnectedAccount) -> Login:
    """Which log-in the account was connected by; the direct one when it does not say."""
    return Login.PAGE if account.login == Login.PAGE else Login.DIRECT


def id_of(answer: Answer) -> str | None:
    """The id of what was made."""
    return given_id(answer.field("id"))


def token_of(account: ConnectedAccount) -> str:
    """The account's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
