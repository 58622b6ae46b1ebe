"""Calls to Discord's API by name. A webhook's URL is its secret, so its token is among the secrets of each call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from munadi.channels.answers import object_in
from munadi.channels.discord.errors import UNKNOWN_MESSAGE, explain, explain_edit, explain_removal
from munadi.channels.discord.spec import Settings
from munadi.channels.http import ChannelTools, NamedFile, Request, given_id, no_proof
from munadi.channels.removing import is_no_content
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate

# The most messages of one list.
PAGE = 100
_WEBHOOK = re.compile(r"/api(?:/v[0-9]{1,3})?/webhooks/([0-9]{15,20})/([A-Za-z0-9_-]{20,200})/?")
_OWN_HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})


@dataclass(frozen=True)
class Webhook:
    """A webhook's id and its token, which together are the address that it posts to."""

    id: str
    token: str

    @property
    def path(self) -> str:
        """Its address below the API's."""
        return f"webhooks/{self.id}/{self.token}"


@dataclass(frozen=True)
class Caller:
    """A bot that posts to a channel, or a webhook, and the requests that it makes. `thread` replaces the channel."""

    base: str
    agent: str
    credential: str
    webhook: Webhook | None
    channel: str = ""

    def request(self, method: str, path: str, **more: Any) -> Request:
        """A call that a bot signs with its token, or a webhook's, which names its token in the path."""
        headers, secrets = {"user-agent": self.agent}, [self.credential]
        if self.webhook is None:
            headers["authorization"] = f"Bot {self.credential}"
        else:
            secrets.append(self.webhook.token)
        return Request(method, f"{self.base}/{path}", headers=headers, secrets=secrets, **more)

    def sending(
        self, thread: str | None, body: Mapping[str, Any], files: Mapping[str, NamedFile], timeout: float
    ) -> Request:
        """The request that posts a message. The proof is the id of the message that Discord stored."""
        more: dict[str, Any] = {"proof": _id_in, "timeout": timeout, "json": body}
        if files:
            more = {**more, "json": None, "form": {"payload_json": json.dumps(body)}, "files": files}
        if self.webhook is None:
            return self.request("POST", f"channels/{quote(thread or self.channel, safe='')}/messages", **more)
        # Without `wait` the answer does not say whether the message was stored.
        params = {"wait": "true", **({"thread_id": thread} if thread else {})}
        return self.request("POST", self.webhook.path, params=params, **more)

    def of_message(self, method: str, thread: str | None, message_id: str, **more: Any) -> Request:
        """A call about one message."""
        message = f"messages/{quote(message_id, safe='')}"
        if self.webhook is None:
            return self.request(method, f"channels/{quote(thread or self.channel, safe='')}/{message}", **more)
        params = {"thread_id": thread} if thread else None
        return self.request(method, f"{self.webhook.path}/{message}", params=params, **more)


class Api:
    """Discord, for any bot and any webhook. Everything raises ChannelError."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.host = settings.hosts.api.rstrip("/")
        self._base, self._agent = f"{self.host}/{settings.version}", f"DiscordBot ({settings.app_url}, 0.1)"
        self.http, self._removals = tools.http(explain), tools.http(explain_removal)
        self._edits = tools.http(explain_edit)

    def of(self, account: ConnectedAccount) -> Caller:
        """The account as a caller."""
        return self.caller(account.token, account.external_id)

    def caller(self, credential: str, channel: str = "") -> Caller:
        """Whoever has this credential: a bot's token, or a webhook's URL."""
        return Caller(self._base, self._agent, credential, webhook_in(credential, self.host), channel)

    async def read(self, caller: Caller, path: str) -> dict[str, Any]:
        """An object, which has an id."""
        answer = await self.http.send(caller.request("GET", path))
        if given_id(answer.field("id")) is None:
            raise no_proof(answer, (caller.credential,))
        return object_in(answer.body)

    async def member(self, caller: Caller, guild: str, user_id: str) -> dict[str, Any]:
        """A member of a server, with its roles."""
        answer = await self.http.send(caller.request("GET", f"guilds/{guild}/members/{user_id}"))
        if not isinstance(answer.field("roles"), list):
            raise no_proof(answer, (caller.credential,))
        return object_in(answer.body)

    async def rows(self, caller: Caller, path: str, **params: str) -> list[dict[str, Any]]:
        """A list of objects."""
        answer = await self.http.send(caller.request("GET", path, params=params or None))
        if not isinstance(answer.body, list) or not all(isinstance(one, dict) for one in answer.body):
            raise no_proof(answer, (caller.credential,))
        return answer.body

    async def message(self, caller: Caller, thread: str | None, message_id: str) -> dict[str, Any] | None:
        """One message; None where Discord knows none with this id."""
        request = caller.of_message("GET", thread, message_id)
        try:
            answer = await self.http.send(request)
        except ChannelError as error:
            if error.provider_code == UNKNOWN_MESSAGE:
                return None
            raise
        if given_id(answer.field("id")) != message_id:
            raise no_proof(answer, request.secrets)
        return object_in(answer.body)

    async def delete(self, caller: Caller, thread: str | None, message_id: str, gate: Gate) -> None:
        """Delete one message."""
        await self._removals.send(caller.of_message("DELETE", thread, message_id, proof=is_no_content), gate)

    async def edit(
        self, caller: Caller, thread: str | None, message_id: str, body: Mapping[str, Any], gate: Gate
    ) -> None:
        """Change one message: what the body leaves out stays, and the answer is the message."""

        def is_edited(answer: Answer) -> bool:
            return given_id(answer.field("id")) == message_id

        await self._edits.send(caller.of_message("PATCH", thread, message_id, json=body, proof=is_edited), gate)


def webhook_in(given: str, api: str) -> Webhook | None:
    """The webhook of a URL at Discord, or at the `api` that is called instead; None for anything else."""
    try:
        url, own = urlsplit(given), urlsplit(api)
    except ValueError:
        return None
    path = url.path
    if (url.scheme, url.netloc) == (own.scheme, own.netloc) and path.startswith(f"{own.path}/"):
        path = f"/api{path.removeprefix(own.path)}"
    elif url.scheme != "https" or url.netloc not in _OWN_HOSTS:
        return None
    found = _WEBHOOK.fullmatch(path)
    return Webhook(found[1], found[2]) if found else None


def _id_in(answer: Answer) -> str | None:
    return given_id(answer.field("id")) if given_id(answer.field("channel_id")) else None
