"""The Threads API: versioned paths below one host, forms in, JSON out, the token as a header."""

from __future__ import annotations

from collections.abc import Mapping

from munadi.channels.http import ChannelHttp, ChannelTools, given_id
from munadi.channels.threads.errors import explain
from munadi.channels.threads.spec import Settings
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate


class Graph:
    """Calls for one account; `unversioned` is for the token endpoints, which have no version."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._base = f"{settings.hosts.graph.rstrip('/')}/{settings.version}"
        self._token_host = settings.hosts.token.rstrip("/")
        self._clock = tools.clock
        self._http = ChannelHttp(tools.client, self.explain)

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._clock.now())

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Raises ChannelError."""
        return await self._http.call("GET", f"{self._base}/{path}", token=token, params=params)

    async def inspect(self, token: str) -> Answer:
        """What a token may do and how long it lives, asked with itself. Raises ChannelError."""
        params = {"access_token": token, "input_token": token}
        return await self._http.call("GET", f"{self._base}/debug_token", params=params, secrets=[token])

    async def post(
        self, path: str, account: ConnectedAccount, form: Mapping[str, str], gate: Gate | None = None
    ) -> str:
        """The id of what was made. Raises ChannelError, also without an id. `gate` marks the visible call."""
        url, token = f"{self._base}/{path}", token_of(account)
        answer = await self._http.call("POST", url, token=token, form=form, gate=gate, proof=id_of)
        return id_of(answer) or ""

    async def unversioned(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """GET a token endpoint, which takes the token as a parameter. Raises ChannelError."""
        given = {**params, "access_token": token}
        return await self._http.call("GET", f"{self._token_host}/{path}", params=given, secrets=[token])


def id_of(answer: Answer) -> str | None:
    """The id of what was made."""
    return given_id(answer.field("id"))


def token_of(account: ConnectedAccount) -> str:
    """The account's access token, in clear, for one call."""
    return account.credentials.access_token.get_secret_value()
