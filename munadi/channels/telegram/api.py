"""Calls to the Bot API by name. The token is part of each address, so it is among the secrets of each call.

Never call getUpdates, setWebhook or deleteWebhook: they would take the updates of the bot's owner away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from munadi.channels.answers import object_in
from munadi.channels.http import CALL_TIMEOUT, ChannelTools, NamedFile, Request, no_proof
from munadi.channels.telegram.errors import ANOTHERS, MISSING, OWN, explain, explain_edit, explain_removal
from munadi.channels.telegram.spec import Settings
from munadi.channels.telegram.wire import ids_in
from munadi.domain.failure import ChannelError
from munadi.ports import Answer, Gate


class Api:
    """A Bot API server, for any bot. Everything raises ChannelError."""

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self._base = settings.hosts.api.rstrip("/")
        self.http, self._removals = tools.http(explain), tools.http(explain_removal)
        self._edits = tools.http(explain_edit)

    async def read(self, token: str, method: str, **params: str) -> dict[str, Any]:
        """The object that a reading method returns."""
        answer = await self.http.send(Request("GET", self._url(token, method), params=params, secrets=(token,)))
        found = answer.field("result")
        if answer.field("ok") is not True or not isinstance(found, dict):
            raise no_proof(answer, (token,))
        return found

    def sending(
        self,
        token: str,
        method: str,
        form: Mapping[str, str],
        files: Mapping[str, NamedFile] | None = None,
        timeout: float = CALL_TIMEOUT,
    ) -> Request:
        """The request that sends messages. The proof are the ids of all of them."""
        url, secrets = self._url(token, method), (token,)
        return Request("POST", url, form=form, files=files, proof=ids_in, timeout=timeout, secrets=secrets)

    async def store(
        self, token: str, method: str, form: Mapping[str, str], files: Mapping[str, NamedFile] | None = None
    ) -> Answer:
        """Send messages to a storage chat, which no reader sees."""
        return await self.http.send(self.sending(token, method, form, files))

    async def forward(self, token: str, source: str, message_id: int, target: str) -> dict[str, Any]:
        """A copy of a message in another chat, with what the message shows."""
        form = {"chat_id": target, "from_chat_id": source, "message_id": str(message_id)}
        answer = await self.store(token, "forwardMessage", {**form, "disable_notification": "true"})
        return object_in(answer.body, "result")

    async def remove(self, token: str, chat: str, ids: str) -> None:
        """Delete messages; `ids` is a JSON list."""
        form = {"chat_id": chat, "message_ids": ids}
        await self.http.send(
            Request(
                "POST",
                self._url(token, "deleteMessages"),
                form=form,
                secrets=(token,),
                proof=lambda one: one.field("ok"),
            )
        )

    async def delete(self, token: str, chat: str, message_id: str, gate: Gate) -> None:
        """Delete one message of a chat that people see; its answer tells whether that happened."""
        form, url = {"chat_id": chat, "message_id": message_id}, self._url(token, "deleteMessage")
        request = Request("POST", url, form=form, secrets=(token,), proof=_is_done)
        await self._removals.send(request, gate)

    async def edit(self, token: str, method: str, form: Mapping[str, str], message_id: int, gate: Gate) -> None:
        """Change one message of a chat that people see; the answer is the message."""

        def is_edited(answer: Answer) -> bool:
            return ids_in(answer) == [message_id]

        request = Request("POST", self._url(token, method), form=form, secrets=(token,), proof=is_edited)
        await self._edits.send(request, gate)

    async def seen(self, token: str, chat: str, message_id: int) -> str:
        """MISSING, ANOTHERS or OWN, by a call that the server refuses after it has read the message."""
        params = {"chat_id": chat, "message_id": str(message_id)}
        url = self._url(token, "stopMessageLiveLocation")
        try:
            answer = await self.http.send(Request("GET", url, params=params, secrets=(token,)))
        except ChannelError as error:
            if error.provider_code in (MISSING, ANOTHERS, OWN):
                return error.provider_code
            raise
        raise no_proof(answer, (token,))

    def _url(self, token: str, method: str) -> str:
        return f"{self._base}/bot{quote(token, safe=':')}/{method}"


def _is_done(answer: Answer) -> bool:
    return answer.field("ok") is True and answer.field("result") is True
