"""Takes messages back. Source: docs/networks/telegram.md, section 9.

A message is removed by a call of its own: the call for several answers `true` even when it removed nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import failure
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import PostedId
from munadi.domain.withdrawal import PostedObject
from munadi.ports import Attempt

# A message of an album whose id Telegram had not named when it answered.
UNNAMED = "0"


def objects_of(ids: Sequence[int], chat: str | None) -> tuple[PostedId, ...]:
    """The messages of a post. `chat` is where they are, if it is not the account's chat any more."""
    return tuple(PostedId(id=str(one), version=chat) for one in ids)


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """deleteMessage. Raises ChannelError."""
    if one.id == UNNAMED:
        message = "it never named the id of this message; delete it in the chat"
        raise failure(Reason.WITHDRAWAL_REFUSED, message, Effect.REJECTED)
    await api.delete(account.token, chat_of_object(one, account), one.id, attempt.gate)


def chat_of_object(one: PostedObject, account: ConnectedAccount) -> str:
    """The chat where a message is."""
    return one.version or account.external_id
