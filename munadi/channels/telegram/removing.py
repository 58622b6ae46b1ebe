"""Takes messages back, and looks whether they are there. Source: docs/networks/telegram.md, section 9.

A message is removed by a call of its own: the call for several answers `true` even when it removed nothing. A look asks
for a live location to stop, which none of our messages has: the refusal tells whether the message is there. Telegram
words every failed read as "not found", so another message must be seen in the same chat.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import MISSING, failure
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import PostedId
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Attempt

# A message of an album whose id Telegram had not named when it answered.
UNNAMED = "0"
# Telegram's own message at the beginning of a chat, which cannot be deleted.
FIRST = 1


def objects_of(ids: Sequence[int], chat: str | None) -> tuple[PostedId, ...]:
    """The messages of a post. `chat` is where they are, if it is not the account's chat any more."""
    return tuple(PostedId(id=str(one), version=chat) for one in ids)


async def remove(api: Api, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
    """deleteMessage. Raises ChannelError."""
    if one.id == UNNAMED:
        message = "it never named the id of this message; delete it in the chat"
        raise failure(Reason.WITHDRAWAL_REFUSED, message, Effect.REJECTED)
    await api.delete(account.token, chat_of_object(one, account), one.id, attempt.gate)


async def look(api: Api, objects: Sequence[PostedObject], account: ConnectedAccount) -> list[Seen]:
    """Ask for each message. GONE if another one of the post, or the chat's first message, can be read in its chat.

    Where neither can, the answer to the removal is all that there is. Raises ChannelError.
    """
    readable, missing = dict[str, bool](), list[bool]()
    for one in objects:
        chat = chat_of_object(one, account)
        missing.append(one.id == UNNAMED or await api.seen(account.token, chat, int(one.id)) == MISSING)
        readable[chat] = readable.get(chat, False) or not missing[-1]
    for chat, is_readable in readable.items():
        readable[chat] = is_readable or await api.seen(account.token, chat, FIRST) != MISSING
    return [
        _seen(one, is_missing, readable[chat_of_object(one, account)])
        for one, is_missing in zip(objects, missing, strict=True)
    ]


def _seen(one: PostedObject, is_missing: bool, is_chat_readable: bool) -> Seen:
    if one.id == UNNAMED:
        return Seen(verdict=Verdict.UNREADABLE, word="Telegram did not name its id", blind=True)
    if not is_missing:
        return Seen(verdict=Verdict.LIVE)
    if not is_chat_readable:
        return Seen(verdict=Verdict.UNREADABLE, word=f"{MISSING}, and no other message can be read", blind=True)
    return Seen(verdict=Verdict.GONE, word=MISSING)


def chat_of_object(one: PostedObject, account: ConnectedAccount) -> str:
    """The chat where a message is."""
    return one.version or account.external_id
